import { parseArgs } from 'node:util';
import { type Command, type Options, UsageError } from '../command.ts';

const DECISIONS = { approve: 'approved', reject: 'rejected' } as const;

const OPTIONS = {
  reason: { type: 'string' },
  digest: { type: 'string' },
  arguments: { type: 'string' },
  response: { type: 'string' },
  json: { type: 'boolean', default: false },
  url: { type: 'string' },
} as const satisfies Options;

export const decideCommand: Command = {
  usage: 'decide approve|reject ID [--reason TEXT] [--arguments JSON] [--response JSON] [--digest DIGEST] [--json]',
  summary:
    'Answers for a reviewer, with a key that holds approvals:decide. On a terminal it shows what is decided on and asks to confirm;\n' +
    '      a script names the digest of what it saw. --arguments: approve these instead. --response: the answer to a question.',
  options: OPTIONS,
  choices: { 0: Object.keys(DECISIONS) },
  run: async (args) => {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
    const [verb = '', id, ...more] = positionals;
    const decision = Object.hasOwn(DECISIONS, verb) ? DECISIONS[verb as keyof typeof DECISIONS] : undefined;
    if (!decision || id === undefined || more.length > 0)
      throw new UsageError('Which way, and which approval? countersign decide approve|reject ID');
    const { runDecide } = await import('../approvals/decide.ts');
    const { jsonOf, objectOf } = await import('../approvals/values.ts');
    const { access } = await import('../server-access.ts');
    const deciding = {
      id,
      decision,
      reason: values.reason,
      arguments: values.arguments === undefined ? undefined : objectOf('arguments', values.arguments),
      response: values.response === undefined ? undefined : jsonOf('response', values.response),
      digest: values.digest,
      json: values.json,
    };
    return runDecide(access(values.url, 'reviewer').client, deciding);
  },
};
