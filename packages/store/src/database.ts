/** Connections, transactions and statements. The only way to a row is a Scope, which names its workspace. */
import type { Writable } from 'node:stream';
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
  /** Takes a statement that nobody waits for: the transaction does before it ends, and fails with it. */
  readonly later: (answer: Promise<unknown>) => void;
};

/** A transaction that is in no workspace. */
export type Unplaced = Omit<Scope, 'workspaceId'>;

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
    // Statements go out before the answers to those before them are in: fewer round trips while locks are held.
    pipeline: true,
  });
  // A broken idle connection is replaced at its next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  // The pool listens to idle connections only: one that breaks in use fails its query, and must not end the process too.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return { pool, close: () => pool.end() };
};

/** What is sent before the program next waits for something goes out in one write. */
const gather = (client: pg.PoolClient): pg.PoolClient => {
  // A draft has no connection yet.
  const stream = (client as unknown as { connection?: { stream: Writable } }).connection?.stream;
  if (stream?.writableCorked === 0) {
    stream.cork();
    process.nextTick(() => stream.uncork());
  }
  return client;
};

/** As pg would write it, but now: a value that can't be written must throw before anything else is sent. */
const written = (value: unknown): unknown =>
  typeof value !== 'object' ||
  value === null ||
  Array.isArray(value) ||
  value instanceof Date ||
  value instanceof Uint8Array
    ? value
    : JSON.stringify(value);

type Gathered = {
  readonly name: string;
  readonly text: string;
  readonly workspaceId: string;
  readonly later: Scope['later'];
  /** As JSON. */
  readonly rows: string[];
};

/** Rows that were sent and wait for the connection's next statement, or the commit, to go out before it. */
const waiting = new WeakMap<object, Map<string, Gathered>>();

/** Takes out what was gathered, by the names of its statements, each as a JSON array. */
export const takeGathered = (client: object): ReadonlyMap<string, string> => {
  const all = [...(waiting.get(client)?.values() ?? [])];
  waiting.delete(client);
  return new Map(all.map(({ name, rows }) => [name, `[${rows.join(',')}]`]));
};

/** What was gathered for one goes out with the statements of another. */
export const handOver = (from: object, to: object): void => {
  const all = waiting.get(from);
  waiting.delete(from);
  if (all) waiting.set(to, all);
};

const sendGathered = (client: pg.PoolClient): void => {
  const all = waiting.get(client);
  if (!all) return;
  waiting.delete(client);
  for (const { name, text, workspaceId, later, rows } of all.values())
    later(gather(client).query({ name, text, values: [workspaceId, `[${rows.join(',')}]`] }));
};

/**
 * A prepared statement that writes rows of a workspace: $1 is the workspace, $2 the rows as a JSON array. Rows that are
 * sent one after the other go out as one statement, before the next statement of another kind. Nobody waits for it.
 */
export const statementOfRows = <Row extends object>(name: string, text: string) => ({
  send: ({ client, workspaceId, later }: Scope, ...rows: readonly Row[]): void => {
    const all = waiting.get(client) ?? new Map<string, Gathered>();
    waiting.set(client, all);
    const gathered = all.get(name) ?? { name, text, workspaceId, later, rows: [] };
    all.set(name, gathered);
    for (const row of rows) gathered.rows.push(JSON.stringify(row));
  },
});

/** A prepared statement with typed rows. Its name must be unique: PostgreSQL caches the plan under it. */
export const statement = <Row extends object>(name: string, text: string) => {
  const query = (scope: Pick<Scope, 'client'>, values: unknown[]): Promise<pg.QueryResult<Row & pg.QueryResultRow>> => {
    const parameters = values.map(written);
    sendGathered(scope.client);
    return gather(scope.client).query<Row & pg.QueryResultRow>({ name, text, values: parameters });
  };
  return {
    all: async (scope: Pick<Scope, 'client'>, ...values: unknown[]): Promise<Row[]> =>
      (await query(scope, values)).rows,
    one: async (scope: Pick<Scope, 'client'>, ...values: unknown[]): Promise<Row | undefined> =>
      (await query(scope, values)).rows[0],
    run: async (scope: Pick<Scope, 'client'>, ...values: unknown[]): Promise<number> =>
      (await query(scope, values)).rowCount ?? 0,
    /** Sends it without waiting for its answer. Only for what can fail in no way that a caller could cause. */
    send: (scope: Pick<Scope, 'client' | 'later'>, ...values: unknown[]): void => scope.later(query(scope, values)),
  };
};

type Mode = 'read only' | 'read write';

/** What a transaction may see of the workspaces' tables: a workspace, what a credential's hash names, a person's memberships, one approval, one channel. */
const VIEWS = {
  workspace: { form: /^wsp_[0-9A-Za-z]{27}$/, fault: 'not a workspace id' },
  credential: { form: /^[0-9a-f]{64}$/, fault: 'not a SHA-256' },
  chat: { form: /^cnv_[0-9A-Za-z]{27}$/, fault: 'not a conversation’s id' },
  person: { form: /^usr_[0-9A-Za-z]{27}$/, fault: 'not a person’s id' },
  channel: { form: /^(chn|vln)_[0-9A-Za-z]{27}$/, fault: 'not a channel’s id, or a voice line’s' },
} as const;
type View = readonly [kind: keyof typeof VIEWS, value: string];

