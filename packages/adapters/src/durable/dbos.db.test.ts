/** DBOS itself, on a PostgreSQL of its own making, with the example as its worker. */
import { join } from 'node:path';
import { type FreshDatabase, freshDatabase } from '../../../server/src/testing/database.ts';
import { runCases } from '../testing/run-cases.ts';

let database: FreshDatabase;

runCases({
  file: join(import.meta.dirname, '../../../../examples/dbos/worker.ts'),
  before: async () => {
    database = await freshDatabase();
    return { DBOS_DATABASE: database.superuserUrl };
  },
  after: () => database.drop(),
});
