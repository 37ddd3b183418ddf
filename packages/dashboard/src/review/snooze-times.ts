/** Until when something can be put off, in words. Pure; the reader's own clock and calendar say what tomorrow is. */

export type SnoozeTime = { readonly label: string; readonly until: Date; readonly why: string | null };

const MINUTE_MS = 60_000;
const MORNING_HOUR = 9;

/** Nine o'clock, so many days from now. */
const morning = (now: Date, days: number): Date =>
  new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, MORNING_HOUR);

/** @param deadline after which there would be nothing to come back to */
export const whyNotUntil = (until: Date, now: Date, deadline: Date | null): string | null => {
  if (until <= now) return 'That is over already';
  return deadline !== null && until >= deadline ? 'Its time ends before that' : null;
};

export const snoozeTimes = (now: Date, deadline: Date | null): readonly SnoozeTime[] => {
  const toMonday = (8 - now.getDay()) % 7 || 7;
  const times: readonly (readonly [string, Date])[] = [
    ['15 minutes', new Date(now.getTime() + 15 * MINUTE_MS)],
    ['1 hour', new Date(now.getTime() + 60 * MINUTE_MS)],
    ['4 hours', new Date(now.getTime() + 240 * MINUTE_MS)],
    ['Tomorrow morning', morning(now, 1)],
    ...(toMonday > 1 ? [['Monday morning', morning(now, toMonday)] as const] : []),
  ];
  return times.map(([label, until]) => ({ label, until, why: whyNotUntil(until, now, deadline) }));
};
