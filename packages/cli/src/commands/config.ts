import { parseArgs } from 'node:util';
import { describeConfig, readConfig, showConfig } from '@countersign/server/config';
import type { Command } from '../command.ts';

export const configCommand: Command = {
  usage: 'config [--help]',
  summary: 'Shows each setting as start would see it, and what is wrong; --help explains all of them.',
  run: async (args) => {
    const { values } = parseArgs({ args, options: { help: { type: 'boolean', short: 'h' } } });
    if (values.help) {
      console.log(`Every setting is an environment variable.\n\n${describeConfig()}`);
      return 0;
    }
    console.log(showConfig(process.env, 'start'));
    return readConfig(process.env, 'start').ok ? 0 : 1;
  },
};
