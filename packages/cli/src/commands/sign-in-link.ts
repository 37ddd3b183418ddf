import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig, type Environment } from '@countersign/server/config';
import { UsageError, type Command } from '../command.ts';
import { readDevFile } from '../dev/dev-file.ts';
import { secretOf } from '../dev/secret.ts';

export const signInLinkCommand: Command = {
  usage: 'sign-in-link --email ADDRESS [--data-dir .countersign]',
  summary: 'Makes a link that signs this person in, once: for the first owner, or for somebody who is locked out.',
  run: async (args) => {
    const { values } = parseArgs({
      args,
      options: { email: { type: 'string' }, 'data-dir': { type: 'string', default: '.countersign' } },
    });
    if (!values.email) throw new UsageError('Whose link? countersign sign-in-link --email ADDRESS');
    const result = readConfig(environmentOf(resolve(values['data-dir'])), 'start');
    if (!result.ok) {
      for (const { name, reason } of result.problems) console.error(`${name}: ${reason}`);
      return 1;
    }
    const { createSignInLink } = await import('@countersign/server');
    const link = await createSignInLink(result.config, values.email);
    if (!link.ok) {
      console.error(link.reason);
      return 1;
    }
    console.log(link.url);
    return 0;
  },
};

/** The environment's own settings, or where it names no database, those of the `countersign dev` on this folder. */
function environmentOf(dataDir: string): Environment {
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
