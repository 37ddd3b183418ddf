import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Command, type Options, UsageError } from '../command.ts';

const OPTIONS = {
  config: { type: 'string' },
  memory: { type: 'string', default: '.countersign/gateway.json' },
  hold: { type: 'string' },
  http: { type: 'string' },
  trusted: { type: 'boolean', default: false },
  url: { type: 'string' },
} as const satisfies Options;

/** @throws UsageError */
const addressIn = (text: string): { readonly host: string; readonly port: number } => {
  const [, host = '127.0.0.1', port = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === '' || Number(port) > 65_535) throw new UsageError('--http: a port, or HOST:PORT');
  return { host, port: Number(port) };
};

export const gatewayCommand: Command = {
  usage: 'gateway (--config FILE | -- COMMAND [ARG…]) [--http [HOST:]PORT] [--hold 45s] [--memory FILE] [--url URL]',
  summary:
    'Stands before MCP servers, on standard input and output: every call of their tools goes through the rules and, where those say\n' +
    '      so, before a person. --config: mcpServers as MCP clients write them. --trusted: believe what the one server says of its tools.\n' +
    '      --http: many clients over streamable HTTP, each with its own API key as bearer; on 127.0.0.1 unless a host is named.\n' +
    '      --memory: keeps reviewed definitions of tools. Reads COUNTERSIGN_URL and COUNTERSIGN_API_KEY.',
  options: OPTIONS,
  run: async (args) => {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
    const [command, ...rest] = positionals;
    if ((values.config === undefined) === (command === undefined))
      throw new UsageError(
        'Before which servers? countersign gateway --config FILE, or countersign gateway -- COMMAND',
      );
    const { readGatewayConfig, ConfigError } = await import('@countersign/adapters/gateway');
    const { durationOf } = await import('../approvals/values.ts');
    const { access } = await import('../server-access.ts');
    const { runGateway } = await import('../mcp/run-gateway.ts');
    try {
      const text =
        values.config === undefined
          ? JSON.stringify({ mcpServers: { server: { command, args: rest, trusted: values.trusted } } })
          : readFileSync(values.config, 'utf8');
      const config = readGatewayConfig(text, process.env);
      const options = { memoryFile: values.memory, holdSeconds: durationOf('hold', values.hold) };
      const { client, baseUrl } = access(values.url);
      const listening = values.http === undefined ? undefined : { ...addressIn(values.http), baseUrl };
      return await runGateway(client, config, options, listening);
    } catch (error) {
      const isFile = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!(error instanceof ConfigError) && !isFile) throw error;
      throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  },
};
