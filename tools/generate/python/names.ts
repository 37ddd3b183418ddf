/** How operations are called in the Python client: a resource by the path, a method by the operation's name without the resource's. */
import type { Route } from '@countersign/contract';

/** Paths that belong to another resource than the one their first word names. */
const RESOURCES: Readonly<Record<string, string>> = {
  sessions: 'session',
  'sign-in': 'session',
  'signing-key-options': 'signing_keys',
};

/** Where the rule below would give a worse name than one a person chooses. */
const METHODS: Readonly<Record<string, string>> = {
  countApprovals: 'summary',
  getApprovalStats: 'stats',
  getApprovalHealth: 'health',
  listAlike: 'alike',
  waitForApproval: 'wait',
  getTimeline: 'timeline',
  listNotified: 'notified',
  noteSeen: 'seen',
  getReceipt: 'receipt',
  listSessions: 'list',
  endSession: 'end',
  getSession: 'get',
  listKeys: 'list',
  createKey: 'create',
  rotateKey: 'rotate',
  revokeKey: 'revoke',
  listIncomingWebhooks: 'list',
  createIncomingWebhook: 'create',
  getIncomingWebhook: 'get',
  updateIncomingWebhook: 'update',
  rotateIncomingWebhook: 'rotate',
  deleteIncomingWebhook: 'delete',
  listIncomingDeliveries: 'list_deliveries',
  previewTiming: 'preview',
};

const KEYWORDS = new Set([
  'from',
  'import',
  'class',
  'def',
  'pass',
  'in',
  'is',
  'not',
  'with',
  'as',
  'global',
  'lambda',
]);

const words = (name: string): string[] => name.split(/(?=[A-Z])|[-_ ]/).map((word) => word.toLowerCase());

export const snake = (name: string): string => words(name).join('_');

export const pascal = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');

export const identifier = (name: string): string => (KEYWORDS.has(name) ? `${name}_` : name);

/** Whether a name can be written as the member of a class. */
export const isIdentifier = (name: string): boolean => /^[A-Za-z][A-Za-z0-9_]*$/.test(name) && !KEYWORDS.has(name);

/** A Python literal: JSON's texts are Python's. */
export const literal = (value: unknown): string => {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return JSON.stringify(value);
};

export const resourceOf = ({ path }: Pick<Route, 'path'>): string => {
  const [, , first = ''] = path.split('/');
  return RESOURCES[first] ?? first.replaceAll('-', '_');
};

const singular = (resource: string): string[] => {
  const parts = resource.split('_');
  const last = parts.pop() ?? '';
  return [...parts, last.replace(/ies$/, 'y').replace(/s$/, '')];
};

export const methodOf = (operation: string, resource: string): string => {
  const chosen = METHODS[operation];
  if (chosen) return chosen;
  const parts = words(operation);
  const nouns = [singular(resource), resource.split('_')];
  for (const noun of nouns.toSorted((a, b) => b.length - a.length)) {
    const at = parts.findIndex((_, index) => index > 0 && noun.every((word, more) => parts[index + more] === word));
    if (at > 0) return [...parts.slice(0, at), ...parts.slice(at + noun.length)].join('_');
  }
  return parts.join('_');
};
