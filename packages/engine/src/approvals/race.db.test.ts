/**
 * Voters, the asker, the deadline and the acting side race each other on a real database: exactly one end, never late,
 * never stuck (trust.md, T11, T13, T14; S2). `RACE_SCHEDULES` sets how many schedules; `RACE_SEED` repeats a run.
 */
import { type Actor, type Decision } from '@countersign/core';
import {
  type Database,
  addMember,
  createWorkspace,
  getApproval,
  newId,
  openDatabase,
  reading,
  transaction,
} from '@countersign/store';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../../server/src/testing/database.ts';
import type { Engine } from '../engine.ts';
import { createInstance } from '../jobs/instance.ts';
import { createRunner } from '../jobs/runner.ts';
import { createSecretBox } from '../secret-box.ts';
import { createRedaction } from '../redaction/redaction.ts';
import { createSigning } from '../signing/signing.ts';
import { createWake } from '../wake.ts';
import { ask } from './ask.ts';
import { plainPlan } from '../policies/hold-plan.ts';
import { act as perform, decide, expire } from './handle.ts';
import { consume } from './use.ts';

const SCHEDULES = Number(process.env['RACE_SCHEDULES'] ?? 2000);
const SEED = Number(process.env['RACE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** How many schedules run beside each other. */
const WIDTH = 12;
/** How long before the deadline a schedule begins, and how far around it its actors come. */
const LEAD_MS = 25;
/** Some meet this long before the deadline: then it is they who race each other, also on a slow machine. */
const EARLY_MS = 300;
const SPREAD_MS = 5;
const STUCK_MS = 5000;

let database: FreshDatabase;
let engine: Engine;
let superuser: pg.Pool;
let workspaceId: string;
let people: string[];
let stop: () => Promise<void>;

beforeAll(async () => {
  database = await freshDatabase();
  const open = (role: 'countersign_api' | 'countersign_worker', connections: number): Database =>
    openDatabase(database.url, role, connections);
  const [api, worker] = [open('countersign_api', 40), open('countersign_worker', 10)];
  superuser = new pg.Pool({ connectionString: database.superuserUrl, max: 4 });
  const instance = createInstance(database.url);
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (facts: object, line: string) => console.error(line, facts),
  };
  const runner = createRunner(() => engine);
  // What approvals outside of executions need of it, and the real runner, which lets them expire.
  const secrets = createSecretBox('one secret that is long enough');
  const signing = createSigning(api, secrets);
  await signing.key('receipt');
  const issuer = (): string => 'http://127.0.0.1';
  engine = {
    api,
    worker,
    wake: createWake(instance.notify, 'race'),
    runner,
    log,
    signing,
    redaction: createRedaction(secrets),
    issuer,
  } as unknown as Engine;
  await instance.start(engine.wake, runner);
  workspaceId = newId('workspace');
  people = await transaction(api, workspaceId, async (scope) => {
    await createWorkspace(scope, { id: workspaceId, name: 'Race' });
    const ids: string[] = [];
    for (let index = 0; index < 8; index += 1)
      ids.push(
        await addMember(scope, {
          id: newId('person'),
          email: `${index}@race.example`,
          name: `P${index}`,
          roles: ['approver'],
        }),
      );
    return ids;
  });
  stop = async () => {
    await runner.stop(1000);
    await instance.stop();
    await Promise.all([api.close(), worker.close(), superuser.end()]);
    await database.drop();
  };
});
afterAll(() => stop());

/** mulberry32: the same seed, the same schedules (but not the same interleaving, which is the database's). */
const randomFrom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

type Kind = 'approved' | 'rejected' | 'cancel' | 'expire' | 'consume';
type Actors = {
  readonly kind: Kind;
  readonly person: number;
  readonly atMs: number;
  readonly holdMs: number;
  readonly rollsBack: boolean;
};
type Told = { readonly kind: Kind; readonly said: string; readonly decision?: Decision };

class RolledBack extends Error {}

const pick = <T>(random: () => number, list: readonly T[]): T => {
  const found = list[Math.floor(random() * list.length)];
  if (found === undefined) throw new Error('an empty list');
  return found;
};

/** @param meetingMs the moment around which they all come */
const plan = (random: () => number, meetingMs: number): Actors[] =>
  Array.from({ length: 2 + Math.floor(random() * 7) }, () => ({
    kind: pick(random, ['approved', 'approved', 'rejected', 'approved', 'cancel', 'expire', 'consume'] as const),
    person: Math.floor(random() * 8),
    atMs: meetingMs + (random() * 2 - 1) * SPREAD_MS,
    // Some keep the row locked over the deadline, and some of those give it back unchanged: who waited must see the new time.
    holdMs: random() < 0.3 ? random() * 2 * SPREAD_MS : 0,
    rollsBack: random() < 0.2,
  }));

const ASKER = 0;

const act = async (id: string, digest: string, actor: Actors): Promise<Told> => {
  const { kind } = actor;
  const person = people[actor.person] ?? '';
  const by: Actor = { kind: 'person', id: person, name: `P${actor.person}` };
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, actor.atMs - Date.now())));
  try {
    return await transaction(engine.api, workspaceId, async (scope): Promise<Told> => {
      const carryOut = async (): Promise<Told> => {
        if (kind === 'expire') {
          await expire(engine, scope, id);
          return { kind, said: 'looked' };
        }
        const result =
          kind === 'cancel'
            ? await perform(engine, scope, id, { type: 'cancel', by, reason: null })
            : kind === 'consume'
              ? await consume(engine, scope, id, digest, by, null)
              : await decide(engine, scope, id, {
                  voter: {
                    personId: person,
                    keyId: null,
                    actor: by,
                    assurance: 'session',
                    standing: { personId: person, roles: ['approver'], groups: [] },
                    standsInFor: [],
                  },
                  decision: kind,
                  digest,
                  reason: null,
                  singleOperator: null,
                });
        if (result.ok) return { kind, said: 'ok' };
        return {
          kind,
          said: result.refusal.type,
          ...(result.refusal.type === 'already_decided' ? { decision: result.refusal.decision } : {}),
        };
      };
      const told = await carryOut();
      if (actor.holdMs > 0) await scope.client.query('select pg_sleep($1)', [actor.holdMs / 1000]);
      if (actor.rollsBack) throw new RolledBack();
      return told;
    });
  } catch (error) {
    if (error instanceof RolledBack) return { kind, said: 'rolled back' };
    throw error;
  }
};

