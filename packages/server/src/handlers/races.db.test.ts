/** Two commands on one approval at the same moment, on the real database: RACES of each pair (50 unless said otherwise). */
import type { WireApproval, WireGateAnswer } from '@countersign/contract';
import { expire } from '@countersign/engine';
import { transaction } from '@countersign/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, type TestPerson, type TestServer, addPerson, startTestServer } from '../testing/index.ts';

const ROUNDS = Number(process.env['RACES'] ?? 50);
const AT_ONCE = 5;

let app: TestApp;
let servers: [TestServer, TestServer];
let people: { ann: TestPerson; bob: TestPerson; cid: TestPerson; dan: TestPerson };

beforeAll(async () => {
  app = await startTestServer();
  servers = [app, await app.replica()];
  const approver = (name: string) => addPerson(app.store, app.one.id, name, ['approver']);
  people = {
    ann: await approver('Ann'),
    bob: await approver('Bob'),
    cid: await approver('Cid'),
    dan: await approver('Dan'),
  };
  const source = JSON.stringify({
    rules: [{ name: 'race', tools: ['race'], outcome: 'hold', hold: { timeout_seconds: 3600, grants_allowed: true } }],
  });
  const made = await app.call(app.one.people.owner, 'POST', '/v1/policies', { name: 'Race', source });
  expect(made.status).toBe(201);
});
afterAll(() => app.stop());

type Result = { readonly status: number; readonly code: string };
type Command = {
  readonly ends: WireApproval['status'] | null;
  readonly run: (server: TestServer, approval: WireApproval) => Promise<Result>;
};
type Told = { code: string };

const post = async (server: TestServer, who: TestPerson, path: string, body: object): Promise<Result> => {
  const answer = await server.call<Told>(who, 'POST', path, body);
  return { status: answer.status, code: answer.status < 300 ? 'ok' : answer.body.code };
};
const on = ({ id }: WireApproval, what: string): string => `/v1/approvals/${id}/${what}`;

