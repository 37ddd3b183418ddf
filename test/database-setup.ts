/** Vitest globalSetup of the projects that need PostgreSQL: they share one server, which ends with the last of them. */
import type { TestProject } from 'vitest/node';
import type {} from '../packages/server/src/testing/database.ts';
import { testDatabase } from '../packages/server/src/testing/test-server.ts';

type Shared = { users: number; started: ReturnType<typeof testDatabase> };

/** Each project loads this file anew, all in one process: what they share hangs on globalThis. */
const place = globalThis as { countersignTestDatabase?: Shared };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = (place.countersignTestDatabase ??= { users: 0, started: testDatabase() });
  shared.users += 1;
  const { server, stop } = await shared.started;
  project.provide('testServer', server);
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    delete place.countersignTestDatabase;
    await stop();
  };
}
