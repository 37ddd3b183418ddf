import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '@countersign/server/config';
import type { Command, Options } from '../command.ts';
import { explainDatabaseFailure } from '../database-failure.ts';
import { environmentOf } from '../dev/environment.ts';

const OPTIONS = { 'data-dir': { type: 'string', default: '.countersign' } } as const satisfies Options;

export const rotateSecretCommand: Command = {
  usage: 'rotate-secret [--data-dir .countersign]',
  summary:
    'Seals everything under COUNTERSIGN_SECRET that was sealed under COUNTERSIGN_SECRET_PREVIOUS. Safe to stop and run again, beside running servers that have both.',
  options: OPTIONS,
  run: async (args) => {
    const { values } = parseArgs({ args, options: OPTIONS });
    const result = readConfig(environmentOf(resolve(values['data-dir'])), 'start');
    if (!result.ok) {
      for (const { name, reason } of result.problems) console.error(`${name}: ${reason}`);
      return 1;
    }
    const { rotateSecret } = await import('@countersign/server');
    try {
      const { columns, isOldInUse } = await rotateSecret(result.config);
      for (const { column, resealed, unreadable } of columns)
        console.log(`${column}: ${resealed} sealed again${unreadable > 0 ? `, ${unreadable} open with neither` : ''}`);
      if (isOldInUse) {
        console.error('A server still seals under the old secret. Start every one with the new, and run this again.');
        return 1;
      }
      if (columns.some(({ unreadable }) => unreadable > 0)) {
        console.error('Is COUNTERSIGN_SECRET_PREVIOUS the secret before? What opens with neither was left as it is.');
        return 1;
      }
      console.log('COUNTERSIGN_SECRET_PREVIOUS is not needed any more.');
      return 0;
    } catch (error) {
      console.error(explainDatabaseFailure(error));
      return 1;
    }
  },
};
