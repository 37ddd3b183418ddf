import { parseArgs } from 'node:util';
import { type Command, type Options, UsageError } from '../command.ts';

const OPTIONS = {
  name: { type: 'string' },
  message: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  url: { type: 'string' },
} as const satisfies Options;

export const policyCommand: Command = {
  usage: 'policy push FILE [--name NAME] [--message TEXT] [--dry-run] [--url URL]',
  summary:
    'Makes the rules in FILE (YAML or JSON) the current version of the policy NAME (the name of the file by default), so that\n' +
    '      policies can live in a repository. Does nothing where they are that already; --dry-run only checks. Reads COUNTERSIGN_URL\n' +
    '      and COUNTERSIGN_API_KEY (a key with policies:read and policies:write).',
  options: OPTIONS,
  choices: { 0: ['push'] },
  run: async (args) => {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: OPTIONS,
    });
    const [what, file, ...more] = positionals;
    if (what !== 'push' || file === undefined || more.length > 0)
      throw new UsageError('Which file? countersign policy push FILE');
    const { pushPolicy } = await import('../policy/push.ts');
    return pushPolicy({ file, name: values.name, message: values.message, dryRun: values['dry-run'], url: values.url });
  },
};
