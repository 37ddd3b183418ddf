/** An MCP server over streamable HTTP, made with the reference SDK, whose tools the test may change while it runs. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';

export type OfferedTool = { readonly description: string; readonly readOnly?: boolean };
export type TestMcp = {
  readonly url: string;
  /** By name; each takes `{order}` and answers with it. */
  tools: Readonly<Record<string, OfferedTool>>;
  /** Of every request, in order. */
  readonly headers: Readonly<Record<string, unknown>>[];
  readonly close: () => Promise<void>;
};

const make = (tools: TestMcp['tools']): McpServer => {
  const server = new McpServer({ name: 'orders', version: '1.0.0' });
  for (const [name, { description, readOnly }] of Object.entries(tools))
    server.registerTool(
      name,
      { description, inputSchema: { order: z.string() }, ...(readOnly ? { annotations: { readOnlyHint: true } } : {}) },
      ({ order }) => ({ content: [{ type: 'text', text: `${name} of ${order}` }] }),
    );
  return server;
};

/** Starts it on the loopback address, without sessions: every request stands by itself. */
export const startMcp = async (tools: TestMcp['tools']): Promise<TestMcp> => {
  const headers: Readonly<Record<string, unknown>>[] = [];
  const server = createServer((request, response) => {
    headers.push(request.headers);
    // No generator: no sessions.
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    response.on('close', () => void transport.close());
    // The SDK's own type is not exact about optional members.
    void make(mcp.tools)
      .connect(transport as Parameters<McpServer['connect']>[0])
      .then(() => transport.handleRequest(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const mcp: TestMcp = {
    url: `http://127.0.0.1:${port}/mcp`,
    tools,
    headers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return mcp;
};
