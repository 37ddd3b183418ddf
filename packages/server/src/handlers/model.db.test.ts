/** Random commands through the HTTP API and core side by side. MODEL_RUNS sequences, 300 unless said otherwise. */
import type { WireApproval } from '@countersign/contract';
import {
  type ApprovalCommand,
  type ApprovalState,
  type JsonObject,
  type Standing,
  type Voter,
  canonicalize,
  decideApproval,
  diffJson,
  digestText,
  evolveApproval,
  parseRule,
  tally,
  writeRule,
} from '@countersign/core';
import { expire, loadState } from '@countersign/engine';
import { approverStandings, getApproval, transaction } from '@countersign/store';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, type TestPerson, addKey, addPerson, startTestServer } from '../testing/index.ts';

const RUNS = Number(process.env['MODEL_RUNS'] ?? 300);

let app: TestApp;
let asker: Awaited<ReturnType<typeof addKey>>;
type Person = { readonly who: TestPerson; readonly groups: readonly string[] };
let people: Person[];
/** Everybody who could fill a place, the workspace's other approvers among them. */
let everybody: Standing[];

const HOLDS: readonly object[] = [
  {},
  {
    stages: [{ approvers: '2 of (eng | fin)' }],
    timeout_seconds: 3600,
    on_timeout: 'escalate',
    escalate_to: [{ approvers: 'anyone', timeout_seconds: 60 }],
  },
  { stages: [{ approvers: 'eng and fin', rejections: 2 }], timeout_seconds: 3600, on_timeout: 'park' },
  {
    stages: [{ approvers: 'eng' }, { approvers: 'fin' }],
    distinct_people: true,
    reason_required: true,
    timeout_seconds: 3600,
    on_timeout: 'retry',
    retries: 1,
  },
];

beforeAll(async () => {
  app = await startTestServer();
  const person = async (
    name: string,
    groups: string[],
    roles: ('approver' | 'builder')[] = ['approver'],
  ): Promise<Person> => ({ who: await addPerson(app.store, app.one.id, name, roles), groups });
  people = [
    await person('Ann', ['eng']),
    await person('Bob', ['eng', 'fin']),
    await person('Cid', ['fin']),
    await person('Dan', []),
    await person('Ben', ['eng'], ['approver', 'builder']),
  ];
  const ben = people[4];
  if (!ben) throw new Error('nobody');
  asker = await addKey(app.store, app.one.id, ben.who, ['approvals:create', 'approvals:read']);
  for (const name of ['eng', 'fin']) {
    const members = people.filter(({ groups }) => groups.includes(name)).map(({ who }) => who.id);
    await app.call(app.one.people.owner, 'POST', '/v1/groups', { name, members });
  }
  everybody = await transaction(app.store, app.one.id, approverStandings);
  const rules = HOLDS.map((hold, index) => ({
    name: `model ${index}`,
    tools: [`model${index}`],
    outcome: 'hold',
    hold,
  }));
  const made = await app.call(app.one.people.owner, 'POST', '/v1/policies', {
    name: 'Model',
    source: JSON.stringify({ rules }),
  });
  if (made.status !== 201) throw new Error(made.text);
});
afterAll(() => app.stop());

type Step =
  | {
      type: 'vote';
      person: number;
      decision: 'approved' | 'rejected';
      reason: boolean;
      digest: 'now' | 'first' | 'none';
      edit: number | null;
    }
  | { type: 'claim'; person: number; force: boolean }
  | { type: 'release' | 'extend'; person: number }
  | { type: 'reassign'; person: number; to: number[] }
  | { type: 'escalate'; person: number; to: string | null }
  | { type: 'cancel' }
  | { type: 'expire' };

const person = fc.nat(4);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('vote' as const),
      person,
      decision: fc.constantFrom('approved' as const, 'approved' as const, 'approved' as const, 'rejected' as const),
      reason: fc.boolean(),
      digest: fc.constantFrom('now' as const, 'now' as const, 'now' as const, 'first' as const, 'none' as const),
      edit: fc.option(fc.nat(3), { freq: 3 }),
    }),
  },
  fc.record({ type: fc.constant('claim' as const), person, force: fc.boolean() }),
  fc.record({ type: fc.constantFrom('release' as const, 'extend' as const), person }),
  fc.record({
    type: fc.constant('reassign' as const),
    person,
    to: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant('escalate' as const),
    person,
    to: fc.constantFrom(null, 'anyone', '2 of fin', 'eng or fin'),
  }),
  fc.record({ type: fc.constant('cancel' as const) }),
  fc.record({ type: fc.constant('expire' as const) }),
);

