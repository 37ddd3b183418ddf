import { parseArgs } from 'node:util';
import type { EventType } from '@countersign/sdk';
import type { Command, Options } from '../command.ts';

const USUAL: readonly EventType[] = [
  'approval.requested',
  'approval.vote',
  'approval.decided',
  'approval.expired',
  'approval.cancelled',
  'approval.escalated',
];

const OPTIONS = {
  types: { type: 'string', multiple: true, default: [] },
  after: { type: 'string' },
  json: { type: 'boolean', default: false },
  url: { type: 'string' },
} as const satisfies Options;

export const watchCommand: Command = {
  usage: 'watch [--types TYPE,TYPE] [--after EVENT] [--json] [--url URL]',
  summary:
    'Prints what happens to approvals as it happens, or the events named (docs/reference/events.md lists them), over restarts of\n' +
    '      the server and without a gap, until it is stopped. --after: from this event on. --json: one event a line.',
  options: OPTIONS,
  choices: { types: USUAL },
  run: async (args) => {
    const { values } = parseArgs({ args, options: OPTIONS });
    const { runWatch } = await import('../approvals/watch.ts');
    const { access } = await import('../server-access.ts');
    const named = values.types.flatMap((types) => types.split(',')).filter((type) => type !== '');
    const types = named.length > 0 ? (named as EventType[]) : USUAL; // An unknown one is refused by the server.
    return runWatch(access(values.url, 'reviewer').client, { types, after: values.after, json: values.json });
  },
};
