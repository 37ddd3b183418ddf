/** Connections, transactions and statements. The only way to a row is a Scope, which names its workspace. */
import pg from 'pg';

/** Instants come back as Date, bigints as number (all of ours stay below 2^53). */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export type DatabaseRole = 'countersign_api' | 'countersign_worker';

export type Database = {
  readonly pool: pg.Pool;
  readonly close: () => Promise<void>;
};

/** A transaction bound to one workspace: row-level security shows nothing else in it. */
export type Scope = {
  readonly workspaceId: string;
  readonly client: pg.PoolClient;
  /** Runs after the commit, and not at all after a rollback. Never throws into the caller. */
  readonly afterCommit: (action: () => void) => void;
};

const SETTINGS = [
  // A session that forgets its transaction would hold back the event feed of everyone.
  'idle_in_transaction_session_timeout=30000',
  'statement_timeout=15000',
  'lock_timeout=5000',
  'search_path=public',
];

export const openDatabase = (url: string, role: DatabaseRole, connectionsMax: number): Database => {
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    options: [`role=${role}`, ...SETTINGS].map((setting) => `-c ${setting}`).join(' '),
    application_name: `countersign ${role}`,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
  });
  // A broken idle connection is replaced at its next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  // The pool listens to idle connections only: one that breaks in use fails its query, and must not end the process too.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return { pool, close: () => pool.end() };
};

/** A prepared statement with typed rows. Its name must be unique: PostgreSQL caches the plan under it. */
export const statement = <Row extends object>(name: string, text: string) => {
  const config = { name, text };
  return {
    all: async (scope: Pick<Scope, 'client'>, ...values: unknown[]): Promise<Row[]> =>
      (await scope.client.query<Row & pg.QueryResultRow>({ ...config, values })).rows,
    one: async (scope: Pick<Scope, 'client'>, ...values: unknown[]): Promise<Row | undefined> =>
      (await scope.client.query<Row & pg.QueryResultRow>({ ...config, values })).rows[0],
    run: async (scope: Pick<Scope, 'client'>, ...values: unknown[]): Promise<number> =>
      (await scope.client.query({ ...config, values })).rowCount ?? 0,
  };
};

const WORKSPACE_ID = /^wsp_[0-9A-Za-z]{27}$/;

const begin = (workspaceId: string, mode: 'read only' | 'read write'): string => {
  // The id goes into the text of a two-statement query (one round trip), so its form is checked first.
  if (!WORKSPACE_ID.test(workspaceId)) throw new Error('not a workspace id');
  return `begin ${mode}; select set_config('app.workspace', '${workspaceId}', true)`;
};

const run = async <T>(
  database: Database,
  workspaceId: string,
  mode: 'read only' | 'read write',
  work: (scope: Scope) => Promise<T>,
): Promise<T> => {
  const client = await database.pool.connect();
  const actions: (() => void)[] = [];
  let broken: Error | undefined;
  try {
    await client.query(begin(workspaceId, mode));
    const result = await work({ workspaceId, client, afterCommit: (action) => void actions.push(action) });
    await client.query('commit');
    for (const action of actions) action();
    return result;
  } catch (error) {
    await client.query('rollback').catch((cause: Error) => {
      broken = cause;
    });
    throw error;
  } finally {
    client.release(broken);
  }
};

/** One transaction: everything `work` did is committed, or nothing. Throws what `work` throws. */
export const transaction = <T>(database: Database, workspaceId: string, work: (scope: Scope) => Promise<T>): Promise<T> =>
  run(database, workspaceId, 'read write', work);

/** A transaction that can not write: what GET routes run in (trust.md, T41). */
export const reading = <T>(database: Database, workspaceId: string, work: (scope: Scope) => Promise<T>): Promise<T> =>
  run(database, workspaceId, 'read only', work);

/** For the few tables that belong to no workspace (keys and sessions by hash, jobs). */
export const unscoped = async <T>(database: Database, work: (scope: Pick<Scope, 'client'>) => Promise<T>): Promise<T> => {
  const client = await database.pool.connect();
  try {
    return await work({ client });
  } finally {
    client.release();
  }
};

/** PostgreSQL's error code (SQLSTATE), if the error came from it. */
export const sqlState = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;

/** Whether the database could not be reached or is going down: try again later. */
export const isConnectionFailure = (error: unknown): boolean => {
  const state = sqlState(error);
  if (state) return state.startsWith('08') || state.startsWith('57P') || state === '53300';
  return (
    error instanceof Error &&
    /ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
      `${(error as NodeJS.ErrnoException).code ?? ''} ${error.message}`,
    )
  );
};
