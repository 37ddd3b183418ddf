import { parseArgs } from 'node:util';
import { type Command, type Options, UsageError } from '../command.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

const OPTIONS = {} as const satisfies Options;

export const completionCommand: Command = {
  usage: 'completion bash|zsh|fish',
  summary:
    'Prints completion for a shell: source <(countersign completion bash), or countersign completion fish | source',
  options: OPTIONS,
  choices: { 0: SHELLS },
  run: async (args) => {
    const { positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
    const shell = SHELLS.find((known) => known === positionals[0]);
    if (!shell || positionals.length > 1) throw new UsageError('For which shell? countersign completion bash|zsh|fish');
    const { COMMANDS } = await import('../commands.ts');
    const { completionScript } = await import('../completion/script.ts');
    const loaded = await Promise.all(
      Object.entries(COMMANDS).map(async ([name, load]) => [name, await load()] as const),
    );
    console.log(completionScript(shell, loaded));
    return 0;
  },
};
