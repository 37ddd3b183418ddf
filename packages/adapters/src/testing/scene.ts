/** What a test of an adapter needs: the real server, a recorded model that says what it was told, and a reviewer. */
import { type Client, type Approval, createClient } from '@countersign/sdk';
import { expect } from 'vitest';
import { anthropicHandler } from '../../../../examples/recorded-model/anthropic.ts';
import { listen } from '../../../../examples/recorded-model/listen.ts';
import { recordedModelHandler } from '../../../../examples/recorded-model/server.ts';
import { parseRuns } from '../../../../examples/recorded-model/transcript.ts';
import { type RealServer, startRealServer } from '../../../sdk/src/testing/real-server.ts';

export type Planned = { readonly tool: string; readonly order: string; readonly cents?: number };

export type Scene = {
  readonly server: RealServer;
  readonly agent: Client;
  readonly reviewer: Client;
  /** Speaks to a port where nothing listens. */
  readonly closed: Client;
  /** With `/v1`: chat completions, and Anthropic's messages. */
  readonly modelUrl: string;
  /** Teaches the model a run: what the user says, and the calls that it answers with. Returns what the user says. */
  readonly plan: (...calls: readonly Planned[]) => string;
  /** What the model was last told of the nth call of its turn. */
  readonly told: (index: number) => string;
  /** The pending approval whose arguments have this order. */
  readonly pending: (order: string) => Promise<Approval>;
  readonly decide: (
    order: string,
    decision: 'approved' | 'rejected',
    more?: { readonly reason?: string; readonly arguments?: Record<string, string | number> },
  ) => Promise<Approval>;
  readonly stop: () => Promise<void>;
};

type ToolMessage = { readonly role: string; readonly tool_call_id?: string; readonly content: unknown };

export const startScene = async (): Promise<Scene> => {
  const server = await startRealServer();
  const agent = createClient({ baseUrl: server.url, apiKey: server.agent_key, retries: 10 });
  const reviewer = createClient({ baseUrl: server.url, apiKey: server.reviewer_key, retries: 10 });
  const lines: string[] = [];
  const requests: { messages: ToolMessage[] }[] = [];
  const model = await listen(
    anthropicHandler((request) => {
      if (request.method === 'POST') requests.push(JSON.parse(request.body) as { messages: ToolMessage[] });
      return recordedModelHandler({ runs: parseRuns(lines.join('\n')), otherwise: 'Well.' })(request);
    }),
  );

  const plan = (...calls: readonly Planned[]): string => {
    const content = `Do ${calls.map(({ tool, order }) => `${tool} ${order}`).join(' and ')}.`;
    const tool_calls = calls.map(({ tool, order, cents = 4000 }, index) => ({
      id: `${index}`,
      type: 'function',
      function: { name: tool, arguments: JSON.stringify(tool === 'refund' ? { order, cents } : { order }) },
    }));
    const results = calls.map((_, index) => ({ role: 'tool', tool_call_id: `${index}`, content: 'as recorded' }));
    lines.push(
      JSON.stringify({
        run_id: content,
        messages: [
          { role: 'user', content },
          { role: 'assistant', content: null, tool_calls },
          ...results,
          { role: 'assistant', content: 'Done.' },
        ],
      }),
    );
    return content;
  };
  const find = async (order: string): Promise<Approval | undefined> => {
    for await (const { id } of reviewer.approvals.iterate({ status: 'pending' })) {
      const approval = await reviewer.approvals.get(id);
      if (approval.arguments?.['order'] === order) return approval;
    }
    return undefined;
  };
  const pending = async (order: string): Promise<Approval> => {
    await expect.poll(() => find(order), { timeout: 30_000 }).toBeDefined();
    const found = await find(order);
    if (!found) throw new Error(`${order} does not wait any more`);
    return found;
  };
  return {
    server,
    agent,
    reviewer,
    closed: createClient({ baseUrl: 'http://127.0.0.1:1', apiKey: 'csk_none', retries: 0 }),
    modelUrl: `${model.url}/v1`,
    plan,
    told: (index) => {
      const last = requests.findLast(({ messages }) => messages.at(-1)?.role === 'tool');
      const found = last?.messages.filter(({ role, tool_call_id: id }) => role === 'tool' && id?.endsWith(`_${index}`));
      return JSON.stringify(found?.map(({ content }) => content) ?? []);
    },
    pending,
    decide: async (order, decision, more = {}) => {
      const { id, digest } = await pending(order);
      return reviewer.approvals.decide(id, { decision, digest, ...more });
    },
    stop: async () => {
      await model.close();
      await server.stop();
    },
  };
};