type Told = WireApproval & { code: string };
type Seen = { approval: WireApproval; state: ApprovalState; action: JsonObject };

const mustBe = (index: number): Person => {
  const found = people[index];
  if (!found) throw new Error(`no person ${index}`);
  return found;
};
const voterOf = (index: number): Voter => {
  const { who, groups } = mustBe(index);
  return {
    personId: who.id,
    keyId: null,
    actor: { kind: 'person', id: who.id, name: who.name },
    assurance: 'session',
    standing: { personId: who.id, groups, roles: index === 4 ? ['approver', 'builder'] : ['approver'] },
    standsInFor: [],
  };
};

/** The request of a step, and the command that core gets for it. */
const prepare = (
  given: Exclude<Step, { type: 'expire' }>,
  { approval, state, action }: Seen,
  atMs: number,
): { who: Parameters<TestApp['call']>[0]; what: string; body: object; command: ApprovalCommand } => {
  if (!('person' in given))
    return {
      who: asker,
      what: 'cancel',
      body: {},
      command: { type: 'cancel', atMs, by: { kind: 'key', id: asker.id, name: '' }, reason: null },
    };
  const { who } = mustBe(given.person);
  const voter = voterOf(given.person);
  const by = voter.actor;
  const mover = { voter, approvers: everybody };
  switch (given.type) {
    case 'vote': {
      const digest = { now: state.digest, first: approval.digest, none: undefined }[given.digest];
      const reason = given.reason ? 'because' : null;
      const args =
        given.edit === null || given.decision === 'rejected'
          ? null
          : { ...(action['arguments'] as JsonObject), amount: given.edit };
      const after = args && { ...action, arguments: args, revision: Number(action['revision'] ?? 0) + 1 };
      const differences = args ? diffJson(action['arguments'], args) : [];
      const edit =
        after && differences.length > 0
          ? { action: after, digest: digestText(canonicalize(after)), differences }
          : null;
      return {
        who,
        what: 'decide',
        body: {
          decision: given.decision,
          ...(digest ? { digest } : {}),
          ...(reason ? { reason } : {}),
          ...(args ? { arguments: args } : {}),
        },
        command: { type: 'decide', atMs, voter, decision: given.decision, digest, reason, edit, singleOperator: null },
      };
    }
    case 'claim':
      return {
        who,
        what: 'claim',
        body: { force: given.force },
        command: { type: 'claim', atMs, by, voter, isForced: given.force },
      };
    case 'release':
      return { who, what: 'release', body: {}, command: { type: 'release', atMs, by, personId: who.id } };
    case 'extend':
      return { who, what: 'extend', body: { seconds: 60 }, command: { type: 'extend', atMs, by, mover, seconds: 60 } };
    case 'reassign': {
      const members = given.to.map((index) => mustBe(index).who.id);
      return {
        who,
        what: 'reassign',
        body: { people: members },
        command: { type: 'reassign', atMs, by, mover, to: { members, groups: [], roles: [] }, reason: null },
      };
    }
    case 'escalate': {
      const rule = given.to === null ? null : parseRule(given.to);
      return {
        who,
        what: 'escalate',
        body: given.to === null ? {} : { to: given.to },
        command: { type: 'escalate', atMs, by, mover, to: rule?.ok ? rule.value : null, reason: null },
      };
    }
  }
};

const told = (state: ApprovalState) => {
  const count = tally(state.requirement, state.votes);
  return {
    status: state.status,
    digest: state.digest,
    claimed: state.claim?.personId ?? null,
    overdue: state.isOverdue,
    stages: state.requirement.stages.map(({ rule }) => writeRule(rule)),
    stage: count.outcome === 'approved' ? state.requirement.stages.length - 1 : count.stage,
  };
};
const seenOf = (wire: WireApproval) => ({
  status: wire.status,
  digest: wire.digest,
  claimed: wire.claim?.person_id ?? null,
  overdue: wire.is_overdue,
  stages: wire.quorum.stages.map(({ approvers }) => approvers),
  stage: wire.quorum.stage,
});

let number = 0;
const outcomes = new Map<string, number>();

