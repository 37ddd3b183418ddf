/** Deadlines: plain time, or working time where the approval has a calendar. */
import { addWorkingTime } from '@countersign/core';
import { type Scope, getCalendar } from '@countersign/store';
import type { HoldPlan } from '../policies/hold-plan.ts';

/** The moment at which this much time has passed. A calendar that is gone, or has no working time, counts plainly. */
export const deadlineAfter = async (
  scope: Scope,
  calendarName: string | null,
  from: Date,
  seconds: number,
): Promise<Date> => {
  const plain = new Date(from.getTime() + seconds * 1000);
  const calendar = calendarName === null ? undefined : await getCalendar(scope, calendarName);
  if (!calendar) return plain;
  const end = addWorkingTime(calendar, from.getTime(), seconds * 1000);
  return end === null ? plain : new Date(end);
};

/** The moments of the reminders, in order. */
export const remindersBefore = async (scope: Scope, plan: HoldPlan, from: Date): Promise<Date[]> => {
  const { seconds } = plan.timeout;
  if (seconds === null) return [];
  const moments: Date[] = [];
  for (const fraction of plan.remindAfter.toSorted((a, b) => a - b))
    moments.push(await deadlineAfter(scope, plan.calendar, from, seconds * fraction));
  return moments;
};
