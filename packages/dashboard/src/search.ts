/** The state that lives in the address. Every reader drops what it does not know, so that an old link never breaks. */
import type { WireApproval, WireExecution } from '@countersign/contract';

const LANES = ['yours', 'critical', 'alike', 'others', 'snoozed', 'all'] as const;
export type Lane = (typeof LANES)[number];

export const TABS = ['review', 'run', 'json'] as const;
export type Tab = (typeof TABS)[number];

type Priority = WireApproval['priority'];
export const PRIORITIES = ['critical', 'high', 'medium', 'low'] as const satisfies readonly Priority[];

export const OUTCOMES = [
  'approved',
  'rejected',
  'expired',
  'cancelled',
] as const satisfies readonly WireApproval['status'][];

export const RUN_STATUSES = [
  'active',
  'queued',
  'running',
  'awaiting_approval',
  'waiting',
  'completed',
  'failed',
  'rejected',
  'cancelled',
  'expired',
] as const satisfies readonly (WireExecution['status'] | 'active')[];

export const SORTS = ['urgency', 'priority', 'time_left', 'newest', 'oldest'] as const;
export type Sort = (typeof SORTS)[number];

export type InboxSearch = {
  lane?: Lane;
  q?: string;
  agent?: string;
  tool?: string;
  checkpoint?: string;
  priority?: Priority;
  /** Seconds until the deadline. */
  due?: number;
  sort?: Sort;
  /** The saved view that this began as. */
  view?: string;
  tab?: Tab;
};
export type HistorySearch = {
  q?: string;
  agent?: string;
  tool?: string;
  priority?: Priority;
  status?: (typeof OUTCOMES)[number];
  /** Only what was edited before it was decided. */
  edited?: true;
  tab?: Tab;
};
export type RunsSearch = { status?: (typeof RUN_STATUSES)[number]; agent?: string; workflow?: string };
/** `open`: what stands beside each other, as `studio/columns.ts` writes it. */
export type StudioSearch = { open?: string; q?: string };
export type SignInSearch = { return?: string };
export type CompareSearch = { compare?: number };

type Raw = Readonly<Record<string, unknown>>;

const oneOf = <T extends string>(raw: Raw, name: string, values: readonly T[]): { [K in string]?: T } => {
  const value = values.find((candidate) => candidate === raw[name]);
  return value === undefined ? {} : { [name]: value };
};

/** A search parameter that looks like a number arrives as one. */
const text = (raw: Raw, name: string): { [K in string]?: string } => {
  const value = raw[name];
  if (typeof value === 'number' || typeof value === 'boolean') return { [name]: String(value) };
  return typeof value === 'string' && value !== '' ? { [name]: value } : {};
};

const shared = (raw: Raw) => ({
  ...text(raw, 'q'),
  ...text(raw, 'agent'),
  ...text(raw, 'tool'),
  ...oneOf(raw, 'priority', PRIORITIES),
  ...oneOf(raw, 'tab', TABS),
});

const seconds = (raw: Raw, name: string): { [K in string]?: number } => {
  const value = Number(raw[name]);
  return Number.isInteger(value) && value > 0 ? { [name]: value } : {};
};

export const readInbox = (raw: Raw): InboxSearch => ({
  ...oneOf(raw, 'lane', LANES),
  ...oneOf(raw, 'sort', SORTS),
  ...text(raw, 'checkpoint'),
  ...text(raw, 'view'),
  ...seconds(raw, 'due'),
  ...shared(raw),
});
export const readHistory = (raw: Raw): HistorySearch => ({
  ...oneOf(raw, 'status', OUTCOMES),
  ...(String(raw['edited']) === 'true' ? { edited: true as const } : {}),
  ...shared(raw),
});
export const readRuns = (raw: Raw): RunsSearch => ({
  ...oneOf(raw, 'status', RUN_STATUSES),
  ...text(raw, 'agent'),
  ...text(raw, 'workflow'),
});

export const readStudio = (raw: Raw): StudioSearch => ({ ...text(raw, 'open'), ...text(raw, 'q') });

export const readCompare = (raw: Raw): CompareSearch => {
  const value = Number(raw['compare']);
  return Number.isInteger(value) && value > 0 ? { compare: value } : {};
};

/** Only a path of this site: an address elsewhere would make the sign-in page send people away (open redirect). */
export const readSignIn = (raw: Raw): SignInSearch => {
  const value = raw['return'];
  return typeof value === 'string' && /^\/(?![/\\])/.test(value) && !value.startsWith('/sign-in')
    ? { return: value }
    : {};
};
