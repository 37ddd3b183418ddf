/** Deadlines: plain time, or working time where the approval has a calendar. */
import { type TimeoutPlan, addWorkingTime } from '@countersign/core';
import { type Scope, getCalendar } from '@countersign/store';

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

/** The moments of the reminders in a time that runs from here, in order; null: it has no end. */
export const remindersIn = async (
  scope: Scope,
  calendarName: string | null,
  { reminders }: TimeoutPlan,
  from: Date,
  seconds: number | null,
): Promise<Date[]> => {
  if (!reminders) return [];
  const end = seconds ?? Infinity;
  const after = [
    ...reminders.afterSeconds,
    ...(seconds === null ? [] : reminders.fractions.map((fraction) => seconds * fraction)),
    ...(seconds === null ? [] : reminders.beforeSeconds.map((before) => seconds - before)),
  ].filter((moment) => moment > 0 && moment < end);
  const moments: Date[] = [];
  for (const moment of [...new Set(after)].toSorted((a, b) => a - b))
    moments.push(await deadlineAfter(scope, calendarName, from, moment));
  return moments;
};