const play = async (kind: number, steps: readonly Step[]): Promise<void> => {
  number += 1;
  const asked = await app.call<Told>(asker, 'POST', '/v1/approvals', {
    tool: `model${kind}`,
    arguments: { amount: 9, number },
  });
  const approval = asked.body;
  const start = await transaction(app.store, app.one.id, async (scope) => {
    const row = await getApproval(scope, approval.id);
    if (!row) throw new Error(asked.text);
    return loadState(scope, row);
  });
  let seen: Seen = { approval, state: start, action: approval.action };
  for (const given of steps) {
    let result: ReturnType<typeof decideApproval>;
    let code = 'ok';
    if (given.type === 'expire') {
      if (seen.state.expiresAtMs === null || seen.state.status !== 'pending') continue;
      await app.sql(
        `update approval set created_at = created_at - interval '1 hour', expires_at = clock_timestamp() - interval '1 second' where id = $1`,
        [approval.id],
      );
      const { engine } = app.running;
      await transaction(engine.api, app.one.id, (scope) => expire(engine, scope, approval.id));
      result = decideApproval({ ...seen.state, expiresAtMs: 0 }, { type: 'expire', atMs: 1 });
    } else {
      const { who, what, body, command } = prepare(given, seen, Date.now());
      const answer = await app.call<Told>(who, 'POST', `/v1/approvals/${approval.id}/${what}`, body);
      code = answer.status < 300 ? 'ok' : answer.body.code;
      // Who asked may do nothing with it but withdraw it, which the handler says before core is asked.
      const isOwn = 'person' in given && given.person === 4 && given.type !== 'vote';
      const own = isOwn ? ({ ok: false, refusal: { type: 'self_approval', possibleAtMs: null } } as const) : null;
      result = own ?? decideApproval(seen.state, command);
    }
    const expected = result.ok ? 'ok' : result.refusal.type === 'reason_required' ? 'invalid' : result.refusal.type;
    const facts = JSON.stringify({ kind, given, before: told(seen.state), expected });
    expect(code, facts).toBe(expected);
    outcomes.set(`${given.type} ${code}`, (outcomes.get(`${given.type} ${code}`) ?? 0) + 1);
    let { state, action } = seen;
    if (result.ok)
      for (const event of result.value) {
        state = evolveApproval(state, event);
        if (event.type === 'edited') action = event.edit.action;
      }
    const wire = (await app.call<Told>(asker, 'GET', `/v1/approvals/${approval.id}`)).body;
    expect(seenOf(wire), facts).toEqual(told(state));
    expect(wire.action, facts).toEqual(action);
    // The calendar and the clock are the engine's: core is told the deadline.
    state = { ...state, expiresAtMs: wire.expires_at === null ? null : Date.parse(wire.expires_at) };
    seen = { approval, state, action };
  }
};

const edits = (voter: number, edit: number): Step => ({
  type: 'vote',
  person: voter,
  decision: 'approved',
  reason: false,
  digest: 'now',
  edit,
});
/** Found by the long run: an edit back to what somebody had voted on must not bring that vote back. */
const THERE_AND_BACK: Step[] = [edits(2, 3), edits(1, 0), edits(0, 3), edits(2, 0), { type: 'extend', person: 0 }];
/** Found by the long run: the level that follows must not be met by a vote from before, nor that vote be forgotten. */
const VOTED_BEFORE: Step[] = [
  { ...edits(1, 0), edit: null } as Step,
  { type: 'expire' },
  { type: 'reassign', person: 0, to: [0] },
  { type: 'reassign', person: 0, to: [1, 0] },
  { ...edits(1, 0), edit: null } as Step,
];

test(
  'any sequence of commands does over the API what it does in core',
  async () => {
    await fc.assert(fc.asyncProperty(fc.nat(HOLDS.length - 1), fc.array(step, { minLength: 1, maxLength: 10 }), play), {
      numRuns: RUNS,
      examples: [
        [1, THERE_AND_BACK],
        [1, VOTED_BEFORE],
      ],
    });
    // Sequences that never get anywhere would prove nothing.
    for (const wanted of [
      'vote ok',
      'vote not_eligible',
      'vote claimed',
      'vote already_decided',
      'vote digest_stale',
      'vote self_approval',
      'claim ok',
      'reassign ok',
      'escalate ok',
      'reassign nobody_can_meet',
      'expire ok',
      'cancel ok',
      'extend ok',
    ])
      expect(outcomes.get(wanted) ?? 0, `${wanted} of ${JSON.stringify([...outcomes])}`).toBeGreaterThan(0);
  },
  RUNS * 1000,
);
