/**
 * A shop's own page with a chat on it, as a customer of Countersign would build it: the page is the shop's, the agent runs
 * in Countersign, and the shop's server alone holds the API key.
 *
 *     COUNTERSIGN_URL=http://127.0.0.1:4400 COUNTERSIGN_KEY=csk_… AGENT=agt_… node examples/embed/server.ts [--port N]
 */
import { parseArgs } from 'node:util';
import { createClient } from '@countersign/sdk';
import {
  type Handler,
  type Listening,
  type Reply,
  closeOnSignal,
  jsonReply,
  listen,
} from '../recorded-model/listen.ts';

export type ShopOptions = {
  readonly countersignUrl: string;
  readonly apiKey: string;
  readonly agentId: string;
  readonly port?: number;
  /** Whether the page is for staff, whose card opens the request for who may decide. */
  readonly isForStaff?: boolean;
};

const page = (server: string, conversation: string, isForStaff: boolean): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Hellmann Lighting: help</title>
    <script type="module" src="${server}/embed/countersign-chat.js"></script>
  </head>
  <body>
    <main>
      <h1>How can we help?</h1>
      <countersign-chat server="${server}" conversation="${conversation}" token-url="/chat-token?conversation=${conversation}"${isForStaff ? ' reviewer' : ''}></countersign-chat>
    </main>
  </body>
</html>`;

const html = (body: string, server: string): Reply => ({
  status: 200,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    // All that the chat needs: its script and its calls. Its styles are no inline styles.
    'content-security-policy': `default-src 'none'; script-src ${server}; connect-src 'self' ${server}; base-uri 'none'; frame-ancestors 'none'`,
  },
  chunks: [body],
});

/** Serves the page; `url` is its origin. */
export const startShop = async (options: ShopOptions): Promise<Listening> => {
  const { countersignUrl, apiKey, agentId, isForStaff = false } = options;
  const client = createClient({ baseUrl: countersignUrl, apiKey });
  let origin = '';
  // A real shop keeps these in the session of whoever is signed in. Here everybody who comes gets a conversation.
  const conversations = new Set<string>();

  const handler: Handler = async ({ method, path, query }) => {
    if (method === 'GET' && path === '/') {
      const { id } = await client.conversations.create({ agent_id: agentId });
      conversations.add(id);
      return html(page(countersignUrl, id, isForStaff), countersignUrl);
    }
    if (method === 'POST' && path === '/chat-token') {
      const id = new URLSearchParams(query).get('conversation') ?? '';
      if (!conversations.has(id)) return jsonReply(404, { error: 'not a conversation of this visitor' });
      const { token } = await client.conversations.createToken(id, { origin, expires_in_seconds: 900 });
      return jsonReply(200, { token });
    }
    return jsonReply(404, { error: 'not here' });
  };
  const server = await listen(handler, options.port);
  origin = server.url;
  return server;
};

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: 'string' } } });
  const { COUNTERSIGN_URL = 'http://127.0.0.1:4400', COUNTERSIGN_KEY = '', AGENT = '' } = process.env;
  const port = values.port === undefined ? {} : { port: Number(values.port) };
  const shop = await startShop({ countersignUrl: COUNTERSIGN_URL, apiKey: COUNTERSIGN_KEY, agentId: AGENT, ...port });
  closeOnSignal(shop.close);
  console.log(`The shop's page: ${shop.url}`);
}
