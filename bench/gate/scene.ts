/** One embedded PostgreSQL with its safe settings, and servers on it, each in its own process. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@countersign/server/embedded';
import { migrate, openDatabase, unscoped } from '@countersign/store';
import type { Target } from './cycles.ts';
import { openConnection } from './http.ts';
import { startModel } from './model.ts';
import type { ServerRequest } from './server.ts';
import { type Talker, startTalker } from './talk.ts';

/** As the product's default. */
export const CONNECTIONS_MAX = 10;

export type BenchServer = {
  readonly pid: number;
  readonly target: Target;
  /** Signs the workspace's owner in, once. */
  readonly signInUrl: string;
  readonly ask: <Value>(request: ServerRequest) => Promise<Value>;
  readonly stop: () => Promise<void>;
};

export type Scene = {
  readonly databaseUrl: string;
  readonly databasePid: number;
  /** As the administrator, whom no row-level security binds. */
  readonly superuserUrl: string;
  /** `without`: a part that is taken out of it (bench/safety/parts.ts). */
  readonly startServer: (options?: {
    readonly isRecording?: boolean;
    readonly without?: string;
  }) => Promise<BenchServer>;
  /** What autovacuum does within a minute: until then plans are those for empty tables, and whole indexes are read. */
  readonly analyze: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

type Ready = {
  readonly type: 'ready';
  readonly agent_key: string;
  readonly reviewer_key: string;
  readonly owner_sign_in_url: string;
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const ready = (server: Talker): Promise<Ready> =>
  new Promise((resolve, reject) => {
    server.child.on('message', (message: Ready) => {
      if (message.type === 'ready') resolve(message);
    });
    server.child.once('exit', () => reject(new Error('the server ended before it was ready')));
  });

/** An agent whose output is held, on the scripted model. */
const defineAgent = async (port: number, key: string, modelUrl: string): Promise<string> => {
  const connection = await openConnection(port, key);
  const post = async (path: string, body: unknown): Promise<{ id: string }> => {
    const answer = await connection.call('POST', path, body);
    if (answer.status !== 201) throw new Error(answer.body);
    return JSON.parse(answer.body) as { id: string };
  };
  const agent = await post('/v1/agents', { name: `Support agent ${randomBytes(4).toString('hex')}` });
  await post(`/v1/agents/${agent.id}/versions`, {
    message: 'first',
    config: {
      provider: 'openai_compatible',
      model: 'scripted',
      base_url: modelUrl,
      approval_required: true,
      checkpoint_name: 'send_answer',
      hitl_config: { timeout_minutes: 600 },
    },
  });
  connection.close();
  return agent.id;
};

export const openScene = async (): Promise<Scene> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  // Under root, PostgreSQL runs as another account, which has to walk through here.
  chmodSync(dataDir, 0o711);
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
  await migrate(postgres.url('countersign'), () => undefined);
  const model = await startModel();
  const secret = randomBytes(32).toString('base64url');
  let keys: Ready | undefined;
  let agentId: string | undefined;

  return {
    databaseUrl: postgres.url('countersign'),
    databasePid: postgres.pid,
    superuserUrl: postgres.url('postgres'),
    startServer: async ({ isRecording = false, without } = {}) => {
      const port = await freePort();
      const server = startTalker('server.ts', {
        env: {
          ...process.env,
          DATABASE_URL: postgres.url('countersign'),
          COUNTERSIGN_SECRET: secret,
          COUNTERSIGN_PUBLIC_URL: `http://127.0.0.1:${port}`,
          COUNTERSIGN_HOST: '127.0.0.1',
          COUNTERSIGN_PORT: String(port),
          COUNTERSIGN_ALLOW_CIDRS: '127.0.0.0/8',
          COUNTERSIGN_RATE_LIMIT: '100000000',
          COUNTERSIGN_LOG_LEVEL: 'warn',
          COUNTERSIGN_DATABASE_POOL: String(CONNECTIONS_MAX),
          COUNTERSIGN_DEV_KEYS: keys
            ? JSON.stringify({ agent_key: keys.agent_key, reviewer_key: keys.reviewer_key })
            : '',
          BENCH_RECORD: isRecording ? '1' : '',
          BENCH_WITHOUT: without ?? '',
        },
        execArgv: [
          ...(without === undefined ? [] : ['--import', new URL('../safety/without.ts', import.meta.url).href]),
          '--expose-gc',
          ...(process.env['BENCH_SERVER_ARGS']?.split(' ') ?? []),
        ],
      });
      keys = await ready(server);
      agentId ??= await defineAgent(port, keys.agent_key, model.url);
      return {
        pid: server.child.pid ?? 0,
        signInUrl: keys.owner_sign_in_url,
        target: { port, agentKey: keys.agent_key, reviewerKey: keys.reviewer_key, agentId },
        ask: server.ask,
        stop: server.end,
      };
    },
    analyze: async () => {
      const database = openDatabase(postgres.url('postgres'), 'countersign_api', 1);
      await unscoped(database, ({ client }) => client.query('set role none; analyze'));
      await database.close();
    },
    stop: async () => {
      model.close();
      await postgres.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};
