/**
 * The approval routes on a real socket, without the product around them: requests and answers go through the contract's
 * schemas, decisions through core. What `*.db.test.ts` tries against the real server is tried here without a database.
 */
import {
  type ApprovalCommand,
  type ApprovalState,
  type Decision,
  type Json,
  type JsonObject,
  type Standing,
  type Voter,
  NO_TIMEOUT,
  ONE_APPROVER,
  actionOf,
  decideApproval,
  diffJson,
  digestJson,
  evolveApproval,
  makeId,
  parseStrict,
  receiptStatement,
  tally,
  unblockers,
  writeMissing,
  writeRule,
} from '@countersign/core';
import {
  PROBLEMS,
  type ProblemCode,
  type Route,
  type RouteName,
  type WireApproval,
  routes,
} from '@countersign/contract';
import { randomBytes } from 'node:crypto';
import { type Received, type TestHttpServer, sendJson, startHttpServer } from './http-server.ts';
import { type TestSigner, createSigner, receiptFactsOf } from './receipts.ts';

type Kept = { state: ApprovalState; wire: WireApproval };
type Reply = { status: number; body: unknown };

const ACTOR = { kind: 'key', id: 'key_asker', name: 'Asker' } as const;
const REVIEWER = { kind: 'person', id: 'usr_reviewer', name: 'Robin' } as const;
const STANDING: Standing = { personId: REVIEWER.id, groups: [], roles: ['approver'] };
const VOTER: Voter = {
  personId: REVIEWER.id,
  keyId: null,
  actor: REVIEWER,
  assurance: 'session',
  standing: STANDING,
  standsInFor: [],
};
const YES = { ok: true, why: null };
const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
type Asked = {
  readonly kind: WireApproval['kind'];
  readonly tool: string | null;
  readonly title: string;
  readonly arguments: JsonObject | null;
  readonly responseSchema: JsonObject | null;
};

const unblockersOf = (state: ApprovalState): WireApproval['can_unblock'] =>
  unblockers(state.requirement, state.votes, [STANDING], state.requesters).map(({ personId }) => ({
    id: personId,
    name: REVIEWER.name,
  }));

const quorumOf = ({ requirement, votes }: ApprovalState): WireApproval['quorum'] => {
  const count = tally(requirement, votes);
  return {
    stage: count.outcome === 'open' ? count.stage : requirement.stages.length - 1,
    stages: requirement.stages.map(({ name, rule, rejections }) => ({ name, approvers: writeRule(rule), rejections })),
    missing: count.outcome === 'open' ? writeMissing(count.ways) : [],
    assurance: null,
    distinct_people: requirement.isDistinctAcrossStages,
    reason_required: requirement.isReasonRequired,
  };
};

const decisionOf = (decision: Decision | null): WireApproval['decision'] => {
  if (!decision) return null;
  const { isSingleOperator, edits, ...rest } = decision;
  return { ...rest, edits: [...edits], single_operator: isSingleOperator ?? false };
};

const newId = (kind: 'approval' | 'workspace'): string => makeId(kind, Date.now(), randomBytes(16));

export const problem = (code: ProblemCode, facts: Record<string, unknown> = {}): Reply => ({
  status: PROBLEMS[code].status,
  body: {
    type: `/docs/api#problem-${code}`,
    ...PROBLEMS[code],
    detail: `${code} happened`,
    instance: 'req_1',
    code,
    ...facts,
  },
});

export type ApprovalServer = TestHttpServer & {
  readonly approval: (id: string) => WireApproval | undefined;
  /** What the gate says about a tool; `hold` unless set. */
  readonly rules: Map<string, 'proceed' | 'block'>;
  readonly decide: (
    id: string,
    decision: 'approved' | 'rejected',
    more?: { reason?: string; arguments?: JsonObject },
  ) => void;
  /** Answers a question. */
  readonly answer: (id: string, response: Json) => void;
  readonly expire: (id: string) => void;
  /** The first approval that is waiting, as soon as there is one. */
  readonly asked: () => Promise<WireApproval>;
  /** With which its receipts are signed. */
  readonly signer: TestSigner;
  /** Changes an approval behind everybody's back. */
  readonly tamper: (id: string, change: (approval: WireApproval) => WireApproval) => void;
};

