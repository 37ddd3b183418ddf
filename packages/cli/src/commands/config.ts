import { parseArgs } from 'node:util';
import { describeConfig, readConfig, showConfig } from '@countersign/server/config';
import type { Command, Options } from '../command.ts';

const OPTIONS = { help: { type: 'boolean', short: 'h' } } as const satisfies Options;

export const configCommand: Command = {
  usage: 'config [--help]',
  summary: 'Shows each setting as start would see it, and what is wrong; --help explains all of them.',
  options: OPTIONS,
  run: async (args) => {
    const { values } = parseArgs({ args, options: OPTIONS });
    if (values.help) {
      console.log(`Every setting is an environment variable.\n\n${describeConfig()}`);
      return 0;
    }
    console.log(showConfig(process.env, 'start'));
    return readConfig(process.env, 'start').ok ? 0 : 1;
  },
};