const isEnd = (kind: Kind): boolean => kind === 'approved' || kind === 'rejected' || kind === 'cancel';

const finalRow = async (id: string) => {
  const endMs = Date.now() + STUCK_MS;
  for (;;) {
    const row = await reading(engine.api, workspaceId, (scope) => getApproval(scope, id));
    if (!row || row.status !== 'pending') return row;
    if (Date.now() > endMs) return row;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

type Vote = { person_id: string; vote: string };

/** @returns what is wrong after a schedule, in words */
const faults = async (id: string, told: readonly Told[]): Promise<string[]> => {
  const row = await finalRow(id);
  if (!row?.decision || !row.decided_at || !row.expires_at) return ['stuck: pending after its deadline'];
  const votes = (await superuser.query<Vote>('select person_id, vote from vote where approval_id = $1', [id])).rows;
  const ends = (
    await superuser.query(
      `select from event where subject = $1 and type in ('approval.decided', 'approval.expired', 'approval.cancelled')`,
      [id],
    )
  ).rowCount;
  const taken = (await superuser.query('select from consumption where approval_id = $1', [id])).rowCount ?? 0;
  const byVote = row.status === 'approved' || row.status === 'rejected';
  const winners = told.filter(({ kind, said }) => isEnd(kind) && said === 'ok');
  const takers = told.filter(({ kind, said }) => kind === 'consume' && said === 'ok');
  const found: (string | false)[] = [
    ends !== 1 && `${ends} ends`,
    winners.length > 1 && `${winners.length} were told that they had won`,
    winners.length === 1 &&
      (winners[0]?.kind === 'cancel' ? 'cancelled' : winners[0]?.kind) !== row.status &&
      `the winner said ${winners[0]?.kind}, and it is ${row.status}`,
    winners.length === 0 && row.status !== 'expired' && `${row.status} by nobody`,
    votes.length !== (byVote ? 1 : 0) && `${votes.length} votes on one that is ${row.status}`,
    byVote && votes[0]?.vote !== row.status && `the vote was ${votes[0]?.vote}`,
    votes.some(({ person_id: person }) => person === people[ASKER]) && 'the asker voted',
    byVote &&
      row.decided_at > row.expires_at &&
      `${row.status} ${row.decided_at.getTime() - row.expires_at.getTime()} ms late`,
    row.status === 'expired' && row.decided_at <= row.expires_at && 'expired before its deadline',
    takers.length !== taken && `${takers.length} were told that they took it, ${taken} are written`,
    taken > 1 && `taken ${taken} times`,
    taken > 0 && row.status !== 'approved' && `taken although ${row.status}`,
    told.some(({ decision }) => decision && (decision.at !== row.decision?.at || decision.outcome !== row.status)) &&
      'a loser was told another end',
    told.some(
      ({ said, kind }) =>
        isEnd(kind) && !['ok', 'already_decided', 'approval_expired', 'self_approval', 'rolled back'].includes(said),
    ) && `told ${told.map(({ said }) => said).join()}`,
  ];
  return found.filter((fault) => fault !== false);
};

const askUntil = (
  timeoutSeconds: number,
  title: string,
): Promise<{ id: string; digest: string; deadlineMs: number }> => {
  const asker: Actor = { kind: 'person', id: people[ASKER] ?? '', name: 'P0' };
  return transaction(engine.api, workspaceId, async (scope) => {
    const made = await ask(engine, scope, {
      kind: 'action',
      title,
      checkpoint: 'race',
      priority: 'medium',
      tool: null,
      arguments: null,
      argumentsSchema: null,
      output: null,
      agent: null,
      executionId: null,
      stepId: null,
      conversationId: null,
      requestedBy: asker,
      requesters: [asker.id],
      input: null,
      gateReason: 'race',
      explanation: null,
      impact: null,
      evidence: [],
      metadata: {},
      plan: plainPlan('external', timeoutSeconds),
    });
    const row = await getApproval(scope, made);
    return { id: made, digest: row?.digest ?? '', deadlineMs: row?.expires_at?.getTime() ?? 0 };
  });
};

const runOne = async (seed: number): Promise<{ faults: string[]; status: string }> => {
  const random = randomFrom(seed);
  const earlyMs = random() < 0.25 ? EARLY_MS : 0;
  const { id, digest, deadlineMs } = await askUntil((LEAD_MS + earlyMs) / 1000, `race ${seed}`);
  const told = await Promise.all(plan(random, deadlineMs - earlyMs).map((actor) => act(id, digest, actor)));
  const wrong = await faults(id, told);
  const row = await finalRow(id);
  return { faults: wrong.map((fault) => `seed ${seed}: ${fault}`), status: row?.status ?? 'gone' };
};

test(
  `T11, T14: ${SCHEDULES} schedules of voters, asker, deadline and actor end exactly once each, in time (seed ${SEED})`,
  { timeout: 60_000 + SCHEDULES * 100 },
  async () => {
    const ends: Record<string, number> = {};
    const wrong: string[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < SCHEDULES) {
        const seed = SEED + next;
        next += 1;
        const result = await runOne(seed);
        wrong.push(...result.faults);
        ends[result.status] = (ends[result.status] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, work));
    expect(wrong).toEqual([]);
    // Every end was reached, or the schedules prove less than they say.
    expect(Object.keys(ends).toSorted()).toEqual(['approved', 'cancelled', 'expired', 'rejected']);
  },
);

test('a deadline’s job that comes a moment too early comes again', async () => {
  const { id } = await askUntil(0.4, 'early');
  await superuser.query('update job set run_at = clock_timestamp() where subject = $1', [id]);
  // Whoever looks for due jobs takes it now, well before the deadline.
  engine.wake.jobs();
  const row = await finalRow(id);
  expect(row?.status).toBe('expired');
  expect(row?.decided_at?.getTime()).toBeGreaterThan(row?.expires_at?.getTime() ?? 0);
});

test('T14: a voter who had to wait for the row over its deadline comes too late, also where the row was given back unchanged', async () => {
  for (const rollsBack of [true, false]) {
    const { id, digest } = await askUntil(0.3, 'late');
    const holder = await superuser.connect();
    await holder.query('begin');
    await holder.query('select from approval where id = $1 for update', [id]);
    const waiting = act(id, digest, { kind: 'approved', person: 1, atMs: 0, holdMs: 0, rollsBack: false });
    await holder.query('select pg_sleep(0.4)');
    await holder.query(rollsBack ? 'rollback' : 'commit');
    holder.release();
    const { said } = await waiting;
    // Who came first after the wait, the voter or the deadline's job, does not matter.
    expect(['approval_expired', 'already_decided']).toContain(said);
    expect((await finalRow(id))?.status).toBe('expired');
  }
});
