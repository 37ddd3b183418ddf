/** Creates the airline's tools and its agent through the public API. */
import { randomUUID } from 'node:crypto';
import type { WireAgent, WireAgentVersion } from '@countersign/contract';
import { ambiguousRuns } from '../../examples/recorded-model/find-next.ts';
import type { Run } from '../../examples/recorded-model/transcript.ts';
import { agentConfig, readToolDefinitions, toolAt } from './airline.ts';
import type { Api } from './api.ts';

export type Airline = { readonly agentId: string; readonly versionOf: (run: Run) => number };

/**
 * One agent. It has one version for all runs, and a further one for each run that begins like another (the recorded
 * model then needs the run's name in the model's), or that was recorded under other instructions.
 */
export const createAirline = async (
  api: Api,
  options: {
    readonly toolsFile: string;
    readonly runs: readonly Run[];
    readonly modelUrl: string;
    readonly toolsUrl: string;
  },
): Promise<Airline> => {
  const create = <T>(path: string, body: unknown): Promise<T> =>
    api.call<T>({ as: 'agent', method: 'POST', path, body, key: randomUUID() });

  const definitions = await readToolDefinitions(options.toolsFile);
  for (const definition of definitions) await create('/v1/tools', toolAt(options.toolsUrl, definition));

  const agent = await create<WireAgent>('/v1/agents', {
    name: 'Airline support',
    description: 'Recorded runs of a real agent',
  });
  const alike = ambiguousRuns(options.runs);
  const modelOf = (run: Run): string => (alike.has(run.runId) ? `recorded/${run.runId}` : 'recorded');
  const settingsOf = (run: Run): string => JSON.stringify([modelOf(run), run.system]);

  const versions = new Map<string, number>();
  for (const run of options.runs) {
    if (versions.has(settingsOf(run))) continue;
    const version = await create<WireAgentVersion>(`/v1/agents/${agent.id}/versions`, {
      message: alike.has(run.runId) ? `For ${run.runId}, which begins like another run` : 'For all runs',
      promote: versions.size === 0,
      config: agentConfig({
        modelUrl: options.modelUrl,
        model: modelOf(run),
        instructions: run.system,
        tools: definitions.map(({ name }) => name),
      }),
    });
    versions.set(settingsOf(run), version.version);
  }
  return {
    agentId: agent.id,
    versionOf: (run) => {
      const version = versions.get(settingsOf(run));
      if (version === undefined) throw new Error(`no version for ${run.runId} (this is a bug)`);
      return version;
    },
  };
};
