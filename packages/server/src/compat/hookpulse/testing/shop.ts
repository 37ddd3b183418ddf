/** A shop whose webhooks workflows call, and calls of HookPulse's API as its clients write them. */
import { randomUUID } from 'node:crypto';
import { jsonReply, listen } from '../../../../../../examples/recorded-model/listen.ts';
import { type TestApp, until } from '../../../testing/index.ts';
import type { TestKey, TestWorkspace } from '../../../testing/workspace.ts';
import { type Send, sender } from '../../testing/send.ts';
import { brandUuid } from '../brand.ts';

type Received = {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly atMs: number;
};

export type Shop = { readonly host: string; readonly received: Received[]; readonly close: () => Promise<void> };

/** Answers every call with its path as `id`; `/fails` with 400. */
export const startShop = async (): Promise<Shop> => {
  const received: Received[] = [];
  const server = await listen(async ({ method, path, query, body, headers, receivedAtMs }) => {
    const url = query === '' ? path : `${path}?${query}`;
    received.push({ method, url, body: body === '' ? null : JSON.parse(body), headers, atMs: receivedAtMs });
    return jsonReply(path === '/fails' ? 400 : 200, { id: `of ${path}` });
  });
  return { host: new URL(server.url).host, received, close: server.close };
};

export const as = (app: TestApp, workspace: TestWorkspace, key: TestKey): Send =>
  sender(app, '/compat/hookpulse/v1/api', {
    'x-hookpulse-api-key': key.secret,
    'x-brand-uuid': brandUuid(workspace.id),
  });

/** Makes templates, as a client would. */
export const createBuilder = (app: TestApp, workspace: TestWorkspace, shop: Pick<Shop, 'host'>) => {
  const send = as(app, workspace, workspace.keys.asking);
  let domain: string | undefined;
  const domainUuid = async (): Promise<string> => {
    domain ??= (
      await send('POST', '/add_domain/', {
        protocol_type: 'http',
        domain: shop.host,
        rate_limit_enabled: false,
        concurrency_control_enabled: false,
        max_concurrent_jobs: 10,
        max_requests_per_second: 10,
      })
    ).body.domain_uuid as string;
    return domain;
  };
  /** A step with everything that their reference demands. */
  const step = async (workflow: string, identifier: string, more: Record<string, unknown> = {}) => ({
    index: 0,
    workflow_uuid: workflow,
    webhook_name: `Call ${identifier}`,
    webhook_description: '',
    method: 'POST',
    path: `/${identifier}`,
    domain_uuid: await domainUuid(),
    human_approval_required: false,
    step_identifier: identifier,
    on_success_next_step_identifier: '',
    on_fail_next_step_identifier: '',
    delay_to_next_step: 0,
    retry_delay: 1,
    retry_backoff_mode: 'linear',
    max_retries: 0,
    request_timeout_in_milliseconds: 5000,
    request_body_json: {},
    headers_json: {},
    query_params_json: {},
    ...more,
  });
  const template = async (steps: Record<string, Record<string, unknown>>, runtype = 'fifo_sequential') => {
    const name = `Refunds ${randomUUID().slice(0, 8)}`;
    const made = await send('POST', '/add_workflow_template/', {
      workflow_name: name,
      workflow_description: 'Pays back',
      runtype,
    });
    if (made.body?.success !== true) throw new Error(made.text);
    const uuid = made.body.workflow_uuid as string;
    let index = 0;
    for (const [identifier, more] of Object.entries(steps)) {
      const added = await send('POST', '/add_workflow_step/', await step(uuid, identifier, { index, ...more }));
      if (added.body?.success !== true) throw new Error(added.text);
      index += 1;
    }
    return { name, uuid, id: await idOfWorkflow(app, workspace, name) };
  };
  return { send, step, template, domainUuid };
};

const idOfWorkflow = async (app: TestApp, workspace: TestWorkspace, name: string): Promise<string> => {
  const { body } = await app.call<{ data: { id: string; name: string }[] }>(
    workspace.keys.reading,
    'GET',
    '/v1/workflows?limit=200',
  );
  return body.data.find((one) => one.name === name)?.id ?? '';
};

type Run = { readonly id: string; readonly status: string; readonly error: unknown };

export const execute = async (app: TestApp, workspace: TestWorkspace, workflow: string, input: unknown = {}) => {
  const { asking, reading } = workspace.keys;
  const started = await app.call<{ id: string }>(asking, 'POST', `/v1/workflows/${workflow}/execute`, { input });
  if (started.status !== 201) throw new Error(started.text);
  const read = async (): Promise<Run> =>
    (await app.call<Run>(reading, 'GET', `/v1/executions/${started.body.id}`)).body;
  return {
    id: started.body.id,
    becomes: (status: string): Promise<Run> => until(read, (run) => run.status === status, 20_000),
  };
};

/** What waits in a workflow, by step. */
export const pendingOf = async (send: Send, workflow: string) => {
  const { body } = await send('GET', '/get_all_pending_approvals_paginated/?per_page=100');
  return (body.data as { workflow_uuid: string; step_identifier: string; execution_plan_uuid: string }[]).filter(
    (one) => one.workflow_uuid === workflow,
  );
};
