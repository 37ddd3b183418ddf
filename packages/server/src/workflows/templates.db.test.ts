import type { WireApproval, WireExecution, WireWorkflowTemplate } from '@countersign/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoDefinition, startDemoServices } from '../../../../examples/demo/agent.ts';
import { type TestApp, startTestServer, until } from '../testing/index.ts';
import { WORKFLOW_TEMPLATES } from './templates.ts';

let app: TestApp;
let services: Awaited<ReturnType<typeof startDemoServices>>;
beforeAll(async () => {
  [app, services] = await Promise.all([startTestServer(), startDemoServices()]);
  for (const tool of demoDefinition(services).tools) {
    const made = await app.call(app.one.keys.asking, 'POST', '/v1/tools', tool);
    expect(made.status, made.text).toBe(201);
  }
});
afterAll(async () => {
  await app.stop();
  await services.close();
});

test('the templates cover what users do', async () => {
  const { body } = await app.call<{ data: WireWorkflowTemplate[] }>(
    app.one.keys.reading,
    'GET',
    '/v1/workflows/templates',
  );
  expect(body.data.map(({ key }) => key)).toEqual([
    'refund',
    'outgoing_email',
    'content_moderation',
    'account_change',
    'configuration_change',
    'data_deletion',
  ]);
});

/** Approves whatever waits and sends what is waited for, until the execution has ended. */
const carry = async (id: string): Promise<WireExecution> => {
  const { asking, deciding } = app.one.keys;
  return until(
    async () => {
      const { body } = await app.call<{ data: { id: string }[] }>(
        asking,
        'GET',
        `/v1/executions/${id}/pending-approval`,
      );
      for (const held of body.data) {
        const approval = (await app.call<WireApproval>(deciding, 'GET', `/v1/approvals/${held.id}`)).body;
        const decided = await app.call(deciding, 'POST', `/v1/approvals/${held.id}/decide`, {
          decision: 'approved',
          digest: approval.digest,
          ...(approval.kind === 'question' ? { response: { rule: 'insult' } } : {}),
        });
        expect(decided.status, decided.text).toBe(200);
      }
      return (await app.call<WireExecution>(asking, 'GET', `/v1/executions/${id}`)).body;
    },
    ({ status }) => ['completed', 'failed', 'rejected'].includes(status),
    25_000,
  );
};

const OUTPUTS: Readonly<Record<string, unknown>> = {
  refund: { refunded: true },
  outgoing_email: { sent: true },
  content_moderation: { posts: [{ hidden: true }, { hidden: true }, { hidden: false }] },
  account_change: { changed: true },
  configuration_change: { changed: true },
  data_deletion: { deleted: [{ deleted: 12 }, { deleted: 1 }, { deleted: 4 }] },
};

test.each(WORKFLOW_TEMPLATES.map((template) => [template.key, template] as const))(
  '%s is valid and runs to its end with the demo’s tools',
  async (key, template) => {
    const { asking } = app.one.keys;
    const made = await app.call<{ id: string }>(asking, 'POST', '/v1/workflows', {
      name: template.name,
      definition: template.definition,
    });
    expect(made.status, made.text).toBe(201);
    const input =
      key === 'configuration_change'
        ? { ...(template.example_input as object), watch_seconds: 0.1 }
        : key === 'data_deletion'
          ? { ...(template.example_input as object), grace_seconds: 0.1 }
          : template.example_input;
    const started = await app.call<WireExecution>(asking, 'POST', `/v1/workflows/${made.body.id}/execute`, { input });
    expect(started.status, started.text).toBe(201);
    if (key === 'account_change') {
      const sent = await app.call(asking, 'POST', `/v1/executions/${started.body.id}/events`, {
        name: 'customer_answered',
        data: { account_id: 'acc-7', confirmed: true },
      });
      expect(sent.status).toBe(201);
    }
    const ended = await carry(started.body.id);
    expect(ended, JSON.stringify(ended.error)).toMatchObject({ status: 'completed', output: OUTPUTS[key] });
  },
  30_000,
);
