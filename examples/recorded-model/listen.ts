/** A small HTTP server on the loopback address, for the servers of the examples. */
import { type IncomingHttpHeaders, type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Incoming = {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Milliseconds since 1970 when the head of the request was read. */
  readonly receivedAtMs: number;
};

export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Several are written one after another, as a stream; each as soon as it is there. */
  readonly chunks: Iterable<string> | AsyncIterable<string>;
};

export type Handler = (request: Incoming) => Reply | Promise<Reply>;

export type Listening = { readonly url: string; readonly close: () => Promise<void> };

const BODY_BYTES_MAX = 32 * 1024 * 1024;

/** Longer than any client keeps an idle connection, so that no request meets one that is just being closed. */
const KEEP_ALIVE_MS = 120_000;

export const jsonReply = (status: number, body: unknown): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  chunks: [JSON.stringify(body)],
});

/** Serves on 127.0.0.1; port 0 takes a free one. */
export const listen = async (handler: Handler, port = 0): Promise<Listening> => {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (message, response) => {
    const answer = async (): Promise<void> => {
      const receivedAtMs = Date.now();
      const body = await readBody(message);
      if (body === undefined) {
        response.writeHead(413, { connection: 'close' }).end();
        return;
      }
      const path = (message.url ?? '/').split('?')[0] ?? '/';
      const reply = await handler({
        method: message.method ?? 'GET',
        path,
        headers: message.headers,
        body,
        receivedAtMs,
      });
      response.writeHead(reply.status, reply.headers);
      for await (const chunk of reply.chunks) {
        if (response.destroyed) break;
        response.write(chunk);
      }
      response.end();
    };
    answer().catch((error: unknown) => {
      // A client that went away while sending is nobody's fault; anything else is a bug and ends the process.
      if (message.destroyed && !message.complete) return;
      throw error;
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  // A server that listens on TCP has an AddressInfo, never null or a pipe's name.
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const readBody = async (message: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** Keeps a server of its own process up until it is told to end. */
export const closeOnSignal = (close: () => Promise<void>): void => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void close().then(() => process.exit(0)));
};
