/** `countersign mcp`: the approvals server on standard input and output, until its client leaves. */
import { once } from 'node:events';
import { createApprovalsServer } from '@countersign/adapters/mcp';
import type { Client } from '@countersign/sdk';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

/** @returns the exit code */
export const runMcp = async (client: Client, holdSeconds: number | undefined): Promise<number> => {
  const server = createApprovalsServer(client, { holdSeconds });
  const left = once(process.stdin, 'end');
  await server.connect(new StdioServerTransport());
  await Promise.race([left, ...(['SIGINT', 'SIGTERM'] as const).map((signal) => once(process, signal))]);
  await server.close(); // Aborts what still waits, which withdraws it.
  process.stdin.destroy();
  return 0;
};
