/** A real HTTP server for tests, which can be stopped and started again on its port, and told to fail. */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Received = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
};

/** Answers itself and returns; or returns 'reset' to cut the connection without an answer. */
export type Handle = (received: Received, response: ServerResponse) => void | 'reset' | Promise<void | 'reset'>;

export type TestHttpServer = {
  readonly url: string;
  readonly received: Received[];
  /** Puts a handler before the ordinary one, for one request that it accepts. */
  readonly once: (accepts: (received: Received) => boolean, handle: Handle) => void;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
};

const readBody = async (request: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
};

export const sendJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void => {
  const type = status >= 400 ? 'application/problem+json' : 'application/json';
  response
    .writeHead(status, { 'content-type': type, ...headers })
    .end(status === 204 ? undefined : JSON.stringify(body));
};

export const startHttpServer = async (handle: Handle): Promise<TestHttpServer> => {
  const received: Received[] = [];
  const before: { accepts: (received: Received) => boolean; handle: Handle }[] = [];
  let server: Server;
  let port = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = request;
    const what: Received = { method, url, headers, body: await readBody(request) };
    received.push(what);
    const index = before.findIndex(({ accepts }) => accepts(what));
    const chosen = index < 0 ? handle : (before.splice(index, 1)[0]?.handle ?? handle);
    if ((await chosen(what, response)) === 'reset') request.socket.resetAndDestroy();
  };

  const start = async (): Promise<void> => {
    server = createServer((request, response) => {
      answer(request, response).catch((error: unknown) => {
        console.error(error);
        response.destroy();
      });
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  };

  await start();
  return {
    url: `http://127.0.0.1:${port}`, // The port stays over a restart.
    received,
    once: (accepts, first) => void before.push({ accepts, handle: first }),
    start,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
