/** `--demo`: an agent that is run once and then waits at its gate, made through the same API that everybody uses. */
import { createHash } from 'node:crypto';
import type { WireAgent, WireExecution, WireTool } from '@countersign/contract';
import { DEMO_AGENT_NAME, demoDefinition, startDemoServices } from '../../../../examples/demo/agent.ts';

export type Demo = {
  /** For the terminal: what waits where. */
  readonly lines: string[];
  readonly close: () => Promise<void>;
};

type Call = (method: string, path: string, body?: unknown) => Promise<unknown>;

const apiCall =
  (url: string, key: string): Call =>
  async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        // The same in every start, so that a start cut short is completed and not repeated.
        ...(method === 'POST'
          ? {
              'idempotency-key': `demo ${createHash('sha256')
                .update(`${path} ${JSON.stringify(body)}`)
                .digest('base64url')}`,
            }
          : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  };

/** Starts the recorded model and the demo's tools, and on a new workspace the agent and its first execution. */
export const startDemo = async (url: string, agentKey: string): Promise<Demo> => {
  const call = apiCall(url, agentKey);
  const { data: agents } = (await call('GET', '/v1/agents?limit=200')) as { data: WireAgent[] };
  const known = agents.find(({ name }) => name === DEMO_AGENT_NAME);
  // The same port as before, if it is free: what waits for approval names the tools' addresses.
  const before = known?.current_version?.config.base_url;
  const services = await startDemoServices(before === undefined ? {} : { port: Number(new URL(before).port) });
  const definition = demoDefinition(services);
  if (known) {
    await moveServices(call, known, definition);
    return { lines: [], close: services.close };
  }
  const { data: tools } = (await call('GET', '/v1/tools?limit=200')) as { data: WireTool[] };
  for (const tool of definition.tools)
    if (!tools.some(({ name }) => name === tool.name)) await call('POST', '/v1/tools', tool);
  const agent = (await call('POST', '/v1/agents', definition.agent)) as WireAgent;
  const started = (await call('POST', `/v1/agents/${agent.id}/execute`, { input: definition.input })) as WireExecution;
  const execution = await untilItWaits(call, started.id);
  return { lines: [`The demo agent runs and is ${execution.status.replace('_', ' ')}.`], close: services.close };
};

/** Where the earlier port is taken the services are elsewhere now: tools and agent follow them. */
const moveServices = async (
  call: Call,
  agent: WireAgent,
  definition: ReturnType<typeof demoDefinition>,
): Promise<void> => {
  const { data: tools } = (await call('GET', '/v1/tools?limit=200')) as { data: WireTool[] };
  for (const { name, http } of definition.tools) {
    const tool = tools.find((candidate) => candidate.name === name);
    if (tool?.http && http && tool.http.url !== http.url)
      await call('PATCH', `/v1/tools/${tool.id}`, { http: { ...tool.http, url: http.url } });
  }
  const current = agent.current_version;
  const wanted = (definition.agent.config as { base_url?: string }).base_url;
  if (current && wanted && current.message === 'First version' && current.config.base_url !== wanted)
    await call('POST', `/v1/agents/${agent.id}/versions`, {
      config: { ...current.config, base_url: wanted },
      message: 'First version',
    });
};

const DEMO_WAIT_MS = 5000;

const untilItWaits = async (call: Call, id: string): Promise<WireExecution> => {
  const endMs = Date.now() + DEMO_WAIT_MS;
  for (;;) {
    const execution = (await call('GET', `/v1/executions/${id}`)) as WireExecution;
    if (!['queued', 'running', 'waiting'].includes(execution.status) || Date.now() > endMs) return execution;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
