/** When a schedule runs, in words; and the form's own state of it. */
import type { WireSchedule } from '@countersign/contract';
import { zoneFault } from '../live/zones.ts';

type Timing = WireSchedule['timing'];

const UNITS = [
  { word: 'day', seconds: 86_400 },
  { word: 'hour', seconds: 3600 },
  { word: 'minute', seconds: 60 },
  { word: 'second', seconds: 1 },
] as const;
export type Unit = (typeof UNITS)[number]['word'];
export const UNIT_WORDS: readonly Unit[] = UNITS.map(({ word }) => word);

/** The largest unit that says it in a whole number. */
const splitSeconds = (seconds: number): { readonly count: number; readonly unit: Unit } => {
  const unit = UNITS.find((candidate) => seconds % candidate.seconds === 0) ?? UNITS[3];
  return { count: seconds / unit.seconds, unit: unit.word };
};

const joinSeconds = (count: number, unit: Unit): number =>
  count * (UNITS.find(({ word }) => word === unit)?.seconds ?? 1);

export const intervalWords = (seconds: number): string => {
  const { count, unit } = splitSeconds(seconds);
  return count === 1 ? `every ${unit}` : `every ${count} ${unit}s`;
};

type Sun = Extract<Timing, { type: 'sun' }>;

/** `30 minutes before sunset at 52.52, 13.41`. */
export const sunWords = ({ event, latitude, longitude, offset_seconds: offset }: Sun): string => {
  const { count, unit } = splitSeconds(Math.abs(offset));
  const apart = `${count} ${unit}${count === 1 ? '' : 's'} ${offset < 0 ? 'before' : 'after'} `;
  return `${offset === 0 ? 'at ' : apart}${event.replaceAll('_', ' ')} at ${latitude}, ${longitude}`;
};

export const timingWords = (timing: Timing, formatMoment: (iso: string) => string): string => {
  switch (timing.type) {
    case 'cron':
      return `${timing.cron} (${timing.time_zone})`;
    case 'interval':
      return intervalWords(timing.every_seconds);
    case 'once':
      return `once, ${formatMoment(timing.at)}`;
    case 'sun':
      return sunWords(timing);
  }
};

/** What the fields hold, all three kinds at once, so that going from one to another and back loses nothing. */
export type TimingDraft = {
  readonly type: Timing['type'];
  readonly cron: string;
  readonly timeZone: string;
  readonly count: string;
  readonly unit: Unit;
  /** As an `<input type="datetime-local">` gives it: in the reader's own time zone. */
  readonly at: string;
  /** By the sun: as it was made over the API, for there are no fields for it. */
  readonly sun: Sun | null;
};

export const newDraft = (timeZone: string): TimingDraft => ({
  type: 'cron',
  cron: '0 9 * * 1-5',
  timeZone,
  count: '1',
  unit: 'hour',
  at: '',
  sun: null,
});

const pad = (value: number): string => String(value).padStart(2, '0');
const localText = (iso: string): string => {
  const date = new Date(iso);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
};

export const draftOf = (timing: Timing, timeZone: string): TimingDraft => {
  const draft = { ...newDraft(timeZone), type: timing.type };
  switch (timing.type) {
    case 'cron':
      return { ...draft, cron: timing.cron, timeZone: timing.time_zone };
    case 'interval': {
      const { count, unit } = splitSeconds(timing.every_seconds);
      return { ...draft, count: String(count), unit };
    }
    case 'once':
      return { ...draft, at: localText(timing.at) };
    case 'sun':
      return { ...draft, sun: timing };
  }
};

type TimingInput =
  | Extract<Timing, { type: 'cron' }>
  | { readonly type: 'interval'; readonly every_seconds: number }
  | Extract<Timing, { type: 'once' }>
  | Sun;

/** What is sent, or why it can't be yet. */
export const timingFrom = (draft: TimingDraft): TimingInput | string => {
  switch (draft.type) {
    case 'cron':
      return draft.cron.trim() === ''
        ? 'Say when'
        : zoneFault(draft.timeZone) !== undefined
          ? 'Choose a time zone'
          : { type: 'cron', cron: draft.cron.trim(), time_zone: draft.timeZone };
    case 'interval': {
      const count = Number(draft.count);
      return Number.isInteger(count) && count >= 1
        ? { type: 'interval', every_seconds: joinSeconds(count, draft.unit) }
        : 'Say how often, as a whole number';
    }
    case 'sun':
      return draft.sun ?? 'Say when';
    case 'once': {
      const ms = Date.parse(draft.at);
      return Number.isNaN(ms) ? 'Say at which moment' : { type: 'once', at: new Date(ms).toISOString() };
    }
  }
};
