import { parseArgs } from 'node:util';
import { type Command, type Options, UsageError } from '../command.ts';

const OPTIONS = { url: { type: 'string' } } as const satisfies Options;

export const hookCommand: Command = {
  usage: 'hook claude-code [--url URL]',
  summary:
    'A PreToolUse hook of Claude Code: each tool call it is set for waits for a decision. Fails closed: it ends with 2, which blocks\n' +
    '      the call, whenever it does not know. Reads COUNTERSIGN_URL and COUNTERSIGN_API_KEY.',
  options: OPTIONS,
  choices: { 0: ['claude-code'] },
  run: async (args) => {
    // Whatever goes wrong must end with 2: any other failure of a hook lets the call go ahead.
    try {
      const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
      if (positionals.length !== 1 || positionals[0] !== 'claude-code')
        throw new UsageError('For what? countersign hook claude-code');
      const { access } = await import('../server-access.ts');
      const { runClaudeCodeHook } = await import('../hook/claude-code.ts');
      await runClaudeCodeHook(access(values.url).client);
      return 0;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      console.error(`Countersign: ${why.replace(/\.$/, '')}. The call was not made.`);
      return 2;
    }
  },
};
