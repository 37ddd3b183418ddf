/** Connections to MCP servers, kept for a while after their last use. */
import { createHash } from 'node:crypto';
import { createMCPClient, type MCPClient } from '@ai-sdk/mcp';
import type { GuardedFetch } from '../outbound/fetch.ts';
import { httpTransport, type HttpServer } from './mcp-http.ts';
import { StdioTransport, type StdioServer } from './mcp-stdio.ts';

/** A server with its secrets filled in. */
export type ResolvedServer = ({ transport: 'http' } & HttpServer) | ({ transport: 'stdio' } & StdioServer);

export type McpConnection = {
  client: MCPClient;
  /** Why the server is gone, if it is: how its process ended and its last words. */
  ending: () => string | undefined;
  /** Whether it was there before this use, and so may have gone stale. */
  isReused: boolean;
  /** Must be called once, after the use; `discard` if the connection can't be used again. */
  release: (discard: boolean) => void;
};

export type McpConnections = {
  /** Rejects with what the client or the transport threw. */
  use: (workspaceId: string, server: ResolvedServer) => Promise<McpConnection>;
  close: () => Promise<void>;
};

type Entry = {
  opened: Promise<{ client: MCPClient; stdio: StdioTransport | undefined }>;
  users: number;
  idleTimer: NodeJS.Timeout | undefined;
};

const CONNECT_TIMEOUT_MS = 15_000;

const describeEnding = (stdio: StdioTransport): string => {
  const words = stdio.stderrTail.trim();
  return words === '' ? (stdio.exit ?? '') : `${stdio.exit}: ${words}`;
};

const open = async (server: ResolvedServer, fetch: GuardedFetch): Promise<Awaited<Entry['opened']>> => {
  const transport = server.transport === 'http' ? httpTransport(server, fetch) : new StdioTransport(server);
  const stdio = transport instanceof StdioTransport ? transport : undefined;
  try {
    const client = await createMCPClient({
      transport,
      clientName: 'countersign',
      initializationOptions: { timeout: CONNECT_TIMEOUT_MS },
      // Each failure also reaches the request it belongs to, or its time-out does.
      onUncaughtError: () => undefined,
    });
    return { client, stdio };
  } catch (error) {
    // The client has closed the transport. A process that ended by itself says why better than the client does.
    if (stdio?.exit === undefined) throw error;
    throw new Error(`it ended while it was starting (${describeEnding(stdio)})`, { cause: error });
  }
};

/**
 * Keeps one connection for each workspace and server. Never shared between workspaces, because servers keep state. An
 * idle one is closed after `idleSeconds`; a child process then ends.
 */
export const createMcpConnections = (options: { fetch: GuardedFetch; idleSeconds: number }): McpConnections => {
  const entries = new Map<string, Entry>();

  const drop = async (key: string, entry: Entry): Promise<void> => {
    clearTimeout(entry.idleTimer);
    if (entries.get(key) === entry) entries.delete(key);
    const opened = await entry.opened.catch(() => undefined); // it never opened
    await opened?.client.close().catch(() => undefined); // it is gone already
  };

  const use: McpConnections['use'] = async (workspaceId, server) => {
    // A digest, so that no secret lies about as a key; other secrets make another connection.
    const key = createHash('sha256')
      .update(JSON.stringify([workspaceId, server]))
      .digest('base64');
    const existing = entries.get(key);
    const entry = existing ?? { opened: open(server, options.fetch), users: 0, idleTimer: undefined };
    entries.set(key, entry);
    clearTimeout(entry.idleTimer);
    entry.users += 1;
    const opened = await entry.opened.catch(async (error: unknown) => {
      await drop(key, entry);
      throw error;
    });
    return {
      client: opened.client,
      ending: () => (opened.stdio?.exit === undefined ? undefined : describeEnding(opened.stdio)),
      isReused: existing !== undefined,
      release: (discard) => {
        entry.users -= 1;
        if (discard || opened.stdio?.exit !== undefined) {
          if (entries.get(key) === entry) entries.delete(key);
          // Others may still be in the middle of a call; the last one closes.
          if (entry.users === 0) void drop(key, entry);
          return;
        }
        if (entry.users > 0) return;
        if (entries.get(key) !== entry) void drop(key, entry);
        else entry.idleTimer = setTimeout(() => void drop(key, entry), options.idleSeconds * 1000).unref();
      },
    };
  };

  const close = async (): Promise<void> => {
    await Promise.all([...entries].map(([key, entry]) => drop(key, entry)));
  };
  return { use, close };
};
