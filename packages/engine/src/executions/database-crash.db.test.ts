/** The database crashes in the middle of work (trust.md T70): the server process lives on, and so does all of the work. */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WireApproval, WireExecution } from '@countersign/contract';
import { startEmbeddedPostgres } from '@countersign/server/embedded';
import { migrate, openDatabase } from '@countersign/store';
import { expect, test } from 'vitest';
import { runServer } from '../../../server/src/server.ts';
import {
  type Answer,
  type Call,
  addWorkspace,
  defineAgent,
  startModel,
  startTool,
  testConfig,
  until,
} from '../../../server/src/testing/index.ts';

const EXECUTIONS = 20;
const BACK_MS = 10_000;

test('T70: 20 executions with held and running calls all end, none lost, no approved call made twice', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-crash-'));
  // Under root, PostgreSQL runs as another account, which has to walk through here.
  chmodSync(dataDir, 0o711);
  // Durability as in production: what was acknowledged has to survive.
  let postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
  const url = postgres.url('countersign');
  await migrate(url);
  const server = await runServer({ ...testConfig(url), logLevel: 'silent' });
  const store = openDatabase(url, 'countersign_api', 2);
  const { keys } = await addWorkspace(store, 'One');

  const call: Call = async <Body>(
    who: unknown,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Answer<Body>> => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${(who as typeof keys.asking).secret}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as Body };
  };
  /** While the database is away, requests are refused with a 5xx: the client asks again. */
  const patiently = <Body>(...args: Parameters<Call>): Promise<Answer<Body>> =>
    until(
      () => call<Body>(...args),
      ({ status }) => status < 500,
      30_000,
    );

  const slow = async (): Promise<string> => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return 'paid';
  };
  const tool = await startTool(slow);
  const model = await startModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool')
      ? { text: 'Done.' }
      : { calls: [{ tool: 'pay', arguments: { amount: 5 } }] },
  );
  const agent = await defineAgent({ call }, keys.asking, model, {
    pay: { annotations: { idempotent: true }, http: { url: `${tool.url}/pay` } },
  });
  const ids = await Promise.all(
    Array.from(
      { length: EXECUTIONS },
      async () =>
        (await call<WireExecution>(keys.asking, 'POST', `/v1/agents/${agent.id}/execute`, { input: 'Go' })).body.id,
    ),
  );
  const get = async (id: string): Promise<WireExecution> =>
    (await patiently<WireExecution>(keys.asking, 'GET', `/v1/executions/${id}`)).body;
  const approve = async (id: string): Promise<number> => {
    await until(
      () => get(id),
      ({ status }) => status === 'awaiting_approval',
      30_000,
    );
    const { body } = await patiently<{ data: WireApproval[] }>(
      keys.deciding,
      'GET',
      `/v1/executions/${id}/pending-approval`,
    );
    const approval = await patiently<WireApproval>(keys.deciding, 'GET', `/v1/approvals/${body.data[0]?.id}`);
    return (
      await patiently(keys.deciding, 'POST', `/v1/approvals/${approval.body.id}/decide`, {
        decision: 'approved',
        digest: approval.body.digest,
      })
    ).status;
  };
  // Half of them are decided before the crash, and some of those are in their calls when it comes.
  const early = ids.slice(0, EXECUTIONS / 2);
  const decided = Promise.all(early.map(approve));
  await until(
    async () => tool.ledger.length,
    (count) => count >= 3,
  );

  process.kill(postgres.pid, 'SIGQUIT');
  await postgres.exited;
  postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
  const backAtMs = performance.now();
  expect(postgres.url('countersign')).toBe(url);
  await get(ids[0] ?? '');
  expect(performance.now() - backAtMs).toBeLessThan(BACK_MS);

  // A decision whose answer the crash took away was asked again, and then found itself decided.
  for (const status of await decided) expect([200, 409]).toContain(status);
  for (const status of await Promise.all(ids.slice(EXECUTIONS / 2).map(approve))) expect([200, 409]).toContain(status);
  await Promise.all(
    ids.map((id) =>
      until(
        () => get(id),
        ({ status }) => status === 'completed',
        40_000,
      ),
    ),
  );

  const keysSeen = tool.ledger.map(({ key }) => key);
  expect(new Set(keysSeen).size).toBe(EXECUTIONS);
  await server.stop();
  await Promise.all([store.close(), tool.close(), model.close()]);
  await postgres.stop();
  rmSync(dataDir, { recursive: true, force: true });
}, 120_000);
