/** Putting a request off in one's own queue. The approval itself does not change: no deadline, no reminder, nobody else's queue. */
import { appendEvent, endSnooze, getApproval, putSnooze, readClock } from '@countersign/store';
import { holdApprovalToLimits } from '../auth/limits.ts';
import { actorOf, personOf } from '../auth/principal.ts';
import type { Handlers } from '../http/context.ts';
import { fromRefusal, invalid, notFound } from '../http/problem.ts';
import { mustRead } from './read-approval.ts';

const SNOOZE_DAYS_MAX = 30;
const DAY_MS = 86_400_000;

export const snoozeHandlers = {
  snoozeApproval: async ({ engine, params, principal, body }, scope) => {
    await holdApprovalToLimits(scope, principal, params.id);
    const row = await getApproval(scope, params.id);
    if (!row) throw notFound('approval');
    if (row.decision) throw fromRefusal({ type: 'already_decided', decision: row.decision });
    const until = new Date(body.until);
    const now = await readClock(scope);
    const refuse = (detail: string) => invalid([{ pointer: '/until', detail }]);
    if (until <= now) throw refuse('is not in the future');
    if (until.getTime() > now.getTime() + SNOOZE_DAYS_MAX * DAY_MS)
      throw refuse(`is more than ${SNOOZE_DAYS_MAX} days away`);
    // What comes back after its end would never have been seen.
    if (row.expires_at && until >= row.expires_at) throw refuse('is not before its deadline');
    await putSnooze(scope, personOf(principal), row.id, until);
    await appendEvent(scope, {
      type: 'approval.snoozed',
      subject: row.id,
      actor: actorOf(principal),
      data: { until: until.toISOString() },
    });
    scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [row.id]));
    return mustRead(scope, row.id, principal);
  },
  unsnoozeApproval: async ({ engine, params, principal }, scope) => {
    const row = await getApproval(scope, params.id);
    if (!row) throw notFound('approval');
    if ((await endSnooze(scope, personOf(principal), row.id)) > 0) {
      await appendEvent(scope, { type: 'approval.unsnoozed', subject: row.id, actor: actorOf(principal) });
      scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [row.id]));
    }
    return mustRead(scope, row.id, principal);
  },
} satisfies Partial<Handlers>;