const begin = (view: View | null, mode: Mode): string => {
  if (view === null) return `begin ${mode}`;
  const [kind, value] = view;
  // The value goes into the text of a two-statement query (one round trip), so its form is checked first.
  if (!VIEWS[kind].form.test(value)) throw new Error(VIEWS[kind].fault);
  return `begin ${mode}; select set_config('app.${kind}', '${value}', true)`;
};

const ignoreFailure = (): void => undefined;

/** In a transaction that has failed every statement says only that: what counts is the failure of the first. */
const causeOf = async (error: unknown, sent: readonly Promise<unknown>[]): Promise<unknown> => {
  if (sqlState(error) !== '25P02') return error;
  const first = (await Promise.allSettled(sent)).find(({ status }) => status === 'rejected');
  return first?.status === 'rejected' ? first.reason : error;
};

const run = async <T>(
  database: Database,
  view: View | null,
  mode: Mode,
  work: (scope: Scope) => Promise<T>,
): Promise<T> => {
  const beginning = begin(view, mode);
  const workspaceId = view?.[0] === 'workspace' ? view[1] : '';
  const client = await database.pool.connect();
  const actions: (() => void)[] = [];
  const sent: Promise<unknown>[] = [];
  const later = (answer: Promise<unknown>): void => {
    answer.catch(ignoreFailure); // it is looked at before the end
    sent.push(answer);
  };
  try {
    later(gather(client).query(beginning));
    const result = await work({ workspaceId, client, afterCommit: (action) => void actions.push(action), later });
    sendGathered(client);
    const commit = gather(client).query('commit');
    commit.catch(ignoreFailure);
    await Promise.all(sent);
    if (mode === 'read only') {
      // What was read stays true however this ends: nobody waits for it but the connection.
      void commit.then(
        () => client.release(),
        (broken: Error) => client.release(broken),
      );
      return result;
    }
    // PostgreSQL answers so, and with no error, where a statement before it has failed.
    if ((await commit).command !== 'COMMIT') throw new Error('the transaction was rolled back');
    for (const action of actions) action();
    client.release();
    return result;
  } catch (error) {
    waiting.delete(client);
    const broken = await client.query('rollback').then(ignoreFailure, (cause: Error) => cause);
    client.release(broken ?? undefined);
    throw await causeOf(error, sent);
  }
};

/** One transaction: everything `work` did is committed, or nothing. Throws what `work` throws. */
export const transaction = <T>(
  database: Database,
  workspaceId: string,
  work: (scope: Scope) => Promise<T>,
): Promise<T> => run(database, ['workspace', workspaceId], 'read write', work);

/** One transaction about the whole installation: it is in no workspace, and enters one after the other by `within`. */
export const acrossWorkspaces = <T>(database: Database, work: (scope: Unplaced) => Promise<T>): Promise<T> =>
  run(database, null, 'read write', work);

/** A transaction that can not write: what GET routes run in (trust.md, T41). */
export const reading = <T>(database: Database, workspaceId: string, work: (scope: Scope) => Promise<T>): Promise<T> =>
  run(database, ['workspace', workspaceId], 'read only', work);

/**
 * For whoever presents a credential, before its workspace is known: sees the rows of this hash, and nothing else of any
 * workspace until it enters one.
 */
export const byCredential = <T>(
  database: Database,
  hash: Buffer,
  mode: Mode,
  work: (scope: Unplaced) => Promise<T>,
): Promise<T> => run(database, ['credential', hash.toString('hex')], mode, work);

/** Sees which origins a conversation has tokens for, and nothing else of any workspace. */
export const ofConversation = <T>(
  database: Database,
  conversationId: string,
  work: (scope: Unplaced) => Promise<T>,
): Promise<T> => run(database, ['chat', conversationId], 'read only', work);

/** Sees in which workspaces a person is a member, and nothing else of any workspace. */
export const asPerson = <T>(database: Database, personId: string, work: (scope: Unplaced) => Promise<T>): Promise<T> =>
  run(database, ['person', personId], 'read only', work);

/** Sees one channel by its id, and nothing else of any workspace: for its provider, which names no workspace. */
export const asChannel = <T>(
  database: Database,
  channelId: string,
  work: (scope: Unplaced) => Promise<T>,
): Promise<T> => run(database, ['channel', channelId], 'read only', work);

const enter = statement('workspace_enter', `select set_config('app.workspace', $1, true)`);

/** Does a part of a transaction in another workspace: the one that is being made, or whose invitation is accepted. */
export const within = async <T>(
  scope: Unplaced & Partial<Scope>,
  workspaceId: string,
  work: (scope: Scope) => Promise<T>,
): Promise<T> => {
  if (!VIEWS.workspace.form.test(workspaceId)) throw new Error(VIEWS.workspace.fault);
  enter.send(scope, workspaceId);
  const result = await work({ ...scope, workspaceId });
  enter.send(scope, scope.workspaceId ?? '');
  return result;
};

/** For the few tables that belong to no workspace (workspaces, people, jobs, signing keys). */
export const unscoped = async <T>(
  database: Database,
  work: (scope: Pick<Scope, 'client'>) => Promise<T>,
): Promise<T> => {
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