export const startApprovalServer = async (): Promise<ApprovalServer> => {
  const kept = new Map<string, Kept>();
  const answers = new Map<string, { fingerprint: string; reply: Reply }>();
  const rules = new Map<string, 'proceed' | 'block'>();
  const waiting = new Set<() => void>();
  const workspace = newId('workspace');
  const signer = createSigner();

  const changed = (): void => {
    for (const wake of waiting) wake();
    waiting.clear();
  };

  const ask = (asked: Asked): WireApproval => {
    const id = newId('approval');
    const { tool, title } = asked;
    const action = actionOf({
      approvalId: id,
      workspaceId: workspace,
      kind: asked.kind,
      title,
      tool: tool === null ? null : { name: tool, id: null, version: null },
      arguments: asked.arguments,
      output: null,
      agent: null,
      executionId: null,
      checkpoint: tool ?? 'approval',
      risk: 'irreversible',
      requesters: [ACTOR.id],
      policy: null,
      policies: [],
      expiresAt: null,
      nonce: randomBytes(16).toString('hex'),
    });
    const digest = digestJson(action);
    const state: ApprovalState = {
      status: 'pending',
      digest,
      requesters: [ACTOR.id],
      createdAtMs: Date.now(),
      expiresAtMs: null,
      decision: null,
      consumedAtMs: null,
      requirement: ONE_APPROVER,
      votes: [],
      edits: [],
      timeout: NO_TIMEOUT,
      isOverdue: false,
      claim: null,
      recallSeconds: null,
      held: null,
    };
    const created_at = new Date(state.createdAtMs).toISOString();
    const wire: WireApproval = {
      id,
      status: 'pending',
      kind: asked.kind,
      title,
      checkpoint: tool ?? 'approval',
      priority: 'medium',
      tool,
      agent: null,
      execution_id: null,
      conversation_id: null,
      requested_by: ACTOR,
      created_at,
      expires_at: null,
      is_overdue: false,
      risk: 'irreversible',
      claim: null,
      held: null,
      assigned_to: [],
      progress: { approvals: 0, needed: 1, stage: 0, stages: 1 },
      alike: null,
      top_flag: null,
      snoozed_until: null,
      decision: null,
      workspace_id: workspace,
      digest,
      action,
      arguments: asked.arguments,
      arguments_schema: null,
      output: null,
      original: null,
      input: null,
      earlier_steps: [],
      gate_reason: 'held',
      explanation: null,
      impact: null,
      evidence: [],
      metadata: {},
      step_id: null,
      on_timeout: 'reject',
      quorum: quorumOf(state),
      votes: [],
      can_unblock: unblockersOf(state),
      policy: null,
      flags: [],
      baseline: null,
      compared_with: 0,
      response_schema: asked.responseSchema,
      late_answers: [],
      reopened_from: null,
      plan: null,
      departures: null,
      consumed_at: null,
      view_digest: 'sha256:',
      revoked: null,
      receipt: null,
      can: {
        approve: YES,
        reject: YES,
        edit: YES,
        cancel: YES,
        recall: { ok: false, why: 'No decision is held back.' },
        claim: YES,
        reassign: YES,
        escalate: YES,
        extend: YES,
        grant: YES,
        reopen: YES,
        revoke: YES,
      },
      server_time: created_at,
    };
    kept.set(id, { wire, state });
    changed();
    return wire;
  };

  const run = (id: string, command: ApprovalCommand): Reply => {
    const found = kept.get(id);
    if (!found) return problem('not_found');
    const result = decideApproval(found.state, command);
    if (!result.ok) {
      const { type, ...facts } = result.refusal;
      if (type === 'reason_required')
        return problem('invalid', { errors: [{ pointer: '/reason', detail: 'is needed' }] });
      if (type === 'assurance_too_low') return problem('step_up_required', facts);
      return problem(type === 'view_stale' ? 'digest_stale' : type, facts);
    }
    let { wire } = found;
    for (const event of result.value)
      if (event.type === 'edited')
        wire = { ...wire, action: event.edit.action, arguments: event.edit.action['arguments'] as JsonObject };
    const state = result.value.reduce(evolveApproval, found.state);
    const consumed_at = state.consumedAtMs === null ? null : new Date(state.consumedAtMs).toISOString();
    kept.set(id, {
      state,
      wire: {
        ...wire,
        status: state.status,
        digest: state.digest,
        decision: decisionOf(state.decision),
        consumed_at,
        receipt: found.wire.receipt ?? receiptOf({ ...wire, digest: state.digest }, state),
        quorum: quorumOf(state),
        can_unblock: unblockersOf(state),
        votes: state.votes.map((vote) => ({
          person: REVIEWER,
          represents: null,
          vote: vote.vote,
          stage: vote.stage,
          reason: null,
          assurance: VOTER.assurance,
          at: new Date(command.atMs).toISOString(),
          counts: vote.digest === state.digest,
        })),
      },
    });
    changed();
    return { status: 200, body: kept.get(id)?.wire };
  };

  const receiptOf = (wire: WireApproval, { decision, requesters, requirement }: ApprovalState): string | null =>
    decision && signer.receipt(receiptStatement(receiptFactsOf(wire, decision, requesters, requirement)));

  const decideAs = (
    id: string,
    more: Pick<ApprovalCommand & { type: 'decide' }, 'decision' | 'reason' | 'edit' | 'response'>,
  ): void => {
    const digest = kept.get(id)?.wire.digest;
    const reply = run(id, { type: 'decide', atMs: Date.now(), voter: VOTER, digest, singleOperator: null, ...more });
    if (reply.status !== 200) throw new Error(JSON.stringify(reply.body));
  };

  const decide: ApprovalServer['decide'] = (id, decision, more = {}) => {
    const { wire } = kept.get(id) ?? {};
    if (!wire) throw new Error(`no ${id}`);
    const action = { ...wire.action, ...(more.arguments && { arguments: more.arguments }) };
    const edit = more.arguments
      ? { action, digest: digestJson(action), differences: diffJson(wire.arguments ?? {}, more.arguments) }
      : null;
    decideAs(id, { decision, reason: more.reason ?? null, edit });
  };

  const wait = async (id: string, timeoutSeconds: number): Promise<Reply> => {
    const endsAt = Date.now() + timeoutSeconds * 1000;
    for (;;) {
      const wire = kept.get(id)?.wire;
      if (!wire) return problem('not_found');
      if (wire.status !== 'pending' || Date.now() >= endsAt) return { status: 200, body: wire };
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
        setTimeout(resolve, endsAt - Date.now()).unref();
      });
    }
  };

  const carryOut = async (
    name: RouteName,
    id: string,
    query: Record<string, unknown>,
    body: JsonObject,
  ): Promise<Reply> => {
    switch (name) {
      case 'callGate': {
        const tool = text(body['tool']);
        const outcome = rules.get(tool) ?? 'hold';
        const call = {
          kind: 'tool_call',
          tool,
          title: `Call ${tool}`,
          arguments: body['arguments'] as JsonObject,
          responseSchema: null,
        } as const;
        const approval = outcome === 'hold' ? ask(call) : null;
        return { status: 200, body: { outcome, reason: `the rules say ${outcome}`, approval } };
      }
      case 'askApproval': {
        const question = (body['question'] ?? null) as JsonObject | null;
        const kind = question === null ? 'action' : 'question';
        return {
          status: 201,
          body: ask({ kind, tool: null, title: text(body['title']), arguments: null, responseSchema: question }),
        };
      }
      case 'getApproval':
        return wait(id, 0);
      case 'waitForApproval':
        return wait(id, Number(query['timeout']));
      case 'cancelApproval':
        return run(id, { type: 'cancel', atMs: Date.now(), by: ACTOR, reason: text(body['reason']) });
      case 'consumeReceipt': {
        const reply = run(text(body['approval_id']), {
          type: 'consume',
          atMs: Date.now(),
          digest: text(body['digest']),
          validUntilMs: null,
        });
        if (reply.status !== 200) return reply;
        const { id: approval_id, digest, arguments: args, output, consumed_at } = reply.body as WireApproval;
        return { status: 200, body: { approval_id, digest, arguments: args, output, redactions: [], consumed_at } };
      }
      case 'listApprovals': {
        const all = [...kept.values()].map(({ wire }) => wire).toReversed();
        const start = Number(query['cursor'] ?? 0);
        const end = start + Number(query['limit']);
        return {
          status: 200,
          body: { data: all.slice(start, end), next_cursor: end < all.length ? String(end) : null },
        };
      }
      default:
        throw new Error(`${name} is not one of the approval routes`);
    }
  };

  const routeOf = ({ method, url }: Received): [RouteName, Route, string, Record<string, string>] | undefined => {
    const { pathname, searchParams } = new URL(url, 'http://server');
    for (const [name, route] of Object.entries(routes) as [RouteName, Route][]) {
      const match = new RegExp(`^${route.path.replace(/\{\w+\}/, '([^/]+)')}$`).exec(pathname);
      if (match && route.method === method) return [name, route, match[1] ?? '', Object.fromEntries(searchParams)];
    }
    return undefined;
  };

  const handle = async (received: Received): Promise<Reply> => {
    const found = routeOf(received);
    if (!found) return problem('not_found');
    const [name, route, id, search] = found;
    if (received.headers.authorization !== 'Bearer csk_test') return problem('unauthenticated');
    const query = route.query?.safeParse(search) ?? { success: true, data: {} };
    const json = received.body === '' ? undefined : parseStrict(received.body);
    if (json && !json.ok) return problem('malformed_json');
    const body = route.body?.safeParse(json?.value) ?? { success: true, data: {} };
    if (!query.success || !body.success)
      return problem('invalid', { errors: [{ pointer: '', detail: 'not by the schema' }] });
    const key = received.headers['idempotency-key'];
    if (route.idempotency === 'required' && key === undefined) return problem('idempotency_key_required');
    const fingerprint = `${name} ${id} ${received.body}`;
    const stored = typeof key === 'string' ? answers.get(key) : undefined;
    if (stored) return stored.fingerprint === fingerprint ? stored.reply : problem('idempotency_key_reused');
    const reply = await carryOut(name, id, query.data as Record<string, unknown>, body.data as JsonObject);
    if (reply.status < 300) route.response?.parse(reply.body);
    if (typeof key === 'string') answers.set(key, { fingerprint, reply });
    return reply;
  };

  const server = await startHttpServer(async (received, response) => {
    if (received.url === '/.well-known/jwks.json') return sendJson(response, 200, signer.keys);
    const { status, body } = await handle(received);
    return sendJson(response, status, body);
  });

  const asked = async (): Promise<WireApproval> => {
    for (;;) {
      for (const { wire } of kept.values()) if (wire.status === 'pending') return wire;
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  };

  return {
    ...server,
    signer,
    rules,
    decide,
    answer: (id, response) => decideAs(id, { decision: 'approved', reason: null, edit: null, response }),
    asked,
    approval: (id) => kept.get(id)?.wire,
    expire: (id) => {
      const found = kept.get(id);
      if (found) found.state = { ...found.state, expiresAtMs: 0 };
      run(id, { type: 'expire', atMs: Date.now() });
    },
    tamper: (id, change) => {
      const found = kept.get(id);
      if (found) found.wire = change(found.wire);
    },
  };
};
