/** The later generation of PromptRails' API, in which executions are approved and denied, and no approval has an id. */
import {
  type ApprovalRow,
  type Scope,
  approvalDecidedLately,
  compatPage,
  getExecution,
  pendingApprovalsBelow,
} from '@countersign/store';
import { type Principal, personOf } from '../../auth/principal.ts';
import { Problem, notFound } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { bareId } from '../ids.ts';
import { list, one, pageOf } from './answers.ts';
import { presentApproval } from './approvals.ts';
import { executionIdOf, readExecution, readExecutions } from './executions.ts';

/** Within so long the same decision again is a client that did not hear the answer to the first, and not a new one. */
const REPEAT_SECONDS = 30;

const WAITING = { awaiting_approval: 'waiting_approval' } as const;

type Shown = Awaited<ReturnType<typeof readExecutions>>[number];

const inTheirWords = (execution: Shown) => ({
  ...execution,
  status: execution.status === 'awaiting_approval' ? WAITING.awaiting_approval : execution.status,
});

/**
 * What the execution waits for. A decision without the id of what it is about must not meet something else than was seen: not
 * the next call of an agent that went on, and not one of several. @throws Problem
 */
const mustBeOne = async (scope: Scope, id: string, principal: Principal): Promise<ApprovalRow> => {
  if (!(await getExecution(scope, id))) throw notFound('execution');
  const pending = await pendingApprovalsBelow(scope, id);
  const [first] = pending;
  if (await approvalDecidedLately(scope, id, personOf(principal), REPEAT_SECONDS))
    throw new Problem(
      'already_decided',
      `You decided for this execution within the last ${REPEAT_SECONDS} s. Look at what it waits for now, and decide that by its id.`,
    );
  if (!first) throw new Problem('already_decided', 'The execution waits for nobody.');
  if (pending.length > 1)
    throw new Problem('invalid', 'The execution waits for several decisions: decide each by its id.', {
      approval_ids: pending.map((row) => bareId(row.id)),
    });
  return first;
};

const decide = (decision: 'approved' | 'rejected') => async (asked: Asked) => {
  const id = executionIdOf(asked);
  const { reason } = await asked.body();
  const approval = await asked.read('decideApproval', (scope, principal) => mustBeOne(scope, id, principal));
  await asked.call('decideApproval', {
    params: { id: approval.id },
    body: { decision, reason: reason || undefined },
  });
  return one(inTheirWords(await readExecution(asked, id)));
};

type Tree = Shown & { readonly children: readonly Tree[] };

const treeOf = (root: Shown, all: readonly Shown[]): Tree => ({
  ...root,
  children: all.filter(({ parent_execution_id: parent }) => parent === root.id).map((child) => treeOf(child, all)),
});

const EXECUTION = '/api/v1/executions/:id';

export const inboxRoutes: readonly DialectRoute[] = [
  {
    method: 'GET',
    path: '/api/v1/executions/approval-inbox',
    answer: (asked) =>
      asked.read('listApprovals', async (scope) => {
        const page = pageOf(asked);
        const { ids, total } = await compatPage(scope, 'execution', { status: 'awaiting_approval' }, page);
        const executions = await readExecutions(scope, ids);
        const waiting = await Promise.all(ids.map((id) => pendingApprovalsBelow(scope, id)));
        return list(
          executions.map((execution, index) => {
            const approvals = (waiting[index] ?? []).map((row) => presentApproval(row));
            const [first = null] = approvals;
            return {
              ...inTheirWords(execution),
              approval_expires_at: first?.expires_at ?? null,
              approval: first,
              approvals,
            };
          }),
          total,
          page,
        );
      }),
  },
  { method: 'POST', path: `${EXECUTION}/approve`, answer: decide('approved') },
  { method: 'POST', path: `${EXECUTION}/deny`, answer: decide('rejected') },
  {
    method: 'POST',
    path: `${EXECUTION}/cancel`,
    answer: async (asked) => {
      const id = executionIdOf(asked);
      const { reason } = await asked.body();
      await asked.call('cancelExecution', { params: { id }, body: { reason: reason || undefined } });
      return one(await readExecution(asked, id));
    },
  },
  {
    method: 'GET',
    path: `${EXECUTION}/tree`,
    answer: async (asked) => {
      const id = executionIdOf(asked);
      const root = await readExecution(asked, id);
      const below = await asked.read('listExecutions', async (scope) => {
        const { ids } = await compatPage(scope, 'execution', { root_execution_id: id }, { page: 1, size: 200 });
        return readExecutions(scope, ids);
      });
      return one(
        treeOf(
          root,
          below.filter(({ id: child }) => child !== root.id),
        ),
      );
    },
  },
];
