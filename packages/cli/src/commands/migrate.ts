import { parseArgs } from 'node:util';
import { readSetting } from '@countersign/server/config';
import { migrate } from '@countersign/server/schema';
import type { Command, Options } from '../command.ts';
import { explainDatabaseFailure } from '../database-failure.ts';

const OPTIONS = {} as const satisfies Options;

export const migrateCommand: Command = {
  usage: 'migrate',
  summary: "Brings the schema of DATABASE_URL's database up to date. Safe to run by many at once.",
  options: OPTIONS,
  run: async (args) => {
    parseArgs({ args, options: OPTIONS });
    const setting = readSetting(process.env, 'start', 'DATABASE_URL');
    if (!setting.ok) {
      console.error(`DATABASE_URL: ${setting.reason}`);
      return 1;
    }
    try {
      const { applied } = await migrate(String(setting.value), (line) => console.log(line));
      console.log(
        applied.length === 0 ? 'The schema was up to date.' : `The schema is up to date: ${applied.length} applied.`,
      );
      return 0;
    } catch (error) {
      console.error(explainDatabaseFailure(error));
      return 1;
    }
  },
};
