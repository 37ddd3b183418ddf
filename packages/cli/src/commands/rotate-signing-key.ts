import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '@countersign/server/config';
import { type Command, type Options, UsageError } from '../command.ts';
import { explainDatabaseFailure } from '../database-failure.ts';
import { environmentOf } from '../dev/environment.ts';

const PURPOSES = ['receipt', 'checkpoint'] as const;

const OPTIONS = {
  purpose: { type: 'string' },
  'data-dir': { type: 'string', default: '.countersign' },
} as const satisfies Options;

export const rotateSigningKeyCommand: Command = {
  usage: 'rotate-signing-key --purpose receipt|checkpoint [--data-dir .countersign]',
  summary: 'Signs with a new key from now on (within half a minute everywhere). What the old one signed stays good.',
  options: OPTIONS,
  choices: { purpose: PURPOSES },
  run: async (args) => {
    const { values } = parseArgs({
      args,
      options: OPTIONS,
    });
    const purpose = PURPOSES.find((known) => known === values.purpose);
    if (!purpose) throw new UsageError('Which key? countersign rotate-signing-key --purpose receipt|checkpoint');
    const result = readConfig(environmentOf(resolve(values['data-dir'])), 'start');
    if (!result.ok) {
      for (const { name, reason } of result.problems) console.error(`${name}: ${reason}`);
      return 1;
    }
    const { rotateSigningKey } = await import('@countersign/server');
    try {
      console.log(`The ${purpose} key is now ${await rotateSigningKey(result.config, purpose)}.`);
      return 0;
    } catch (error) {
      console.error(explainDatabaseFailure(error));
      return 1;
    }
  },
};
