import { parseArgs } from 'node:util';
import { type Command, type Options, UsageError } from '../command.ts';

const OPTIONS = {
  timeout: { type: 'string' },
  take: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  url: { type: 'string' },
} as const satisfies Options;

export const waitCommand: Command = {
  usage: 'wait ID [--timeout 15m] [--take] [--json] [--url URL]',
  summary:
    'Waits for the decision on an approval, through restarts of the server, and ends as ask does. Never withdraws it.\n' +
    '      --take: for who acts on it, with the key that asked: checks its receipt and takes it for execution, once.',
  options: OPTIONS,
  run: async (args) => {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
    const [id, ...more] = positionals;
    if (id === undefined || more.length > 0) throw new UsageError('For which approval? countersign wait ID');
    const { runWait } = await import('../approvals/wait.ts');
    const { durationOf } = await import('../approvals/values.ts');
    const { access } = await import('../server-access.ts');
    const waiting = {
      id,
      timeoutSeconds: durationOf('timeout', values.timeout),
      take: values.take,
      json: values.json,
    };
    return runWait(access(values.url).client, waiting);
  },
};
