/** Who calls an MCP server of ours over HTTP: told at the door, not in the middle of a conversation. */
import { ApiError, type Client } from '@countersign/sdk';

/** As MCP clients read it. */
export const refuseMcp = (status: number, message: string, headers: Record<string, string> = {}): Response =>
  Response.json({ jsonrpc: '2.0', id: null, error: { code: -32_000, message } }, { status, headers });

export const bearerOf = (request: Request): string | undefined =>
  /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];

/** @throws ConnectionError where the server can not be asked */
export const isKnownKey = async (client: Client): Promise<boolean> => {
  try {
    await client.approvals.summary();
    return true;
  } catch (error) {
    if (error instanceof ApiError) return error.status !== 401;
    throw error;
  }
};
