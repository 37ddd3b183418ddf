/**
 * The one connection that stands for this process: it listens for wakes, and holds an advisory lock under the process's
 * number. When it breaks (or the process dies), PostgreSQL frees the lock and others may take the process's jobs over.
 */
import pg from 'pg';
import type { Wake } from '../wake.ts';
import type { JobRunner } from './runner.ts';

/** The first half of the advisory lock's key; the second is the number. */
const LOCK_CLASS = 4400;
const RECONNECT_MS = 250;

export type Instance = {
  readonly notify: (payload: string) => Promise<void>;
  /** Resolves with the first connection. */
  readonly start: (wake: Wake, runner: Pick<JobRunner, 'start' | 'suspend'> | null) => Promise<void>;
  readonly stop: () => Promise<void>;
};

export const createInstance = (databaseUrl: string): Instance => {
  let client: pg.Client | undefined;
  let isStopping = false;
  let number: number | undefined;
  /** One statement at a time: a connection of pg takes no second one while it works on the first. */
  let lastNotify: Promise<unknown> = Promise.resolve();

  const connect = async (wake: Wake, runner: Pick<JobRunner, 'start' | 'suspend'> | null): Promise<void> => {
    const next = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'countersign instance',
      keepAlive: true,
      options: '-c role=countersign_worker -c search_path=public',
    });
    next.on('error', () => undefined);
    await next.connect();
    // The number stays the same over reconnections: the leases that this process holds carry it.
    number ??=
      (await next.query<{ number: number }>(`select nextval('instance_number')::int as number`)).rows[0]?.number ?? 0;
    await next.query('select pg_advisory_lock($1, $2)', [LOCK_CLASS, number]);
    // What it sends from here on are hints, which a crash may lose: they need not wait for the disk.
    await next.query('set synchronous_commit = off');
    next.on('notification', ({ payload }) => wake.receive(payload ?? '{}'));
    next.on('end', () => {
      client = undefined;
      runner?.suspend();
      if (!isStopping) void reconnect(wake, runner);
    });
    await next.query(`listen ${wake.channel}`);
    client = next;
    runner?.start(number);
  };

  const reconnect = async (wake: Wake, runner: Pick<JobRunner, 'start' | 'suspend'> | null): Promise<void> => {
    while (!isStopping) {
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      try {
        await connect(wake, runner);
        return;
      } catch {
        // The database is still away.
      }
    }
  };

  return {
    notify: async (payload) => {
      const sent = lastNotify.then(() => client?.query('select pg_notify($1, $2)', ['countersign', payload]));
      lastNotify = sent.catch(() => undefined);
      await sent;
    },
    start: connect,
    stop: async () => {
      isStopping = true;
      await client?.end();
    },
  };
};
