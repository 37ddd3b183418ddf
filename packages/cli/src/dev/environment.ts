import type { Environment } from '@countersign/server/config';
import { readDevFile } from './dev-file.ts';
import { secretOf } from './secret.ts';

/** The environment's own settings, or where it names no database, those of the `countersign dev` on this folder. */
export function environmentOf(dataDir: string): Environment {
  if (process.env['DATABASE_URL']) return process.env;
  const { database_url, url } = readDevFile(dataDir);
  if (!database_url || !url) return process.env;
  return {
    ...process.env,
    DATABASE_URL: database_url,
    COUNTERSIGN_PUBLIC_URL: url,
    COUNTERSIGN_SECRET: process.env['COUNTERSIGN_SECRET'] || secretOf(dataDir),
  };
}
