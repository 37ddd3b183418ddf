/** Past decisions, and withdrawing: HookPulse names both and publishes no path for them. These paths are ours. */
import type { JsonObject } from '@countersign/core';
import { type DecidedRow, type Scope, pageOfDecided } from '@countersign/store';
import { z } from 'zod';
import type { Answer, Asked, DialectRoute } from '../dialect.ts';
import { numberedPage } from '../page.ts';
import { PAGE } from './approvals.ts';
import { done, inZone, list, readAs } from './answers.ts';
import { idOf, timeZoneOf, uuidsOf } from './kept.ts';
import { placesFor } from './places.ts';

const present = async (scope: Scope, rows: readonly DecidedRow[], timeZone: string) => {
  const uuidOf = await uuidsOf(
    scope,
    rows.flatMap((row) => [row.workflow_id, row.execution_id]),
  );
  const placeOf = await placesFor(scope, rows);
  return rows.map((row) => ({
    execution_plan_uuid: uuidOf(row.execution_id),
    workflow_uuid: uuidOf(row.workflow_id),
    workflow_name: row.workflow_name,
    step_identifier: placeOf(row)?.identifier ?? row.node ?? '',
    workflow_index: placeOf(row)?.index ?? 0,
    status: row.status === 'expired' ? 'timed_out' : row.status,
    decided_by: row.decision?.by.name ?? null,
    decided_at: row.decision && inZone(new Date(row.decision.at), timeZone),
    reason: row.decision?.reason ?? null,
    // What was decided on, word for word.
    approval_context: { request: row.title, data: (JSON.parse(row.action) as JsonObject)['arguments'] ?? null },
    inserted_at: inZone(row.inserted_at, timeZone),
  }));
};

const Cancel = z.object({ execution_plan_uuid: z.string().min(1), reason: z.string().max(1000).optional() });

/** What waits in an execution is withdrawn with it. */
const cancel = async (asked: Asked): Promise<Answer> => {
  const { execution_plan_uuid: uuid, reason } = readAs(Cancel, await asked.body());
  const id = await asked.read('cancelExecution', (scope) => idOf(scope, 'execution', uuid, 'Execution plan'));
  await asked.call('cancelExecution', { params: { id }, body: { reason } });
  return done({ message: 'Workflow cancelled' });
};

export const historyRoutes: readonly DialectRoute[] = [
  {
    method: 'GET',
    path: '/v1/api/get_approval_history_paginated',
    answer: (asked) =>
      asked.write('listApprovals', async (scope) => {
        const page = numberedPage(asked.query, PAGE);
        const timeZone = await timeZoneOf(scope);
        const { rows, total } = await pageOfDecided(scope, page);
        return list(await present(scope, rows, timeZone), total, page, timeZone);
      }),
  },
  { method: 'POST', path: '/v1/api/cancel_human_approval', answer: cancel },
];
