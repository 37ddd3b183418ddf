/** The database of `countersign dev`: the embedded one, kept running. */
import { startEmbeddedPostgres } from '@countersign/server/embedded';
import type { Running } from './keep-running.ts';

export type DatabaseProcess = Running & { url: string; recovery: string | null };

export async function startDatabase(dataDir: string, log: (line: string) => void): Promise<DatabaseProcess> {
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  return {
    pid: postgres.pid,
    url: postgres.url('countersign'),
    recovery: postgres.recovery,
    ended: postgres.exited.then((code) => (code === null ? 'signal' : `exit code ${code}`)),
    stop: postgres.stop,
  };
}
