import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Client, createClient } from './client.ts';
import { confirm } from './confirm.ts';
import { TimeoutError } from './errors.ts';
import { AlreadyConsumedError, DigestError, RejectedError } from './gate-errors.ts';
import { takeApproved } from './take-approved.ts';
import { type ApprovalServer, startApprovalServer } from './testing/approval-server.ts';
import { sendJson } from './testing/http-server.ts';

let server: ApprovalServer;
let client: Client;

beforeEach(async () => {
  server = await startApprovalServer();
  client = createClient({ baseUrl: server.url, apiKey: 'csk_test' });
});
afterEach(() => server.stop());

const deploy = { title: 'Deploy 1.4 to production' };

test('an action in words goes ahead once it is approved, and once only', async () => {
  const asked: string[] = [];
  const confirming = confirm(client, deploy, { key: 'deploy', onAsked: ({ id }) => asked.push(id) });
  const { id } = await server.asked();
  await expect.poll(() => asked).toEqual([id]);
  server.decide(id, 'approved');
  const { approval, output } = await confirming;
  expect([approval.id, output]).toEqual([id, null]);
  expect(server.approval(id)?.consumed_at).toEqual(expect.any(String));
  await expect(confirm(client, deploy, { key: 'deploy' })).rejects.toThrow(AlreadyConsumedError);
});

test('a no is an error with its reason', async () => {
  const confirming = confirm(client, deploy);
  server.decide((await server.asked()).id, 'rejected', { reason: 'Not on a Friday' });
  await expect(confirming).rejects.toMatchObject({ name: RejectedError.name, reason: 'Not on a Friday' });
});

test('who looks once, and leaves it, finds it decided later under the same key', async () => {
  const once = { key: 'deploy', timeoutSeconds: 0, leavePending: true };
  await expect(confirm(client, deploy, once)).rejects.toThrow(TimeoutError);
  const { id } = await server.asked();
  server.decide(id, 'approved');
  expect((await confirm(client, deploy, once)).approval.id).toBe(id);
});

test('another action than the one asked for is not let through', async () => {
  const confirming = confirm(client, deploy);
  const { id } = await server.asked();
  const other = await client.approvals.ask({ title: 'Delete production' });
  server.decide(other.id, 'approved');
  server.once(
    ({ url }) => url.includes('/wait'),
    (_, response) => sendJson(response, 200, server.approval(other.id)),
  );
  await expect(confirming).rejects.toThrow(DigestError);
  expect(server.approval(id)?.consumed_at).toBeNull();
});

test('who waited in another way takes it, once', async () => {
  const { id } = await client.approvals.ask(deploy);
  server.decide(id, 'approved');
  const approval = await client.approvals.wait(id);
  expect(await takeApproved(client, approval)).toEqual({ arguments: null, output: null });
  await expect(takeApproved(client, approval)).rejects.toThrow(AlreadyConsumedError);
});
