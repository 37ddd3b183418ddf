import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DevOptions } from './run.ts';
import { secretOf } from './secret.ts';

/** As in dev.json. */
export type DevKeys = { agent_key: string; reviewer_key: string };

/** Beside the server's entry point. */
export const SERVER_MAIN = fileURLToPath(new URL('main.ts', import.meta.resolve('@countersign/server')));

/** The server's settings in dev: what the user has set in the environment stays, except for what the command decides. */
export function serverEnvironment(options: DevOptions, databaseUrl: string, keys: DevKeys | null): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DATABASE_URL: databaseUrl,
    COUNTERSIGN_SECRET: process.env['COUNTERSIGN_SECRET'] || secretOf(options.dataDir),
    // A name, not 127.0.0.1: passkeys are bound to a domain, and an address is none.
    COUNTERSIGN_PUBLIC_URL: `http://localhost:${options.port}`,
    COUNTERSIGN_HOST: options.host,
    COUNTERSIGN_PORT: String(options.port),
    COUNTERSIGN_CHECKPOINT_FOLDER: process.env['COUNTERSIGN_CHECKPOINT_FOLDER'] || join(options.dataDir, 'checkpoints'),
    COUNTERSIGN_MIGRATE: 'true',
    COUNTERSIGN_DEMO: String(options.demo),
    COUNTERSIGN_DEV_KEYS: keys ? JSON.stringify(keys) : '',
    COUNTERSIGN_EXIT_WITH_PARENT: 'true',
  };
}
