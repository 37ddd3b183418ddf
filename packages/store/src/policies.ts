import type { Actor, HistoryCondition, Policy } from '@countersign/core';
import { type Scope, statement, statementOfRows } from './database.ts';

export type PolicyRow = {
  id: string;
  name: string;
  position: number;
  is_enabled: boolean;
  current_version: number | null;
  created_at: Date;
  updated_at: Date;
};

export type PolicyVersionRow = {
  policy_id: string;
  version: number;
  source: string;
  definition: Policy;
  message: string;
  created_at: Date;
  created_by: Actor;
};

const columns = 'id, name, position, is_enabled, current_version, created_at, updated_at';

const insert = statement<PolicyRow>(
  'policy_insert',
  `insert into policy (workspace_id, id, name, position)
   values ($1, $2, $3, coalesce((select max(position) + 1 from policy where workspace_id = $1), 0)) returning ${columns}`,
);
const get = statement<PolicyRow>('policy_get', `select ${columns} from policy where workspace_id = $1 and id = $2`);
const lock = statement<PolicyRow>(
  'policy_lock',
  `select ${columns} from policy where workspace_id = $1 and id = $2 for update`,
);
const list = statement<PolicyRow>(
  'policy_list',
  `select ${columns} from policy where workspace_id = $1 order by position, id`,
);
const save = statement(
  'policy_save',
  `update policy set name = $3, position = $4, is_enabled = $5, current_version = $6, updated_at = now()
   where workspace_id = $1 and id = $2`,
);
const removeVersions = statement(
  'policy_retire',
  `update policy set is_enabled = false, name = name || ' (removed ' || id || ')', updated_at = now() where workspace_id = $1 and id = $2`,
);

export const insertPolicy = async (scope: Scope, id: string, name: string): Promise<PolicyRow> => {
  const row = await insert.one(scope, scope.workspaceId, id, name);
  if (!row) throw new Error('insert returned no row');
  return row;
};
export const getPolicy = (scope: Scope, id: string): Promise<PolicyRow | undefined> =>
  get.one(scope, scope.workspaceId, id);
export const lockPolicy = (scope: Scope, id: string): Promise<PolicyRow | undefined> =>
  lock.one(scope, scope.workspaceId, id);
export const listPolicies = (scope: Scope): Promise<PolicyRow[]> => list.all(scope, scope.workspaceId);
export const savePolicy = (scope: Scope, row: PolicyRow): Promise<number> =>
  save.run(scope, scope.workspaceId, row.id, row.name, row.position, row.is_enabled, row.current_version);

/** Switched off and renamed; its versions stay, because decisions name them. */
export const retirePolicy = (scope: Scope, id: string): Promise<number> =>
  removeVersions.run(scope, scope.workspaceId, id);

const versionColumns = 'policy_id, version, source, definition, message, created_at, created_by';
const insertOne = statement<PolicyVersionRow>(
  'policy_version_insert',
  `insert into policy_version (workspace_id, policy_id, version, source, definition, message, created_by)
   select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6 from policy_version where workspace_id = $1 and policy_id = $2
   returning ${versionColumns}`,
);
const versions = statement<PolicyVersionRow>(
  'policy_version_list',
  `select ${versionColumns} from policy_version where workspace_id = $1 and policy_id = $2 order by version desc`,
);

/** Adds the next version; the caller holds the policy's lock, so that numbers follow each other. */
export const insertPolicyVersion = async (
  scope: Scope,
  row: { policyId: string; source: string; definition: Policy; message: string; createdBy: Actor },
): Promise<PolicyVersionRow> => {
  const inserted = await insertOne.one(
    scope,
    scope.workspaceId,
    row.policyId,
    row.source,
    row.definition,
    row.message,
    row.createdBy,
  );
  if (!inserted) throw new Error('insert returned no row');
  return inserted;
};
export const listPolicyVersions = (scope: Scope, policyId: string): Promise<PolicyVersionRow[]> =>
  versions.all(scope, scope.workspaceId, policyId);

export type LivePolicy = { id: string; name: string; version: number; definition: Policy };

