import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Client, createClient } from './client.ts';
import { TimeoutError } from './errors.ts';
import { type ApprovalServer, startApprovalServer } from './testing/approval-server.ts';
import { sendJson } from './testing/http-server.ts';

let server: ApprovalServer;
let client: Client;
let id: string;

beforeEach(async () => {
  server = await startApprovalServer();
  client = createClient({ baseUrl: server.url, apiKey: 'csk_test' });
  id = (await client.gate.call({ tool: 'refund' })).approval?.id ?? '';
});
afterEach(() => server.stop());

const polls = (): string[] => server.received.map(({ url }) => url).filter((url) => url.includes('/wait'));
const isPoll = ({ url }: { url: string }): boolean => url.includes('/wait');
const polled = async (): Promise<void> => expect.poll(polls, { timeout: 10_000 }).not.toEqual([]);

test('answers as soon as it is decided, by one long request', async () => {
  const waiting = client.approvals.wait(id);
  await polled();
  const decidedMs = performance.now();
  server.decide(id, 'approved');
  expect(await waiting).toMatchObject({ id, status: 'approved' });
  expect(performance.now() - decidedMs).toBeLessThan(200);
  expect(polls()).toEqual([`/v1/approvals/${id}/wait?timeout=50`]);
});

test('goes on while the server restarts and what stands before it answers for it', async () => {
  const waiting = client.approvals.wait(id);
  await polled();
  await server.stop();
  const before = server.received.length;
  server.once(
    isPoll,
    (_, response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('Bad gateway'),
  );
  server.once(isPoll, (_, response) => sendJson(response, 503, {}));
  server.once(isPoll, () => 'reset');
  await server.start();
  await expect.poll(() => server.received.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(before + 4);
  server.decide(id, 'rejected', { reason: 'no' });
  expect(await waiting).toMatchObject({ status: 'rejected', decision: { reason: 'no' } });
}, 30_000);

test('a decision that was made while the server could not be reached is found afterwards', async () => {
  const waiting = client.approvals.wait(id);
  await polled();
  await server.stop();
  server.decide(id, 'approved');
  await server.start();
  expect(await waiting).toMatchObject({ status: 'approved' });
});

test('a server that answers undecided at once is not asked in a tight loop', async () => {
  for (let count = 0; count < 50; count += 1)
    server.once(isPoll, (_, response) => sendJson(response, 200, server.approval(id)));
  await expect(client.approvals.wait(id, { timeoutSeconds: 1.2 })).rejects.toThrow(TimeoutError);
  expect(polls().length).toBeLessThanOrEqual(3);
});

test('the caller’s time ends the waiting, with the approval as last seen, which stays as it is', async () => {
  server.once(isPoll, (_, response) => sendJson(response, 200, server.approval(id)));
  const error: unknown = await client.approvals.wait(id, { timeoutSeconds: 0.8 }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error).toMatchObject({ timeoutSeconds: 0.8, approval: { id, status: 'pending' } });
  expect(String(error)).toContain('was not decided within 0.8 s');
  expect(server.approval(id)?.status).toBe('pending');
});

test('the caller’s time counts while the server is away, too', async () => {
  await server.stop();
  await expect(client.approvals.wait(id, { timeoutSeconds: 0.3 })).rejects.toThrow(TimeoutError);
  await server.start();
});

test('an abort ends it at once', async () => {
  const controller = new AbortController();
  const waiting = client.approvals.wait(id, { signal: controller.signal, timeoutSeconds: 60 });
  await polled();
  controller.abort(new Error('leave'));
  await expect(waiting).rejects.toThrow('leave');
});

test('a refusal is not waited through', async () => {
  await expect(client.approvals.wait('apr_unknown')).rejects.toMatchObject({ code: 'not_found' });
  await expect(createClient({ baseUrl: server.url, apiKey: 'csk_wrong' }).approvals.wait(id)).rejects.toMatchObject({
    code: 'unauthenticated',
  });
});
