/** Real servers on this machine, for the tests of everything that calls out. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createGuardedFetch, type GuardedFetch } from './fetch.ts';
import type { OutboundPolicy } from './guard.ts';
import type { Resolve } from './connector.ts';

export type SeenRequest = { method: string; path: string; headers: IncomingHttpHeaders; body: string };

export type TestServer = {
  port: number;
  url: string;
  seen: { connections: number; requests: SeenRequest[] };
  close: () => void;
};

/** Allows this machine, as an operator would for a service beside the server. */
export const LOCAL = { allowCidrs: ['127.0.0.0/8', '::1/128'] };

/** A server on every address of this machine, which counts connections and keeps requests. Ends with the test. */
export const startServer = async (
  answer: (request: SeenRequest, response: ServerResponse) => void,
): Promise<TestServer> => {
  const seen: TestServer['seen'] = { connections: 0, requests: [] };
  const server = createServer((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (text: string) => (body += text));
    incoming.on('end', () => {
      const { method = '', url: path = '', headers } = incoming;
      seen.requests.push({ method, path, headers, body });
      answer({ method, path, headers, body }, response);
    });
  });
  server.on('connection', () => (seen.connections += 1));
  server.listen(0, '::');
  await once(server, 'listening');
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  const { port } = server.address() as AddressInfo; // a TCP server's address is an object
  return { port, url: `http://127.0.0.1:${port}`, seen, close };
};

/** A guarded fetch that ends with the test. */
export const guardedFetch = (overrides: Partial<OutboundPolicy> & { resolve?: Resolve } = {}): GuardedFetch => {
  const guarded = createGuardedFetch({ allowCidrs: [], ownPorts: [], ...overrides });
  onTestFinished(guarded.close);
  return guarded;
};
