/**
 * A server that answers as Slack's Web API is documented to: https://docs.slack.dev/reference/methods/chat.postMessage and
 * chat.update. It checks token, content type, channel and the limits of blocks, and keeps the messages.
 */
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Block = { type: string; text?: { type: string; text: string }; elements?: Block[]; url?: string };
export type SlackPost = {
  channel: string;
  ts: string;
  thread_ts?: string;
  text: string;
  blocks: Block[];
  edited: boolean;
};

export type TestSlack = {
  readonly url: string;
  readonly posts: SlackPost[];
  /** Said instead of an answer, once each. */
  readonly trouble: ((response: ServerResponse) => void)[];
  readonly close: () => Promise<void>;
};

const LIMITS: Readonly<Record<string, number>> = { header: 150, section: 3000 };
const hasFault = (blocks: readonly Block[]): boolean =>
  blocks.length === 0 ||
  blocks.length > 50 ||
  blocks.some(
    ({ type, text, elements }) =>
      (text !== undefined && (text.text.length === 0 || text.text.length > (LIMITS[type] ?? 3000))) ||
      (type === 'context' && (elements?.length ?? 0) > 10),
  );

export const TOKEN = 'xoxb-0000000000-not-a-real-token';
export const CHANNEL = 'C0000TEST00';

type Asked = { channel: string; ts?: string; thread_ts?: string; text: string; blocks: Block[] };

export const startSlack = async (): Promise<TestSlack> => {
  const posts: SlackPost[] = [];
  const trouble: TestSlack['trouble'] = [];
  const answer = (request: IncomingMessage, body: string): object => {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return { ok: false, error: 'invalid_auth' };
    if (!request.headers['content-type']?.startsWith('application/json'))
      return { ok: false, error: 'invalid_arguments' };
    const asked = JSON.parse(body) as Asked;
    if (asked.channel !== CHANNEL) return { ok: false, error: 'channel_not_found' };
    if (hasFault(asked.blocks)) return { ok: false, error: 'invalid_blocks' };
    const { channel, text, blocks } = asked;
    if (request.url === '/api/chat.update') {
      const post = posts.find(({ ts }) => ts === asked.ts);
      if (!post) return { ok: false, error: 'message_not_found' };
      Object.assign(post, { text, blocks, edited: true });
      return { ok: true, channel, ts: post.ts, text };
    }
    const ts = `1700000000.${String(posts.length + 1).padStart(6, '0')}`;
    const thread = asked.thread_ts === undefined ? {} : { thread_ts: asked.thread_ts };
    posts.push({ channel, ts, ...thread, text, blocks, edited: false });
    return { ok: true, channel, ts, message: { text, blocks } };
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const instead = trouble.shift();
      if (instead) instead(response);
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer(request, body)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server's address is an object
  return {
    url: `http://127.0.0.1:${port}/api`,
    posts,
    trouble,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
