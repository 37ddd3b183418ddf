/** T67: nothing but engine/outbound opens a connection to where a workspace says. The linter refuses the global `fetch`. */
import { expect, test } from 'vitest';
import { isTestOnly, read, sources } from './repository.ts';

/** What runs in the server's process. */
const server = sources.filter(
  (path) => /^packages\/(contract|core|store|channels|engine|server)\/src\//.test(path) && !isTestOnly(path),
);

/** Ways to the network by import, whether of a value or of the whole module. */
const WAYS =
  /(?:from|import\(|import)\s*'(undici|(?:node:)?(?:http|https|http2|net|tls|dgram|dns|dns\/promises)|ws|axios|got|node-fetch|ky|nodemailer)'/g;

/** Who may use one, and what for. Listening, and looking at addresses, calls nobody. */
const ALLOWED: Readonly<Record<string, string>> = {
  'packages/channels/src/hang.ts': 'listens on this machine for a moment, as a mail server that says nothing',
  'packages/channels/src/email/mailer.ts': 'speaks to the mail server that the operator names',
  'packages/engine/src/outbound/connector.ts': 'is the guard: names and sockets',
  'packages/engine/src/outbound/fetch.ts': 'is the guard: requests',
  'packages/engine/src/outbound/socket.ts': 'is the guard: WebSockets',
  'packages/server/src/server.ts': 'listens',
  'packages/server/src/voice/relay.ts': 'takes the WebSockets of phone calls',
  'packages/server/src/http/address.ts': 'compares addresses',
  'packages/server/src/settings.ts': 'tells whether a text is an IP address',
  'packages/server/src/embedded/endpoint.ts': 'looks for a free port, on this machine',
  'packages/server/src/embedded/folders.ts': 'looks for a free path of a socket',
};

test('T67: only the guarded client imports what can call out; every other use is listed with its reason', () => {
  const found = server.filter((path) =>
    [...read(path).matchAll(WAYS)].some(({ index }) => {
      const line = read(path).slice(read(path).lastIndexOf('\n', index) + 1, read(path).indexOf('\n', index));
      return !line.startsWith('import type');
    }),
  );
  expect(found.toSorted()).toEqual(Object.keys(ALLOWED).toSorted());
});

test('T67: those that listen take nothing from the module that could call', () => {
  const calling =
    /import \{[^}]*\b(request|get|connect|createConnection|Agent)\b[^}]*\} from 'node:(http|https|net|tls)'/;
  const wrong = Object.keys(ALLOWED).filter((path) => !path.includes('/outbound/') && calling.test(read(path)));
  expect(wrong).toEqual([]);
});

test('T67: the libraries that call models and MCP servers are used where the guarded client is at hand, and nowhere else', () => {
  const elsewhere = server.filter(
    (path) =>
      /from '(@ai-sdk\/(?:openai|anthropic|google|openai-compatible|mcp)|@modelcontextprotocol\/[^']+)'/.test(
        read(path),
      ) &&
      !path.startsWith('packages/engine/src/models/') &&
      !path.startsWith('packages/engine/src/tools/'),
  );
  expect(elsewhere).toEqual([]);
});
