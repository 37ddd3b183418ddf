/** Until when something can be put off, in words. Pure; the reader's own clock and calendar say what tomorrow is. */

export type SnoozeTime = { readonly label: string; readonly until: Date };

const MINUTE_MS = 60_000;
const MORNING_HOUR = 9;
/** So long before its end there is still time to decide. */
const SPARE_MINUTES = 5;

/** Nine o'clock, so many days from now. */
const morning = (now: Date, days: number): Date =>
  new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, MORNING_HOUR);

/** @param deadline after which there would be nothing to come back to */
export const whyNotUntil = (until: Date, now: Date, deadline: Date | null): string | null => {
  if (until <= now) return 'That is over already';
  return deadline !== null && until >= deadline ? 'Its time ends before that' : null;
};

/** Moments of the day and the week, as far as they come before its end; and, where that is near, shortly before it. */
export const snoozeTimes = (now: Date, deadline: Date | null): readonly SnoozeTime[] => {
  const toMonday = (8 - now.getDay()) % 7 || 7;
  const later = (minutes: number, from = now): Date => new Date(from.getTime() + minutes * MINUTE_MS);
  const times: readonly (readonly [string, Date])[] = [
    ['15 minutes', later(15)],
    ['1 hour', later(60)],
    ['4 hours', later(240)],
    ['Tomorrow morning', morning(now, 1)],
    ...(toMonday > 1 ? [['Monday morning', morning(now, toMonday)] as const] : []),
    ...(deadline === null
      ? []
      : [[`${SPARE_MINUTES} minutes before its end`, later(-SPARE_MINUTES, deadline)] as const]),
  ];
  return times
    .filter(([, until]) => whyNotUntil(until, now, deadline) === null)
    .map(([label, until]) => ({ label, until }))
    .toSorted((a, b) => a.until.getTime() - b.until.getTime());
};
