/** `countersign gateway`: serves one client on standard input and output until it leaves, or many over HTTP. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Gateway,
  type GatewayConfig,
  type GatewayOptions,
  createGatewayDoor,
  isLoopback,
  openGateway,
} from '@countersign/adapters/gateway';
import { type Client, createClient } from '@countersign/sdk';
import { getRequestListener } from '@hono/node-server';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

export type Listening = { readonly host: string; readonly port: number; readonly baseUrl: string };

const ended = (): Promise<unknown>[] => (['SIGINT', 'SIGTERM'] as const).map((signal) => once(process, signal));

/** @param listening over HTTP, or undefined for standard input and output @returns the exit code */
export const runGateway = async (
  client: Client,
  config: GatewayConfig,
  options: GatewayOptions,
  listening: Listening | undefined,
): Promise<number> => {
  // Before anything is waited for, so that nothing that comes meanwhile is missed.
  const left = listening ? undefined : once(process.stdin, 'end');
  const gateway = await openGateway(client, config, options);
  if (listening) await serveHttp(gateway, listening);
  else {
    await gateway.serve(new StdioServerTransport());
    await Promise.race([left, ...ended()]);
    process.stdin.destroy();
  }
  await gateway.close();
  return 0;
};

const serveHttp = async (gateway: Gateway, { host, port, baseUrl }: Listening): Promise<void> => {
  const door = createGatewayDoor(gateway, (apiKey) => createClient({ baseUrl, apiKey }), isLoopback(host));
  const listener = getRequestListener(door, { overrideGlobalObjects: false });
  const server = createServer((request, response) => void listener(request, response));
  server.listen(port, host.replace(/^\[|\]$/g, ''));
  await once(server, 'listening');
  console.error(`MCP gateway: http://${host}:${(server.address() as AddressInfo).port}/mcp`);
  await Promise.race(ended());
  server.close();
  server.closeAllConnections();
};
