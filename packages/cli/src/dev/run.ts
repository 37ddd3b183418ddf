/** `countersign dev`, once the folder and the port are known to be free: starts all, keeps it running, stops it in order. */
import { join } from 'node:path';
import { buildDashboard } from './dashboard.ts';
import { startDatabase, type DatabaseProcess } from './database.ts';
import { buildDocsSite } from './docs-site.ts';
import { readDevFile, writeDevFile } from './dev-file.ts';
import { keepRunning, type KeptRunning } from './keep-running.ts';
import { serverEnvironment, SERVER_MAIN, type DevKeys } from './server-environment.ts';
import { endOrphan, startServer, type ReadyMessage, type ServerProcess } from './server-process.ts';
import { stopRequests } from './stop-requests.ts';
import type { Terminal } from './terminal.ts';

export type DevOptions = {
  dataDir: string;
  host: string;
  port: number;
  demo: boolean;
  terminal: Terminal;
  /** Where the parts are; tests put small ones in their place. */
  parts?: { serverMain: string; repository: string };
};

type Session = {
  options: DevOptions;
  signal: AbortSignal;
  keys: DevKeys | null;
  /** Null when DATABASE_URL names a database that is not ours to run. */
  database: KeptRunning<DatabaseProcess> | null;
  databaseUrl: string;
  server: KeptRunning<ServerProcess> | null;
  message: ReadyMessage | null;
};

/** Resolves with the exit code after it was asked to stop, by a signal. */
export async function runDev(options: DevOptions): Promise<number> {
  const begun = Date.now();
  const { terminal, dataDir } = options;
  const stop = stopRequests(() => force(session));
  const session: Session = {
    options,
    signal: stop.signal,
    keys: keysOfEarlierRun(dataDir),
    database: null,
    databaseUrl: process.env['DATABASE_URL'] ?? '',
    server: null,
    message: null,
  };
  try {
    await endEarlierServer(dataDir, terminal);
    await bringUp(session);
    if (session.message) terminal.ready({ message: session.message, dataDir, seconds: (Date.now() - begun) / 1000 });
    await stop.requested;
  } catch (error) {
    // What was being started when the request to stop came fails for that reason.
    if (!stop.signal.aborted) throw error;
  } finally {
    if (stop.signal.aborted) terminal.line('Stopping …');
    await takeDown(session);
    stop.forget();
  }
  terminal.line('Stopped.');
  return 0;
}

/** After a kill -9 of an earlier `dev` its server may still run, and hold the port. */
export async function endEarlierServer(dataDir: string, terminal: Terminal): Promise<void> {
  const pid = await endOrphan(pidFile(dataDir));
  if (pid !== null)
    terminal.line(`Recovered: the server of an earlier run (pid ${pid}) was still running and was ended.`);
}

async function bringUp(session: Session): Promise<void> {
  const { terminal } = session.options;
  // Both settle before anything is stopped again, so that nothing is forgotten half-started.
  const { parts } = session.options;
  const [build, docs, database] = await Promise.allSettled([
    buildDashboard(session.signal, parts?.repository),
    buildDocsSite(session.signal, parts?.repository),
    session.databaseUrl === '' ? bringUpDatabase(session) : null,
  ]);
  if (database.status === 'rejected') throw database.reason;
  if (build.status === 'rejected') throw build.reason;
  if (build.value === 'built') terminal.line('Dashboard built.');
  // Nobody is kept from their work by a page that explains it.
  if (docs.status === 'rejected' && !session.signal.aborted) terminal.problem(String(docs.reason));
  if (session.signal.aborted) return;
  session.server = await keepRunning<ServerProcess>({
    signal: session.signal,
    start: (signal) => startServer(serverOptions(session), signal),
    onEnded: (how) => {
      terminal.problem(`The server ended (${how}); starting it again.`);
      record(session);
    },
    onFailed: (error) => terminal.problem(error.message),
    onRestarted: (process) => {
      terminal.line(`Recovered: the server runs again (pid ${process.pid}).`);
      accept(session, process);
    },
  });
  accept(session, session.server.current());
}

async function bringUpDatabase(session: Session): Promise<void> {
  const { terminal, dataDir } = session.options;
  const adopt = (database: DatabaseProcess | null): void => {
    if (!database) return;
    if (database.recovery) terminal.line(database.recovery);
    const moved = session.databaseUrl !== '' && session.databaseUrl !== database.url;
    session.databaseUrl = database.url;
    // It listens elsewhere now (on Windows, at another port): the server is started again with the new address.
    if (moved) void session.server?.current()?.stop();
  };
  session.database = await keepRunning<DatabaseProcess>({
    signal: session.signal,
    start: () => startDatabase(dataDir, terminal.line),
    onEnded: (how) => {
      terminal.problem(`The database ended (${how}); starting it again.`);
      record(session);
    },
    onFailed: (error) => terminal.problem(error.message),
    onRestarted: (database) => {
      adopt(database);
      record(session);
    },
  });
  adopt(session.database.current());
}

function serverOptions(session: Session): Parameters<typeof startServer>[0] {
  const { dataDir, parts } = session.options;
  return {
    main: parts?.serverMain ?? SERVER_MAIN,
    env: serverEnvironment(session.options, session.databaseUrl, session.keys),
    logFile: join(dataDir, 'server.log'),
    pidFile: pidFile(dataDir),
  };
}

function accept(session: Session, process: ServerProcess | null): void {
  if (!process) return;
  session.message = process.ready;
  session.keys = { agent_key: process.ready.agent_key, reviewer_key: process.ready.reviewer_key };
  record(session);
}

/** Brings dev.json up to date, once there is something to write. */
function record({ options, databaseUrl, database, server, message }: Session, pid: number | null = process.pid): void {
  if (!message) return;
  const { url, agent_key, reviewer_key, owner_sign_in_url, workspace_id } = message;
  const processes = { server: server?.current()?.pid ?? null, postgres: database?.current()?.pid ?? null };
  writeDevFile(options.dataDir, {
    url,
    agent_key,
    reviewer_key,
    owner_sign_in_url,
    database_url: databaseUrl,
    workspace_id,
    pid,
    processes,
  });
}

/** The server first: it finishes what it is doing, which needs the database. */
async function takeDown(session: Session): Promise<void> {
  await session.server?.stop();
  await session.database?.stop();
  record(session, null);
}

/** SIGQUIT ends PostgreSQL at once; nothing committed is lost, the next start replays its log. */
function force(session: Session): never {
  const targets = [
    [session.server?.current()?.pid, 'SIGKILL'],
    [session.database?.current()?.pid, 'SIGQUIT'],
  ] as const;
  for (const [pid, signal] of targets) {
    try {
      if (pid !== undefined) process.kill(pid, signal);
    } catch {
      // It ended by itself this very moment.
    }
  }
  process.exit(1);
}

function keysOfEarlierRun(dataDir: string): DevKeys | null {
  const { agent_key, reviewer_key } = readDevFile(dataDir);
  return agent_key && reviewer_key ? { agent_key, reviewer_key } : null;
}

function pidFile(dataDir: string): string {
  return join(dataDir, 'server.pid');
}
