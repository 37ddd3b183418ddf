/**
 * The real server on a database of its own, for tests over HTTP:
 *
 *     const app = await startTestServer();
 *     const { asking, deciding } = app.one.keys;
 *     const approval = await app.call(asking, 'POST', '/v1/approvals', { title: 'Deploy' });
 *     await app.stop();
 */
import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@countersign/store';
import pg from 'pg';
import { type Config, readConfig } from '../config.ts';
import { type RunningServer, runServer } from '../server.ts';
import { type FreshDatabase, freshDatabase } from './database.ts';
import { faultOf } from './check-answer.ts';
import { type TestKey, type TestPerson, type TestWorkspace, addWorkspace } from './workspace.ts';

/** Random enough for the server's own check; it protects nothing here. */
const SECRET = 'Vr4k-Nm8x-Tq2w-Zd7p-Hs5c-Lb9y-Gf3j';

/** Who calls: a key, a signed-in person, a whole `Authorization` header, or nobody. */
export type Who = TestKey | TestPerson | string | null;

export type Answer<Body = unknown> = {
  readonly status: number;
  readonly body: Body;
  readonly text: string;
  readonly headers: Headers;
};

/**
 * One request. A body that is a string or bytes goes out as it is, anything else as JSON. Every POST gets a random
 * Idempotency-Key, and a person's request the headers a browser on our own pages sends; `null` in `headers` leaves one out.
 * @throws if the answer is not what the contract says: a member too many, a malformed problem, a 500
 */
export type Call = <Body = unknown>(
  who: Who,
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string | null>>,
) => Promise<Answer<Body>>;

export type TestServer = {
  readonly url: string;
  readonly call: Call;
  readonly running: RunningServer;
  readonly stop: () => Promise<void>;
};

export type TestApp = TestServer & {
  /** Two workspaces with the same kinds of members and keys. */
  readonly one: TestWorkspace;
  readonly two: TestWorkspace;
  readonly database: FreshDatabase;
  /** Connected as the server's own role, to prepare rows through the store. */
  readonly store: Database;
  /** Runs a statement as superuser, past row-level security: to look at rows, and to move times. */
  readonly sql: <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<Row[]>;
  /** A further server on the same database; ends with the app. */
  readonly replica: (overrides?: Partial<Config>) => Promise<TestServer>;
};

/** @param overrides of the configuration; the loopback range is open to tools and models unless said otherwise */
export const startTestServer = async (overrides: Partial<Config> = {}): Promise<TestApp> => {
  const database = await freshDatabase();
  const store = openDatabase(database.url, 'countersign_api', 4);
  const superuser = new pg.Pool({ connectionString: database.superuserUrl, max: 2 });
  superuser.on('error', () => undefined);
  const replicas: TestServer[] = [];
  const first = await start(database.url, overrides);
  return {
    ...first,
    one: await addWorkspace(store, 'One'),
    two: await addWorkspace(store, 'Two'),
    database,
    store,
    sql: async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await superuser.query<Row>(text, values)).rows,
    replica: async (own = {}) => {
      const server = await start(database.url, { ...overrides, ...own });
      replicas.push(server);
      return server;
    },
    stop: async () => {
      await Promise.all([first, ...replicas].map((server) => server.stop()));
      await Promise.all([store.close(), superuser.end()]);
      await database.drop();
    },
  };
};

/** The configuration of a test server, as read from an environment. */
export const testConfig = (databaseUrl: string, overrides: Partial<Config> = {}): Config => {
  const read = readConfig(
    {
      DATABASE_URL: databaseUrl,
      COUNTERSIGN_SECRET: SECRET,
      COUNTERSIGN_PUBLIC_URL: 'http://127.0.0.1:0',
      COUNTERSIGN_PORT: '0',
      COUNTERSIGN_ALLOW_CIDRS: '127.0.0.0/8',
      COUNTERSIGN_LOG_LEVEL: 'error',
      COUNTERSIGN_RATE_LIMIT: '10000000',
    },
    'dev',
  );
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return { ...read.config, ...overrides };
};

const start = async (databaseUrl: string, overrides: Partial<Config>): Promise<TestServer> => {
  const running = await runServer(testConfig(databaseUrl, overrides));
  const url = `http://127.0.0.1:${running.port}`;
  const cookieName = overrides.publicUrl?.startsWith('https:') ? '__Host-countersign_session' : 'countersign_session';
  return { url, call: caller(url, cookieName), running, stop: once(running.stop) };
};

const once = (stop: () => Promise<void>): (() => Promise<void>) => {
  let stopped: Promise<void> | undefined;
  return () => (stopped ??= stop());
};

const credentials = (who: Who, cookieName: string, url: string): Record<string, string> => {
  if (who === null) return {};
  if (typeof who === 'string') return { authorization: who };
  if ('secret' in who) return { authorization: `Bearer ${who.secret}` };
  return { cookie: `${cookieName}=${who.token}`, origin: url, 'sec-fetch-site': 'same-origin' };
};

const caller =
  (url: string, cookieName: string): Call =>
  async <Body>(
    who: Who,
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string | null>> = {},
  ) => {
    const all: Record<string, string | null> = {
      ...credentials(who, cookieName, url),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
      ...headers,
    };
    const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
    const raw = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    const response = await fetch(url + path, {
      method,
      headers: given,
      redirect: 'manual',
      ...(raw === undefined ? {} : { body: raw as RequestInit['body'] & {} }),
    });
    const text = await response.text();
    const fault = faultOf({ method, path }, { status: response.status, headers: response.headers, text });
    if (fault !== undefined)
      throw new Error(
        `${method} ${path} answered ${response.status}, and not as the contract says: ${fault}\n${text.slice(0, 2000)}`,
      );
    const isJson = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '') && text !== '';
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : null) as Body,
    };
  };
