/**
 * The approval routes on a real socket, without the product around them: requests and answers go through the contract's
 * schemas, decisions through core. What `*.db.test.ts` tries against the real server is tried here without a database.
 */
import {
  type ApprovalCommand, type ApprovalState, type Decision, type Json, type JsonObject,
  actionOf, decideApproval, diffJson, digestJson, evolveApproval, makeId, parseStrict,
} from '@countersign/core';
import { PROBLEMS, type ProblemCode, type Route, type RouteName, type WireApproval, routes } from '@countersign/contract';
import { randomBytes } from 'node:crypto';
import { type Received, type TestHttpServer, sendJson, startHttpServer } from './http-server.ts';

type Kept = { state: ApprovalState; wire: WireApproval };
type Reply = { status: number; body: unknown };

const ACTOR = { kind: 'key', id: 'key_asker', name: 'Asker' } as const;
const REVIEWER = { kind: 'person', id: 'usr_reviewer', name: 'Robin' } as const;
const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const newId = (kind: 'approval' | 'workspace'): string => makeId(kind, Date.now(), randomBytes(16));

export const problem = (code: ProblemCode, facts: Record<string, unknown> = {}): Reply => ({
  status: PROBLEMS[code].status,
  body: { type: `/docs/problems#${code}`, ...PROBLEMS[code], detail: `${code} happened`, instance: 'req_1', code, ...facts },
});

export type ApprovalServer = TestHttpServer & {
  readonly approval: (id: string) => WireApproval | undefined;
  /** What the gate says about a tool; `hold` unless set. */
  readonly rules: Map<string, 'proceed' | 'block'>;
  readonly decide: (id: string, decision: 'approved' | 'rejected', more?: { reason?: string; arguments?: JsonObject }) => void;
  readonly expire: (id: string) => void;
  /** The first approval that is waiting, as soon as there is one. */
  readonly asked: () => Promise<WireApproval>;
  /** Changes an approval behind everybody's back. */
  readonly tamper: (id: string, change: (approval: WireApproval) => WireApproval) => void;
};

export const startApprovalServer = async (): Promise<ApprovalServer> => {
  const kept = new Map<string, Kept>();
  const answers = new Map<string, { fingerprint: string; reply: Reply }>();
  const rules = new Map<string, 'proceed' | 'block'>();
  const waiting = new Set<() => void>();
  const workspace = newId('workspace');

  const changed = (): void => {
    for (const wake of waiting) wake();
    waiting.clear();
  };

  const ask = (tool: string, args: JsonObject, title = `Call ${tool}`): WireApproval => {
    const id = newId('approval');
    const action = actionOf({
      approvalId: id, workspaceId: workspace, kind: 'tool_call', title, tool: { name: tool, id: null, version: null },
      arguments: args, output: null, agent: null, executionId: null, checkpoint: tool, expiresAt: null, nonce: randomBytes(16).toString('hex'),
    });
    const digest = digestJson(action);
    const yes = { ok: true, why: null };
    const wire: WireApproval = {
      id, status: 'pending', kind: 'tool_call', title, checkpoint: tool, priority: 'medium', tool, agent: null, execution_id: null,
      conversation_id: null, requested_by: ACTOR, created_at: new Date().toISOString(), expires_at: null, decision: null,
      workspace_id: workspace, digest, action, arguments: args, arguments_schema: null, output: null, original: null, input: null,
      earlier_steps: [], gate_reason: 'held', explanation: null, impact: null, evidence: [], metadata: {}, step_id: null,
      on_timeout: 'reject', consumed_at: null, can: { approve: yes, reject: yes, edit: yes, cancel: yes }, server_time: new Date().toISOString(),
    };
    kept.set(id, { wire, state: { status: 'pending', digest, requesters: [ACTOR.id], expiresAtMs: null, decision: null, consumedAtMs: null } });
    changed();
    return wire;
  };

  const run = (id: string, command: ApprovalCommand): Reply => {
    const found = kept.get(id);
    if (!found) return problem('not_found');
    const result = decideApproval(found.state, command);
    if (!result.ok) {
      const { type, ...facts } = result.refusal;
      return problem(type, facts);
    }
    let { wire } = found;
    for (const event of result.value)
      if (event.type === 'decided' && event.editedAction)
        wire = { ...wire, action: event.editedAction, arguments: event.editedAction['arguments'] as JsonObject };
    const state = result.value.reduce(evolveApproval, found.state);
    const consumed_at = state.consumedAtMs === null ? null : new Date(state.consumedAtMs).toISOString();
    const decision = state.decision as Decision & WireApproval['decision'];
    kept.set(id, { state, wire: { ...wire, status: state.status, digest: state.digest, decision, consumed_at } });
    changed();
    return { status: 200, body: kept.get(id)?.wire };
  };

  const decide: ApprovalServer['decide'] = (id, decision, more = {}) => {
    const { wire } = kept.get(id) ?? {};
    if (!wire) throw new Error(`no ${id}`);
    const action = { ...wire.action, ...(more.arguments && { arguments: more.arguments }) };
    const edit = more.arguments
      ? { action, digest: digestJson(action), differences: diffJson(wire.arguments ?? {}, more.arguments) }
      : null;
    const voter = { personId: REVIEWER.id, keyId: null, actor: REVIEWER, assurance: 'session' } as const;
    const reply = run(id, { type: 'decide', atMs: Date.now(), voter, decision, digest: wire.digest, reason: more.reason ?? null, edit });
    if (reply.status !== 200) throw new Error(JSON.stringify(reply.body));
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

  const carryOut = async (name: RouteName, id: string, query: Record<string, unknown>, body: JsonObject): Promise<Reply> => {
    switch (name) {
      case 'callGate': {
        const tool = text(body['tool']);
        const outcome = rules.get(tool) ?? 'hold';
        const approval = outcome === 'hold' ? ask(tool, body['arguments'] as JsonObject) : null;
        return { status: 200, body: { outcome, reason: `the rules say ${outcome}`, approval } };
      }
      case 'getApproval':
        return wait(id, 0);
      case 'waitForApproval':
        return wait(id, Number(query['timeout']));
      case 'cancelApproval':
        return run(id, { type: 'cancel', atMs: Date.now(), by: ACTOR, reason: text(body['reason']) });
      case 'consumeReceipt': {
        const reply = run(text(body['approval_id']), { type: 'consume', atMs: Date.now(), digest: text(body['digest']), validUntilMs: null });
        if (reply.status !== 200) return reply;
        const { id: approval_id, digest, arguments: args, output, consumed_at } = reply.body as WireApproval;
        return { status: 200, body: { approval_id, digest, arguments: args, output, consumed_at } };
      }
      case 'listApprovals': {
        const all = [...kept.values()].map(({ wire }) => wire).toReversed();
        const start = Number(query['cursor'] ?? 0);
        const end = start + Number(query['limit']);
        return { status: 200, body: { data: all.slice(start, end), next_cursor: end < all.length ? String(end) : null } };
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
    if (!query.success || !body.success) return problem('invalid', { errors: [{ pointer: '', detail: 'not by the schema' }] });
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
    const { status, body } = await handle(received);
    sendJson(response, status, body);
  });

  const asked = async (): Promise<WireApproval> => {
    for (;;) {
      for (const { wire } of kept.values()) if (wire.status === 'pending') return wire;
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  };

  return {
    ...server,
    rules,
    decide,
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