/** The deadline is set some milliseconds ahead, and its job's work done again and again until it is through. */
const timeOut = async (server: TestServer, { id }: WireApproval): Promise<Result> => {
  await app.sql(
    `update approval set expires_at = clock_timestamp() + random() * interval '8 milliseconds' where id = $1 and status = 'pending'`,
    [id],
  );
  const { engine } = server.running;
  for (;;) {
    const again = await transaction(engine.api, app.one.id, (scope) => expire(engine, scope, id));
    if (again === null) break;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const [row] = await app.sql<{ status: string }>('select status from approval where id = $1', [id]);
  return row?.status === 'expired' ? { status: 200, code: 'ok' } : { status: 409, code: 'already_decided' };
};

const COMMANDS: Record<string, Command> = {
  vote: {
    ends: 'approved',
    run: (server, approval) =>
      post(server, people.ann, on(approval, 'decide'), { decision: 'approved', digest: approval.digest }),
  },
  'second vote': {
    ends: 'rejected',
    run: (server, approval) =>
      post(server, people.bob, on(approval, 'decide'), { decision: 'rejected', digest: approval.digest }),
  },
  bulk: {
    ends: 'approved',
    run: async (server, { id, digest }) => {
      const { body } = await server.call<{ data: { ok: boolean; problem: Told | null }[] }>(
        people.cid,
        'POST',
        '/v1/approvals/bulk-decide',
        { items: [{ id, decision: 'approved', digest }] },
      );
      const [outcome] = body.data;
      return outcome?.ok ? { status: 200, code: 'ok' } : { status: 409, code: outcome?.problem?.code ?? '' };
    },
  },
  cancel: {
    ends: 'cancelled',
    run: async (server, approval) => {
      const answer = await server.call<Told>(app.one.keys.asking, 'POST', on(approval, 'cancel'), {});
      return { status: answer.status, code: answer.status < 300 ? 'ok' : answer.body.code };
    },
  },
  timeout: { ends: 'expired', run: timeOut },
  escalation: {
    ends: null,
    run: (server, approval) => post(server, people.dan, on(approval, 'escalate'), { to: 'anyone' }),
  },
  reassign: {
    ends: null,
    run: (server, approval) => post(server, people.dan, on(approval, 'reassign'), { people: [people.bob.id] }),
  },
  'grant revoke': { ends: null, run: (server) => revokeWhileUsed(server) },
};

let number = 0;
/** A grant of its own, used and revoked at once: the call went through and is counted, or it is held and is not. */
const revokeWhileUsed = async (server: TestServer): Promise<Result> => {
  const mine = (number += 1);
  const grant = await server.call<{ id: string }>(people.dan, 'POST', '/v1/grants', {
    tool: 'race',
    uses_max: 1,
    expires_in_seconds: 600,
    bounds: [{ argument: 'granted', equals: mine }],
  });
  const [used, revoked] = await Promise.all([
    server.call<WireGateAnswer>(app.one.keys.asking, 'POST', '/v1/gate', {
      tool: 'race',
      arguments: { granted: mine },
    }),
    server.call(people.dan, 'DELETE', `/v1/grants/${grant.body.id}`),
  ]);
  const after = await server.call<WireGateAnswer>(app.one.keys.asking, 'POST', '/v1/gate', {
    tool: 'race',
    arguments: { granted: mine, after: true },
  });
  const [row] = await app.sql<{ uses: number; used: number; is_revoked: boolean }>(
    `select uses, (select count(*)::int from grant_use u where u.grant_id = g.id) as used, revoked_at is not null as is_revoked from standing_grant g where id = $1`,
    [grant.body.id],
  );
  const expected = used.body.outcome === 'proceed' ? 1 : 0;
  expect([revoked.status, row, after.body.outcome]).toEqual([
    204,
    { uses: expected, used: expected, is_revoked: true },
    'hold',
  ]);
  return { status: 200, code: 'ok' };
};

const REFUSALS = new Set(['already_decided', 'approval_expired', 'not_eligible']);
const ENDS = new Set(['approval.decided', 'approval.expired', 'approval.cancelled']);

const race = async (names: readonly [string, string]): Promise<void> => {
  number += 1;
  const asked = await app.call<WireGateAnswer>(app.one.keys.asking, 'POST', '/v1/gate', {
    tool: 'race',
    arguments: { n: `race ${number}` },
  });
  const { approval } = asked.body;
  if (!approval) throw new Error(asked.text);
  const commands = names.map((name) => COMMANDS[name]).filter((command) => command !== undefined);
  const results = await Promise.all(commands.map((command, index) => command.run(servers[index % 2] ?? app, approval)));
  const [row] = await app.sql<{ status: string; decided: boolean; votes: number }>(
    `select status, decision is not null as decided, (select count(*)::int from vote v where v.approval_id = a.id) as votes from approval a where id = $1`,
    [approval.id],
  );
  const events = await app.sql<{ type: string }>(
    `select type from event where subject = $1 and type <> 'request.refused' order by position`,
    [approval.id],
  );
  const told = JSON.stringify({ names, results, row, events });
  for (const { code } of results) expect(code === 'ok' || REFUSALS.has(code), told).toBe(true);
  const winners = commands.filter(({ ends }, index) => ends !== null && results[index]?.code === 'ok');
  // Exactly one end, the winner's; nothing happened to it afterwards.
  expect(winners.length, told).toBe(row?.status === 'pending' ? 0 : 1);
  if (winners[0]) expect(row?.status, told).toBe(winners[0].ends);
  expect(row?.decided, told).toBe(row?.status !== 'pending');
  expect(events.filter(({ type }) => ENDS.has(type)).length, told).toBe(winners.length);
  if (winners.length > 0) expect(ENDS.has(events.at(-1)?.type ?? ''), told).toBe(true);
  expect(row?.votes, told).toBe(row?.status === 'approved' || row?.status === 'rejected' ? 1 : 0);
  // Undecided only if nobody could: a reassignment took the place of who voted, or neither was to decide.
  const isOpenLegal = commands.every(({ ends }) => ends === null) || names.includes('reassign');
  if (row?.status === 'pending') expect(isOpenLegal, told).toBe(true);
};

const names = Object.keys(COMMANDS);
const pairs = names.flatMap((one, index) => names.slice(index + 1).map((two) => [one, two] as const));

test.each(pairs)(
  '%s and %s: exactly one legal outcome',
  async (one, two) => {
    let left = ROUNDS;
    let done = 0;
    const worker = async (): Promise<void> => {
      // Each in turn comes first, so that neither always wins.
      while (left-- > 0) {
        await race(left % 2 ? [one, two] : [two, one]);
        done += 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    expect(done).toBe(ROUNDS);
  },
  600_000,
);
