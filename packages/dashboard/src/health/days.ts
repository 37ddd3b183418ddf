/** Days and hours as the server counts them: in the workspace's time zone. */
const DAY_MS = 86_400_000;

/** The last `count` days up to the one of `nowMs` there, as `YYYY-MM-DD`, oldest first. */
export const daysUntil = (nowMs: number, count: number, timeZone: string): readonly string[] => {
  // Swedish writes dates as ISO 8601 does.
  const today = Date.parse(new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(nowMs));
  return Array.from({ length: count }, (_, index) =>
    new Date(today - (count - 1 - index) * DAY_MS).toISOString().slice(0, 10),
  );
};

const dayWords = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
export const dayWord = (day: string): string => dayWords.format(Date.parse(`${day}T00:00:00Z`));

/** `UTC`, or the name of the zone with its distance from UTC now: `Europe/Berlin (GMT+1)`. */
export const zoneWord = (timeZone: string, nowMs: number): string => {
  if (timeZone === 'UTC') return timeZone;
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'shortOffset' }).formatToParts(nowMs);
  return `${timeZone} (${parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''})`;
};

export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));

/** `Monday, 09:00 to 10:00`. */
export const hourWord = (key: string): string => {
  const [day = '', hour = '00'] = key.split('-');
  const next = String((Number(hour) + 1) % 24).padStart(2, '0');
  return `${day.slice(0, 1).toUpperCase()}${day.slice(1)}, ${hour}:00 to ${next}:00`;
};
