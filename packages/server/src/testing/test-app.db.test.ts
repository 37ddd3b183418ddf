import type { WireApproval, WireExecution } from '@countersign/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, defineAgent, startModel, startTestServer, startTool, until } from './index.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

test('what a key asks for, another one approves', async () => {
  const { asking, deciding } = app.one.keys;
  const asked = await app.call<WireApproval>(asking, 'POST', '/v1/approvals', { title: 'Deploy' });
  expect(asked.status).toBe(201);
  const { id, digest } = asked.body;
  const decided = await app.call<WireApproval>(deciding, 'POST', `/v1/approvals/${id}/decide`, {
    decision: 'approved',
    digest,
  });
  expect([decided.status, decided.body.status]).toEqual([200, 'approved']);
});

test('an agent with a scripted model stops at its gate, and calls the tool when a person has approved', async () => {
  const tool = await startTool(() => 'refunded');
  const model = await startModel([{ calls: [{ tool: 'refund', arguments: { amount: 5 } }] }, { text: 'All done.' }]);
  const { asking } = app.one.keys;
  const agent = await defineAgent(app, asking, model, { refund: { http: { url: `${tool.url}/refund` } } });
  const started = await app.call<WireExecution>(asking, 'POST', `/v1/agents/${agent.id}/execute`, { input: 'Go' });
  const get = async (): Promise<WireExecution> =>
    (await app.call<WireExecution>(asking, 'GET', `/v1/executions/${started.body.id}`)).body;
  await until(get, ({ status }) => status === 'awaiting_approval');
  expect(tool.ledger).toEqual([]);
  const held = await app.call<{ data: WireApproval[] }>(
    asking,
    'GET',
    `/v1/executions/${started.body.id}/pending-approval`,
  );
  const id = held.body.data[0]?.id ?? '';
  const { digest } = (await app.call<WireApproval>(app.one.people.approver, 'GET', `/v1/approvals/${id}`)).body;
  const decided = await app.call(app.one.people.approver, 'POST', `/v1/approvals/${id}/decide`, {
    decision: 'approved',
    digest,
  });
  expect(decided.status).toBe(200);
  expect((await until(get, ({ status }) => status === 'completed')).output).toBe('All done.');
  expect(tool.ledger.map(({ path, arguments: args }) => [path, args])).toEqual([['/refund', { amount: 5 }]]);
  await Promise.all([tool.close(), model.close()]);
});
