/** Makes recorded transactions repeatable: whatever is new in each cycle gets a new value in each repetition. */
import { randomUUID } from 'node:crypto';
import type { IdKind } from '@countersign/core';
import { newId } from '@countersign/store';
import type { RecordedTransaction } from './record.ts';

/** Found by polling, kept for a second, or sent for many cycles together: left out, which makes the limit higher. */
const NOT_OF_THE_CYCLE = new Set([
  'job_claim',
  'job_next',
  'job_renew',
  'job_release_for',
  'audit_try_lock',
  'api_key_by_hash',
  'select pg_notify($1, $2)',
]);

export const isOfTheCycle = ({ statements }: RecordedTransaction): boolean =>
  !statements.some(({ name, text }) => NOT_OF_THE_CYCLE.has(name ?? text));

const OWN =
  /\b(?:apr|evt|exe|stp)_[0-9A-Za-z]{27}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const KINDS: Readonly<Record<string, IdKind>> = { apr: 'approval', evt: 'event', exe: 'execution', stp: 'step' };

const fresh = (token: string): string => {
  const kind = KINDS[token.slice(0, 3)];
  return kind !== undefined && token[3] === '_' ? newId(kind) : randomUUID();
};

export type ReplayStatement = {
  readonly name: string | undefined;
  readonly text: string;
  readonly rows: number | null;
  readonly values: (tokens: readonly string[]) => unknown[];
};

export type Replay = {
  readonly transactions: readonly {
    readonly role: RecordedTransaction['role'];
    readonly statements: readonly ReplayStatement[];
  }[];
  /** New values for one repetition. */
  readonly tokens: () => string[];
};

export const prepareReplay = (recorded: readonly RecordedTransaction[]): Replay => {
  const known: string[] = [];
  const indexOf = (token: string): number => {
    const index = known.indexOf(token);
    return index === -1 ? known.push(token) - 1 : index;
  };

  const text = (value: string): ((tokens: readonly string[]) => string) | undefined => {
    const own = [...value.matchAll(OWN)].map(([token]) => indexOf(token));
    const between = value.split(OWN);
    if (own.length === 0) return undefined;
    return (tokens) => between.reduce((result, piece, index) => result + (tokens[own[index - 1] ?? 0] ?? '') + piece);
  };

  const one = (value: unknown): ((tokens: readonly string[]) => unknown) => {
    const constant = (): unknown => value;
    if (typeof value === 'string') return text(value) ?? constant;
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date)
      return constant;
    if (Array.isArray(value)) {
      const items = value.map(one);
      return (tokens) => items.map((item) => item(tokens));
    }
    // pg would make JSON of it too; here only where something in it is new.
    return text(JSON.stringify(value)) ?? constant;
  };

  const transactions = recorded.filter(isOfTheCycle).map(({ role, statements }) => ({
    role,
    statements: statements.map(({ name, text: sql, values, rows }) => {
      const makers = values.map(one);
      return { name, text: sql, rows, values: (tokens: readonly string[]) => makers.map((make) => make(tokens)) };
    }),
  }));
  return { transactions, tokens: () => known.map(fresh) };
};
