/** A real MCP server, made with the reference SDK; over standard streams when it is run as a program. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const text = (value: unknown) => ({
  content: [{ type: 'text' as const, text: typeof value === 'string' ? value : JSON.stringify(value) }],
});

export const makeServer = (): McpServer => {
  const server = new McpServer({ name: 'orders', version: '1.0.0' });
  server.registerTool(
    'lookup_order',
    {
      description: 'Finds an order.',
      inputSchema: { order_id: z.string() },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ order_id }) => text(`order ${order_id} was shipped`),
  );
  server.registerTool(
    'refund',
    {
      description: 'Pays back.',
      inputSchema: { amount: z.number() },
      annotations: { destructiveHint: true, idempotentHint: true },
    },
    ({ amount }, { _meta }) => text({ amount, key: _meta?.['countersign/idempotency-key'] }),
  );
  server.registerTool('fail', { description: 'Always fails.' }, () => ({ ...text('no such order'), isError: true }));
  server.registerTool('structured', { description: 'Data.', outputSchema: { n: z.number() } }, () => ({
    content: [],
    structuredContent: { n: 5 },
  }));
  server.registerTool('picture', { description: 'Not text.' }, () => ({
    content: [
      { type: 'image', data: Buffer.alloc(6).toString('base64'), mimeType: 'image/png' },
      { type: 'text', text: 'a caption' },
    ],
  }));
  server.registerTool('environment', { description: 'Its environment.' }, () => text(process.env));
  server.registerTool('pid', { description: 'Its process.' }, () => text(String(process.pid)));
  server.registerTool('die', { description: 'Ends the process.' }, () => {
    process.stderr.write(`out of paper, token ${process.env['TOKEN'] ?? ''}\n`);
    process.exit(3);
  });
  server.registerTool('hang', { description: 'Never answers.' }, () => new Promise<never>(() => undefined));
  return server;
};

if (process.argv[2] === 'stdio') await makeServer().connect(new StdioServerTransport());
