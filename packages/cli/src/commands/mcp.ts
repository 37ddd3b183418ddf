import { parseArgs } from 'node:util';
import type { Command, Options } from '../command.ts';

const OPTIONS = { hold: { type: 'string' }, url: { type: 'string' } } as const satisfies Options;

export const mcpCommand: Command = {
  usage: 'mcp [--hold 45s] [--url URL]',
  summary:
    'An MCP server on standard input and output: any agent asks people for approvals and answers. --hold: how long a call waits\n' +
    '      before it says "pending". Reads COUNTERSIGN_URL and COUNTERSIGN_API_KEY. The server has the same at /mcp.',
  options: OPTIONS,
  run: async (args) => {
    const { values } = parseArgs({ args, options: OPTIONS });
    const { durationOf } = await import('../approvals/values.ts');
    const { access } = await import('../server-access.ts');
    const { runMcp } = await import('../mcp/run.ts');
    return runMcp(access(values.url).client, durationOf('hold', values.hold));
  },
};
