/** `countersign gateway`: serves one client on standard input and output, until it leaves. */
import { once } from 'node:events';
import { type GatewayConfig, type GatewayOptions, openGateway } from '@countersign/adapters/gateway';
import type { Client } from '@countersign/sdk';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

/** @returns the exit code */
export const runGateway = async (client: Client, config: GatewayConfig, options: GatewayOptions): Promise<number> => {
  const left = once(process.stdin, 'end');
  const gateway = await openGateway(client, config, options);
  await gateway.serve(new StdioServerTransport());
  await Promise.race([left, ...(['SIGINT', 'SIGTERM'] as const).map((signal) => once(process, signal))]);
  await gateway.close();
  process.stdin.destroy();
  return 0;
};
