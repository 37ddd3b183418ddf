import { type Policy, type PolicyRequest, riskOf, writeRule } from '@countersign/core';
import { applyPolicies, planOf } from '@countersign/engine';
import {
  type LivePolicy,
  type PolicyRow,
  type PolicyVersionRow,
  type Scope,
  appendEvent,
  getPolicy,
  insertPolicy,
  insertPolicyVersion,
  listPolicies,
  listPolicyVersions,
  livePolicies,
  lockPolicy,
  newId,
  readClock,
  retirePolicy,
  savePolicy,
  toolsByName,
} from '@countersign/store';
import { actorOf } from '../auth/principal.ts';
import type { Context, Handlers } from '../http/context.ts';
import { invalid, notFound } from '../http/problem.ts';
import { backtest } from '../policies/backtest.ts';
import { checkAgainstWorkspace, readPolicySource } from '../policies/source.ts';

const presentVersion = (row: PolicyVersionRow) => ({
  version: row.version,
  source: row.source,
  message: row.message,
  created_at: row.created_at.toISOString(),
  created_by: row.created_by,
});

const present = async (scope: Scope, row: PolicyRow) => {
  const current = (await listPolicyVersions(scope, row.id)).find(({ version }) => version === row.current_version);
  return {
    id: row.id,
    name: row.name,
    position: row.position,
    is_enabled: row.is_enabled,
    current_version: current ? presentVersion(current) : null,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
};

const mustGet = async (scope: Scope, id: string): Promise<PolicyRow> => {
  const row = await getPolicy(scope, id);
  if (!row) throw notFound('policy');
  return row;
};

const mustLock = async (scope: Scope, id: string): Promise<PolicyRow> => {
  const row = await lockPolicy(scope, id);
  if (!row) throw notFound('policy');
  return row;
};

/** Reads a source for good: what is wrong with it, or can not be met here, refuses it. */
const mustRead = async (scope: Scope, source: string): Promise<Policy> => {
  const read = readPolicySource(source);
  const problems = read.ok ? await checkAgainstWorkspace(scope, read.policy) : read.problems;
  if (problems.length > 0)
    throw invalid(
      problems.map(({ pointer, detail, line }) => ({
        pointer: `/source${pointer}`,
        detail: line === null ? detail : `${detail} (line ${line})`,
      })),
    );
  if (!read.ok) throw new Error('unreadable without a problem');
  return read.policy;
};

const addVersion = async (
  { engine, principal }: Pick<Context<'createPolicy'>, 'engine' | 'principal'>,
  scope: Scope,
  row: PolicyRow,
  source: string,
  message: string,
): Promise<void> => {
  const definition = await mustRead(scope, source);
  const version = await insertPolicyVersion(scope, {
    policyId: row.id,
    source,
    definition,
    message,
    createdBy: actorOf(principal),
  });
  await savePolicy(scope, { ...row, current_version: version.version });
  const data = { version: version.version };
  await appendEvent(scope, { type: 'policy.version_created', subject: row.id, actor: actorOf(principal), data });
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [row.id]));
};

/** One source as if it were the only policy. */
const trial = async (scope: Scope, source: string | undefined): Promise<readonly LivePolicy[]> => {
  if (source === undefined) return livePolicies(scope);
  const read = readPolicySource(source);
  if (!read.ok) throw invalid(read.problems.map(({ pointer, detail }) => ({ pointer: `/source${pointer}`, detail })));
  return [{ id: '', name: 'this policy', version: 0, definition: read.policy }];
};

export const policyHandlers = {
  listPolicies: async (_, scope) => {
    const data = [];
    for (const row of await listPolicies(scope)) data.push(await present(scope, row));
    return { data };
  },
  createPolicy: async (context, scope) => {
    const row = await insertPolicy(scope, newId('policy'), context.body.name);
    await appendEvent(scope, {
      type: 'policy.created',
      subject: row.id,
      actor: actorOf(context.principal),
      data: { name: row.name },
    });
    await addVersion(context, scope, row, context.body.source, context.body.message);
    return present(scope, await mustGet(scope, row.id));
  },
  getPolicy: async ({ params }, scope) => present(scope, await mustGet(scope, params.id)),
  updatePolicy: async ({ params, principal, body }, scope) => {
    const row = await mustLock(scope, params.id);
    await savePolicy(scope, {
      ...row,
      name: body.name ?? row.name,
      position: body.position ?? row.position,
      is_enabled: body.is_enabled ?? row.is_enabled,
    });
    await appendEvent(scope, { type: 'policy.updated', subject: row.id, actor: actorOf(principal), data: body });
    return present(scope, await mustGet(scope, params.id));
  },
  deletePolicy: async ({ params, principal }, scope) => {
    await mustLock(scope, params.id);
    await retirePolicy(scope, params.id);
    await appendEvent(scope, { type: 'policy.deleted', subject: params.id, actor: actorOf(principal) });
    return undefined;
  },
  listPolicyVersions: async ({ params }, scope) => {
    await mustGet(scope, params.id);
    return { data: (await listPolicyVersions(scope, params.id)).map(presentVersion) };
  },
  createPolicyVersion: async (context, scope) => {
    const row = await mustLock(scope, context.params.id);
    await addVersion(context, scope, row, context.body.source, context.body.message);
    return present(scope, await mustGet(scope, row.id));
  },
  promotePolicyVersion: async ({ params, principal, body }, scope) => {
    const row = await mustLock(scope, params.id);
    const known = (await listPolicyVersions(scope, params.id)).find(({ version }) => version === body.version);
    if (!known) throw invalid([{ pointer: '/version', detail: 'is not a version of this policy' }]);
    await mustRead(scope, known.source);
    await savePolicy(scope, { ...row, current_version: body.version });
    await appendEvent(scope, {
      type: 'policy.promoted',
      subject: row.id,
      actor: actorOf(principal),
      data: { version: body.version },
    });
    return present(scope, await mustGet(scope, params.id));
  },

  checkPolicy: async ({ body }, scope) => {
    const read = readPolicySource(body.source);
    const problems = read.ok ? await checkAgainstWorkspace(scope, read.policy) : read.problems;
    return { is_valid: problems.length === 0, problems };
  },
  evaluatePolicy: async ({ principal, body }, scope) => {
    const known = (await toolsByName(scope, [body.tool]))[0];
    const request: PolicyRequest = {
      tool: body.tool,
      arguments: body.arguments,
      risk: body.risk ?? (known ? riskOf(known.annotations) : 'irreversible'),
      agent: { id: body.agent_id ?? null, name: body.agent_name ?? null },
      caller: actorOf(principal).id,
      now: body.at ?? (await readClock(scope)).toISOString(),
    };
    const { verdict, by } = await applyPolicies(scope, await trial(scope, body.source), request);
    const plan =
      verdict.hold && by
        ? planOf(
            verdict.hold,
            request,
            { id: by.id, name: by.name, version: by.version, rule: verdict.rule ?? '' },
            null,
          )
        : null;
    return {
      outcome: verdict.outcome,
      rule: verdict.rule,
      policy: by && by.id !== '' ? { id: by.id, name: by.name, version: by.version } : null,
      reason: verdict.reason,
      requirement: plan && plan.requirement.stages.map(({ name, rule }) => ({ name, approvers: writeRule(rule) })),
      trace: [...verdict.trace],
    };
  },
  backtestPolicy: async ({ body }, scope) => backtest(scope, await trial(scope, body.source), body),
} satisfies Partial<Handlers>;
