/**
 * A server that answers as Discord's API is documented to (https://docs.discord.com/developers/resources/message), and signs clicks as
 * Discord does, with a key of its own.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Component = { type: number; label?: string; custom_id?: string; url?: string; components?: Component[] };
export type DiscordPost = {
  id: string;
  content?: string;
  embeds?: { title: string; description: string; fields: { name: string; value: string }[] }[];
  components?: Component[];
  allowed_mentions: { parse: string[] };
  message_reference?: { message_id: string };
  nonce?: string;
  edited: boolean;
};

export const DISCORD = {
  // Written apart, so that nobody takes it for a real one.
  token: ['MTAw', 'not', 'a-real-token-of-anybody'].join('.'),
  channel: '100000000000000001',
} as const;

export type TestDiscord = {
  readonly url: string;
  readonly publicKey: string;
  readonly posts: DiscordPost[];
  /** Said instead of an answer, once each; `lost`: the call is carried out, and its answer does not arrive. */
  readonly trouble: (((response: ServerResponse) => void) | 'lost')[];
  /** An interaction as Discord posts it. */
  readonly signed: (interaction: object, at?: number) => { body: string; headers: Record<string, string> };
  readonly close: () => Promise<void>;
};

const isTooLong = ({ embeds = [], content = '', components = [] }: Partial<DiscordPost>): boolean =>
  content.length > 2000 ||
  components.some(
    (row) => (row.components ?? []).length > 5 || row.components?.some(({ custom_id: id = '' }) => id.length > 100),
  ) ||
  embeds.some(
    ({ title, description, fields }) =>
      title.length > 256 ||
      description.length > 4096 ||
      fields.some(({ name, value }) => name.length > 256 || value.length > 1024 || value === '') ||
      JSON.stringify([title, description, fields.map(({ name, value }) => name + value)]).length > 7000,
  );

export const startDiscord = async (): Promise<TestDiscord> => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const posts: DiscordPost[] = [];
  const trouble: TestDiscord['trouble'] = [];
  let written = 0;
  const carryOut = (method: string, path: string, asked: DiscordPost): readonly [status: number, body: object] => {
    if (isTooLong(asked)) return [400, { code: 50_035, message: 'Invalid Form Body' }];
    const id = /\/messages\/(\d+)$/.exec(path)?.[1];
    if (method === 'PATCH') {
      const post = posts.find((one) => one.id === id);
      if (!post) return [404, { code: 10_008, message: 'Unknown Message' }];
      Object.assign(post, asked, { edited: true });
      return [200, post];
    }
    if (!path.startsWith(`/channels/${DISCORD.channel}/`)) return [404, { code: 10_003, message: 'Unknown Channel' }];
    // enforce_nonce: the message of this nonce is returned, and no other is made.
    const before = posts.find(({ nonce }) => nonce !== undefined && nonce === asked.nonce);
    if (before) return [200, before];
    written += 1;
    const post = { ...asked, id: `2${String(written).padStart(17, '0')}`, edited: false };
    posts.push(post);
    return [200, post];
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const instead = trouble.shift();
      if (typeof instead === 'function') return instead(response);
      const isKnown = request.headers.authorization === `Bot ${DISCORD.token}`;
      const [status, told] = isKnown
        ? carryOut(request.method ?? '', request.url ?? '', JSON.parse(body) as DiscordPost)
        : ([401, { message: '401: Unauthorized', code: 0 }] as const);
      if (instead === 'lost') return void response.destroy();
      return void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(told));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server's address is an object
  return {
    url: `http://127.0.0.1:${port}`,
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex'),
    posts,
    trouble,
    signed: (interaction, at = Date.now()) => {
      const body = JSON.stringify(interaction);
      const timestamp = String(Math.floor(at / 1000));
      const signature = sign(null, Buffer.from(timestamp + body), privateKey).toString('hex');
      return {
        body,
        headers: {
          'content-type': 'application/json',
          'x-signature-timestamp': timestamp,
          'x-signature-ed25519': signature,
        },
      };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
