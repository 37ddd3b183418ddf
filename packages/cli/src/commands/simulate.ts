import { parseArgs } from 'node:util';
import { type Command, type Options, UsageError } from '../command.ts';

const OPTIONS = {
  transcripts: { type: 'string' },
  policy: { type: 'string' },
  tools: { type: 'string' },
  'read-only': { type: 'string', multiple: true, default: [] },
  json: { type: 'boolean', default: false },
} as const satisfies Options;

export const simulateCommand: Command = {
  usage: 'simulate --transcripts FILE --policy FILE [--tools FILE] [--read-only NAME,NAME] [--json]',
  summary:
    'Shows what a policy would have done with recorded agent runs (JSONL: messages, or one call a line). Needs no server.\n' +
    '      Tools that neither --tools (with annotations or a risk) nor --read-only describes count as irreversible.',
  options: OPTIONS,
  run: async (args) => {
    const { values } = parseArgs({
      args,
      options: OPTIONS,
    });
    const { transcripts, policy, tools, json } = values;
    if (!transcripts || !policy)
      throw new UsageError('Which files? countersign simulate --transcripts FILE --policy FILE');
    const readOnly = values['read-only']
      .flatMap((names) => names.split(','))
      .map((name) => name.trim())
      .filter((name) => name !== '');
    // Loaded only here: the other commands start without the language of policies.
    const { runSimulation } = await import('../simulate/run.ts');
    return runSimulation({ transcripts, policy, tools, readOnly, json });
  },
};
