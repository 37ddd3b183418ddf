import {
  type Scope,
  type ShownRow,
  type WaitingRow,
  approvalsShownOf,
  getExecution,
  pageOfWaiting,
  pendingApprovalsBelow,
} from '@countersign/store';
import { z } from 'zod';
import type { Answer, Asked, DialectRoute } from '../dialect.ts';
import { numberedPage } from '../page.ts';
import { done, inZone, list, readAs, refused } from './answers.ts';
import { idOf, timeZoneOf, uuidsOf } from './kept.ts';
import { placesFor, placesOf } from './places.ts';

export const PAGE = { size: 'per_page', usual: 20, max: 100 } as const;

const present = async (scope: Scope, rows: readonly WaitingRow[], timeZone: string) => {
  // With an id of its own each approval is noted as shown: an action decides what was shown (ADR 0067).
  const uuidOf = await uuidsOf(
    scope,
    rows.flatMap((row) => [row.workflow_id, row.execution_id, row.id]),
  );
  const placeOf = await placesFor(scope, rows);
  return rows.map((row) => {
    const place = placeOf(row);
    return {
      execution_plan_uuid: uuidOf(row.execution_id),
      workflow_uuid: uuidOf(row.workflow_id),
      workflow_name: row.workflow_name,
      step_identifier: place?.identifier ?? row.node ?? '',
      workflow_index: place?.index ?? 0,
      status: 'waiting_approval',
      human_approval_required: true,
      delay_to_next_step: place?.delaySeconds ?? 0,
      inserted_at: inZone(row.inserted_at, timeZone),
    };
  });
};

const Action = z.object({
  action: z.enum(['approve', 'reject']),
  execution_plan_uuid: z.string().min(1),
  step_identifier: z.string().optional(),
});
type Action = z.infer<typeof Action>;

/** Which of the shown approvals is meant: the one that waits, or the last one, which is then told to be over. */
const meantBy = async (scope: Scope, { execution_plan_uuid: uuid, step_identifier: named }: Action) => {
  const executionId = await idOf(scope, 'execution', uuid, 'Execution plan');
  const shown = await approvalsShownOf(scope, executionId);
  const waiting = shown.filter(({ status }) => status === 'pending');
  const known = new Set(shown.map(({ id }) => id));
  const isUnseenWaiting = (await pendingApprovalsBelow(scope, executionId)).some(({ id }) => !known.has(id));
  if (waiting.length === 0 && isUnseenWaiting)
    throw refused(
      'This execution waits at another step by now, which has not been listed: get the pending approvals first',
    );
  const execution = await getExecution(scope, executionId);
  const places = await placesOf(scope, execution?.workflow_id ?? '', execution?.workflow_version_id ?? '');
  const nameOf = ({ node }: ShownRow): string => places.get(node ?? '')?.identifier ?? node ?? '';
  const candidates = waiting.length > 0 ? waiting : shown.slice(0, 1);
  const meant = named === undefined ? candidates : candidates.filter((row) => nameOf(row) === named);
  if (meant.length > 1)
    throw refused(
      `Several steps of this execution wait: name one as step_identifier (${meant.map(nameOf).join(', ')})`,
    );
  const [one] = meant;
  if (!one) throw refused(`No step ${named ?? ''} of this execution waits for approval`);
  return one.id;
};

const MESSAGES = { approve: 'Workflow approved and resumed', reject: 'Workflow rejected and skipped' } as const;

const act = async (asked: Asked): Promise<Answer> => {
  const body = await asked.body();
  // Their notes call it by another name than their list does.
  const { execution_plan_id: noted } = body;
  const action = readAs(Action, noted === undefined ? body : { execution_plan_uuid: noted, ...body });
  const id = await asked.read('decideApproval', (scope) => meantBy(scope, action));
  const decided = await asked.call('decideApproval', {
    params: { id },
    body: { decision: action.action === 'approve' ? 'approved' : 'rejected' },
  });
  if (decided.status !== 'pending') return done({ message: MESSAGES[action.action] });
  return done({
    message: decided.held
      ? `Decision recorded; it takes effect at ${decided.held.until}`
      : 'Decision recorded; others are asked, too',
  });
};

export const approvalRoutes: readonly DialectRoute[] = [
  {
    method: 'GET',
    path: '/v1/api/get_all_pending_approvals_paginated',
    answer: (asked) =>
      asked.write('listApprovals', async (scope) => {
        const page = numberedPage(asked.query, PAGE);
        const timeZone = await timeZoneOf(scope);
        const { rows, total } = await pageOfWaiting(scope, page);
        return list(await present(scope, rows, timeZone), total, page, timeZone);
      }),
  },
  { method: 'POST', path: '/v1/api/human_approval_action', answer: act },
];
