import { parseArgs } from 'node:util';
import { readConfig, type Config } from '@countersign/server/config';
import type { Command, Options } from '../command.ts';
import { explainDatabaseFailure } from '../database-failure.ts';

const OPTIONS = { role: { type: 'string' } } as const satisfies Options;

export const startCommand: Command = {
  usage: 'start [--role all|api|worker]',
  summary: 'Runs the server for production: needs DATABASE_URL, COUNTERSIGN_SECRET and COUNTERSIGN_PUBLIC_URL.',
  options: OPTIONS,
  choices: { role: ['all', 'api', 'worker'] },
  run: async (args) => {
    const { values } = parseArgs({ args, options: OPTIONS });
    const env = values.role === undefined ? process.env : { ...process.env, COUNTERSIGN_ROLE: values.role };
    const result = readConfig(env, 'start');
    if (!result.ok) {
      for (const { name, reason } of result.problems) console.error(`${name}: ${reason}`);
      console.error('Not started. countersign config --help explains every setting.');
      return 1;
    }
    return (await hasRightSchema(result.config)) ? serve(result.config) : 1;
  },
};

async function hasRightSchema(config: Config): Promise<boolean> {
  const { migrate, schemaState } = await import('@countersign/server/schema');
  try {
    if (config.migrate) await migrate(config.databaseUrl, (line) => console.log(line));
    const state = await schemaState(config.databaseUrl);
    if (state === 'older')
      console.error("The database's schema is older than this program: run countersign migrate first.");
    if (state === 'newer') console.error("The database's schema is newer than this program: update the program.");
    return state === 'current';
  } catch (error) {
    console.error(explainDatabaseFailure(error));
    return false;
  }
}

async function serve(config: Config): Promise<number> {
  const { runServer } = await import('@countersign/server');
  const server = await runServer(config);
  console.log(`Countersign listens at ${server.url}`);
  await stopRequested();
  await server.stop();
  return 0;
}

/** Resolves at the first request to stop; at the second the process ends as it stands. */
function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve();
      });
    }
  });
}
