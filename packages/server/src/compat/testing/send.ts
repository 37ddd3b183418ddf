/** Requests as the clients of a published API send them: to the running server, with that API's own headers. */
import { defineAgent, startModel, until } from '../../testing/services.ts';
import type { TestApp } from '../../testing/test-app.ts';
import type { TestKey } from '../../testing/workspace.ts';

export type Sent = {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- the bodies are those of other people's APIs
  readonly body: any;
  readonly text: string;
  readonly headers: Headers;
};

export type Send = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Sent>;

/** @param base the dialect's base path @param credentials its headers for whoever calls */
export const sender =
  (app: TestApp, base: string, credentials: Readonly<Record<string, string>>): Send =>
  async (method, path, body, headers = {}) => {
    const response = await fetch(app.url + base + path, {
      method,
      redirect: 'manual',
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...credentials, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: asJson(text), text, headers: response.headers };
  };

const asJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export type HeldOutput = { readonly agent: string; readonly execution: string; readonly approval: string };

/** An agent whose output is held, run once: our ids of it all, when it waits. */
export const holdOutput = async (app: TestApp, asking: TestKey, text: string): Promise<HeldOutput> => {
  const model = await startModel([{ text }]);
  const agent = await defineAgent(
    app,
    asking,
    model,
    {},
    { approval_required: true, checkpoint_name: 'review_response' },
  );
  const run = await app.call<{ id: string }>(asking, 'POST', `/v1/agents/${agent.id}/execute`, { input: 'Write' });
  const waiting = await until(
    async () =>
      (await app.call<{ data: { id: string }[] }>(asking, 'GET', `/v1/executions/${run.body.id}/pending-approval`)).body
        .data,
    (data) => data.length === 1,
  );
  await model.close();
  return { agent: agent.id, execution: run.body.id, approval: waiting[0]?.id ?? '' };
};
