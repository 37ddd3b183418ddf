/**
 * A transaction that begins with its first statement. Rows that nobody waits for are kept until then; where none comes,
 * whoever drafts them writes them, with whatever they go by, in one statement and one trip to the database.
 */
import type pg from 'pg';
import { type Database, type Scope, handOver, takeGathered, transaction } from './database.ts';

export type Draft<T, W> = {
  /** The first statement, if one comes: makes sure that what the work goes by is so. @throws where it is not */
  readonly hold: (scope: Scope) => Promise<void>;
  readonly work: (scope: Scope) => Promise<T>;
  /** Writes the rows, by the names of their statements, where no statement came. */
  readonly write: (scope: Scope, rows: ReadonlyMap<string, string>) => Promise<W>;
};

/** @returns also what `write` came to, if it was needed */
export const draft = async <T, W>(
  database: Database,
  workspaceId: string,
  { hold, work, write }: Draft<T, W>,
): Promise<{ readonly value: T; readonly written?: W }> => {
  const actions: (() => void)[] = [];
  const sent: Promise<unknown>[] = [];
  let real: Scope | undefined;
  let begun: { readonly scope: Promise<Scope>; readonly ended: Promise<unknown> } | undefined;

  const begin = () => {
    const { promise, resolve, reject } = Promise.withResolvers<Scope>();
    const ended = transaction(database, workspaceId, async (scope) => {
      await hold(scope);
      real = scope;
      handOver(client, scope.client);
      for (const action of actions) scope.afterCommit(action);
      for (const answer of sent) scope.later(answer);
      resolve(scope);
      return value;
    });
    ended.catch(reject);
    return { scope: promise, ended };
  };
  const client = {
    query: (query: pg.QueryConfig) =>
      real ? real.client.query(query) : (begun ??= begin()).scope.then((scope) => scope.client.query(query)),
  } as unknown as pg.PoolClient;
  const scope: Scope = {
    workspaceId,
    get client() {
      return real?.client ?? client;
    },
    afterCommit: (action) => (real ? real.afterCommit(action) : void actions.push(action)),
    later: (answer) => {
      if (real) return real.later(answer);
      answer.catch(() => undefined); // the transaction looks at it
      sent.push(answer);
    },
  };

  // Not before `begin` may be called, and in the same turn.
  const value: Promise<T> = Promise.resolve().then(() => work(scope));
  const first = await value.catch(async (error: unknown) => {
    await begun?.ended.catch(() => undefined);
    throw error;
  });
  if (begun) {
    await begun.ended;
    return { value: first };
  }
  const { written } = await transaction(database, workspaceId, (writing) => {
    for (const action of actions) writing.afterCommit(action);
    const answer = write(writing, takeGathered(client));
    writing.later(answer);
    return Promise.resolve({ written: answer });
  });
  return { value: first, written: await written };
};
