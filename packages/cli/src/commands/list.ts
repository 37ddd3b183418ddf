import { parseArgs } from 'node:util';
import { type Command, type Options, UsageError } from '../command.ts';

const STATUSES = ['pending', 'approved', 'rejected', 'expired', 'cancelled', 'completed'] as const;

const OPTIONS = {
  status: { type: 'string', default: 'pending' },
  tool: { type: 'string' },
  mine: { type: 'boolean', default: false },
  search: { type: 'string' },
  limit: { type: 'string', default: '50' },
  json: { type: 'boolean', default: false },
  url: { type: 'string' },
} as const satisfies Options;

export const listCommand: Command = {
  usage: 'list [--status pending] [--tool NAME] [--mine] [--search WORDS] [--limit 50] [--json] [--url URL]',
  summary:
    'Lists approvals, newest first: id, age, time left, priority, title, who asked. --mine: what you can bring forward.\n' +
    '      --json: each whole, one a line. Statuses: pending, approved, rejected, expired, cancelled, completed (all that is decided).',
  options: OPTIONS,
  choices: { status: STATUSES },
  run: async (args) => {
    const { values } = parseArgs({ args, options: OPTIONS });
    const status = STATUSES.find((known) => known === values.status);
    if (!status) throw new UsageError(`--status must be one of ${STATUSES.join(', ')}.`);
    const most = Number(values.limit);
    if (!Number.isSafeInteger(most) || most < 1) throw new UsageError('--limit must be a whole number above 0.');
    const { runList } = await import('../approvals/list.ts');
    const { access } = await import('../server-access.ts');
    const filter = {
      status,
      ...(values.tool === undefined ? {} : { tool: values.tool }),
      ...(values.search === undefined ? {} : { q: values.search }),
      ...(values.mine ? { assigned_to: 'me' as const } : {}),
    };
    return runList(access(values.url, 'reviewer').client, filter, most, values.json);
  },
};