const live = statement<LivePolicy>(
  'policy_live',
  `select p.id, p.name, v.version, v.definition from policy p
   join policy_version v on v.workspace_id = p.workspace_id and v.policy_id = p.id and v.version = p.current_version
   where p.workspace_id = $1 and p.is_enabled order by p.position, p.id`,
);

/** The policies that hold now, in order. */
export const livePolicies = (scope: Scope): Promise<LivePolicy[]> => live.all(scope, scope.workspaceId);

/** $1 is the workspace. @param rows the parameter that holds them @param where which of them (`r`) */
export const insertGateAnswers = (rows: string, where = 'true'): string =>
  `insert into gate_answer (workspace_id, tool, agent_id, caller, arguments, risk, outcome, approval_id)
   select $1, r.tool, r.agent_id, r.caller, r.arguments, r.risk, r.outcome, r.approval_id
   from jsonb_to_recordset(${rows}) as r (tool text, agent_id text, caller text, arguments text, risk text, outcome text,
     approval_id text, execution_id text) where ${where}`;

export const GATE_ANSWER_ROWS = 'gate_answer_insert';
const record = statementOfRows<GateAnswer>(GATE_ANSWER_ROWS, insertGateAnswers('$2'));

export type GateAnswer = {
  tool: string;
  agent_id: string | null;
  caller: string;
  arguments: string;
  risk: string;
  outcome: 'proceed' | 'hold' | 'block';
  approval_id: string | null;
  /** The execution that it was answered to, in a round of it. */
  execution_id?: string;
};

/** Keeps what a gate was asked and answered. */
export const recordGateAnswer = (scope: Scope, row: GateAnswer): void => record.send(scope, row);

const lately = statement<{ calls: number; sum: number }>(
  'gate_answer_lately',
  `select count(*)::int as calls,
     coalesce(sum(case when jsonb_typeof(arguments::jsonb #> $4::text[]) = 'number' then (arguments::jsonb #>> $4::text[])::float8 end), 0)::float8 as sum
   from gate_answer
   where workspace_id = $1 and tool = $2 and outcome <> 'block' and at > now() - make_interval(secs => $3)
     and ($5::text is null or agent_id = $5)`,
);

// Only whether there are more than so many is asked: no more rows are read than tell that.
const latelyUpTo = statement<{ calls: number }>(
  'gate_answer_lately_up_to',
  `select count(*)::int as calls from (
     select from gate_answer
     where workspace_id = $1 and tool = $2 and outcome <> 'block' and at > now() - make_interval(secs => $3)
       and ($4::text is null or agent_id = $4)
     order by at desc limit $5) as lately`,
);

/**
 * Calls of this tool (by this agent, if one is named) that were not blocked, and the sum of one of their arguments. Where
 * no sum is asked for, they are counted up to one more than the condition needs.
 */
export const figuresLately = async (
  scope: Scope,
  tool: string,
  agentId: string | null,
  condition: HistoryCondition,
): Promise<{ calls: number; sum: number }> => {
  const { within_seconds: seconds, sum_of: member } = condition;
  if (member === undefined) {
    const limit = (condition.more_than_calls ?? 0) + 1;
    const counted = await latelyUpTo.one(scope, scope.workspaceId, tool, seconds, agentId, limit);
    return { calls: counted?.calls ?? 0, sum: 0 };
  }
  const path = member.split('.');
  return (await lately.one(scope, scope.workspaceId, tool, seconds, path, agentId)) ?? { calls: 0, sum: 0 };
};

export type PastAnswer = GateAnswer & { at: Date; agent_name: string | null; decision: string | null };

const past = statement<PastAnswer>(
  'gate_answer_past',
  `select g.tool, g.agent_id, g.caller, g.arguments, g.risk, g.outcome, g.approval_id, g.at, a.name as agent_name, p.status as decision
   from gate_answer g
   left join agent a on a.workspace_id = g.workspace_id and a.id = g.agent_id
   left join approval p on p.workspace_id = g.workspace_id and p.id = g.approval_id
   where g.workspace_id = $1 and g.at > now() - make_interval(secs => $2) order by g.at desc limit $3`,
);

/** What gates were asked lately and what came of it, newest first. */
export const pastAnswers = (scope: Scope, withinSeconds: number, limit: number): Promise<PastAnswer[]> =>
  past.all(scope, scope.workspaceId, withinSeconds, limit);
