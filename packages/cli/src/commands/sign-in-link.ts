import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '@countersign/server/config';
import { type Command, type Options, UsageError } from '../command.ts';
import { environmentOf } from '../dev/environment.ts';

const OPTIONS = {
  email: { type: 'string' },
  'reset-second-factor': { type: 'boolean', default: false },
  'data-dir': { type: 'string', default: '.countersign' },
} as const satisfies Options;

export const signInLinkCommand: Command = {
  usage: 'sign-in-link --email ADDRESS [--reset-second-factor] [--data-dir .countersign]',
  summary: 'Makes a link that signs this person in, once: for the first owner, or for somebody who is locked out.',
  options: OPTIONS,
  run: async (args) => {
    const { values } = parseArgs({
      args,
      options: OPTIONS,
    });
    if (!values.email) throw new UsageError('Whose link? countersign sign-in-link --email ADDRESS');
    const result = readConfig(environmentOf(resolve(values['data-dir'])), 'start');
    if (!result.ok) {
      for (const { name, reason } of result.problems) console.error(`${name}: ${reason}`);
      return 1;
    }
    const { createSignInLink } = await import('@countersign/server');
    const link = await createSignInLink(result.config, values.email, {
      resetSecondFactor: values['reset-second-factor'],
    });
    if (!link.ok) {
      console.error(link.reason);
      return 1;
    }
    console.log(link.url);
    return 0;
  },
};
