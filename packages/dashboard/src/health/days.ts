/** Days as the server counts them: in UTC, as `YYYY-MM-DD`. */
const DAY_MS = 86_400_000;

/** The last `count` days up to the one of `nowMs`, oldest first. */
export const daysUntil = (nowMs: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) =>
    new Date(nowMs - (count - 1 - index) * DAY_MS).toISOString().slice(0, 10),
  );

const dayWords = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
export const dayWord = (day: string): string => dayWords.format(Date.parse(`${day}T00:00:00Z`));
