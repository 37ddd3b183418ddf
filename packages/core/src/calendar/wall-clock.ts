/** What clocks on walls show, in any time zone: between moments and wall time. */

const DAY_MS = 86_400_000;

/** Whether it is the IANA name of a zone that this machine knows. */
export const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

const formatters = new Map<string, Intl.DateTimeFormat>();

const formatter = (timeZone: string): Intl.DateTimeFormat => {
  let known = formatters.get(timeZone);
  if (!known) {
    known = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formatters.set(timeZone, known);
  }
  return known;
};

/** What a wall clock in the zone shows, as if it were UTC. */
export const wallMs = (timeZone: string, atMs: number): number => {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatter(timeZone).formatToParts(atMs)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((atMs % 1000) + 1000) % 1000);
};

/**
 * The moment at which the zone's clock shows this; one that a clock change skips moves on by the gap, one that it shows
 * twice is the first.
 */
export const momentOf = (timeZone: string, wall: number): number => {
  const before = wall - (wallMs(timeZone, wall - DAY_MS) - (wall - DAY_MS));
  const after = wall - (wallMs(timeZone, wall + DAY_MS) - (wall + DAY_MS));
  const fits = [before, after].filter((candidate) => wallMs(timeZone, candidate) === wall);
  return fits.length > 0 ? Math.min(...fits) : Math.max(before, after);
};
