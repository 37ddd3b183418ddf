/** Times in words. Milliseconds in, text out; nothing here reads a clock. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const pad = (value: number): string => String(value).padStart(2, '0');

/** Time left: `11:41`, `2h 05m`, `3d 4h`; `0:00` once it is over. */
export const formatCountdown = (ms: number): string => {
  const left = Math.max(0, Math.ceil(ms / SECOND)) * SECOND;
  if (left >= DAY) return `${Math.floor(left / DAY)}d ${Math.floor((left % DAY) / HOUR)}h`;
  if (left >= HOUR) return `${Math.floor(left / HOUR)}h ${pad(Math.floor((left % HOUR) / MINUTE))}m`;
  return `${Math.floor(left / MINUTE)}:${pad((left % MINUTE) / SECOND)}`;
};

/** Time taken: `340 ms`, `4.2 s`, `4m 12s`, `2h 14m`, `3d 4h`. */
export const formatDuration = (ms: number): string => {
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  const whole = Math.round(ms / SECOND) * SECOND;
  if (whole < MINUTE) return `${whole / SECOND} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}m ${pad((whole % MINUTE) / SECOND)}s`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)}h ${pad(Math.floor((whole % HOUR) / MINUTE))}m`;
  return `${Math.floor(whole / DAY)}d ${Math.floor((whole % DAY) / HOUR)}h`;
};

/** Age: `now`, `12s`, `53m`, `5h`, `3d`. */
export const formatAge = (ms: number): string => {
  if (ms < 5 * SECOND) return 'now';
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)}s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h`;
  return `${Math.floor(ms / DAY)}d`;
};

const timeOnly = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayAndTime = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const full = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});

/** The exact moment with its zone. */
export const formatExact = (iso: string): string => full.format(Date.parse(iso));

/** A moment for reading: the time alone on the same day, else with its day. */
export const formatMoment = (iso: string, nowMs: number): string => {
  const at = new Date(iso);
  return at.toDateString() === new Date(nowMs).toDateString() ? timeOnly.format(at) : dayAndTime.format(at);
};

/** Relative under 24 hours (`12m ago`), absolute beyond. */
export const formatAgo = (iso: string, nowMs: number): string => {
  const age = nowMs - Date.parse(iso);
  if (age >= DAY) return dayAndTime.format(Date.parse(iso));
  return age < 5 * SECOND ? 'just now' : `${formatAge(age)} ago`;
};

export type Urgency = 'calm' | 'soon' | 'now';

/** Amber under 20 minutes, red under 5. */
export const urgencyOf = (msLeft: number): Urgency =>
  msLeft < 5 * MINUTE ? 'now' : msLeft < 20 * MINUTE ? 'soon' : 'calm';
