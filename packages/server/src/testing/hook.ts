/** A receiver of webhooks: a real HTTP server that keeps what came and answers as it is told. */
import { once } from 'node:events';
import { type IncomingHttpHeaders, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Hooked = { readonly headers: IncomingHttpHeaders; readonly body: string; readonly atMs: number };

export type TestHook = {
  readonly url: string;
  readonly got: Hooked[];
  /** How it answers from now on; 204 unless told. */
  answer: (hooked: Hooked, response: ServerResponse) => void;
  readonly close: () => Promise<void>;
};

export const startHook = async (): Promise<TestHook> => {
  const got: Hooked[] = [];
  const server = createServer((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (text: string) => (body += text));
    incoming.on('end', () => {
      const hooked = { headers: incoming.headers, body, atMs: Date.now() };
      got.push(hooked);
      hook.answer(hooked, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server's address is an object
  const hook: TestHook = {
    url: `http://127.0.0.1:${port}/hook`,
    got,
    answer: (_, response) => void response.writeHead(204).end(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return hook;
};
