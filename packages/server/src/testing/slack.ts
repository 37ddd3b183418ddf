/**
 * A server that answers as Slack's Web API is documented to (https://docs.slack.dev/reference/methods), and sends what Slack sends:
 * signed clicks, submitted modals, messages in threads. It checks tokens, media types and the limits of blocks, as Slack does.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export type SlackBlock = {
  type: string;
  block_id?: string;
  action_id?: string;
  text?: { type: string; text: string };
  value?: string;
  url?: string;
  style?: string;
  elements?: SlackBlock[];
  element?: SlackBlock & { initial_value?: string; initial_option?: { value: string }; options?: { value: string }[] };
  optional?: boolean;
};
export type SlackPost = {
  channel: string;
  ts: string;
  thread_ts?: string;
  text: string;
  blocks: SlackBlock[];
  metadata?: { event_payload: Record<string, string> };
  edited: boolean;
};
export type SlackView = {
  id: string;
  callback_id: string;
  private_metadata: string;
  title: { text: string };
  blocks: SlackBlock[];
};
export type SlackUser = {
  id: string;
  team_id: string;
  name: string;
  is_email_confirmed?: boolean;
  is_restricted?: boolean;
  deleted?: boolean;
  profile: { email: string };
};

export type TestSlack = {
  readonly url: string;
  readonly posts: SlackPost[];
  /** What only one user sees. */
  readonly whispers: { user: string; text: string; blocks: SlackBlock[] }[];
  readonly views: SlackView[];
  readonly users: SlackUser[];
  /** Whether the app has the scope to read what it wrote. */
  mayLook: boolean;
  /** How many of what is written fail, in no order: half of them before they are carried out, half after. */
  failing: number;
  /** Said instead of an answer to what is written, once each; `lost`: the call is carried out, and its answer does not arrive. */
  readonly trouble: (((response: ServerResponse) => void) | 'lost')[];
  /** Connections of socket mode that were greeted, oldest first. */
  readonly sockets: WebSocket[];
  /** Sends an envelope on the newest connection. @returns what it was acknowledged with */
  readonly push: (
    type: 'interactive' | 'events_api',
    payload: object,
    retries?: number,
  ) => Promise<{ payload?: object }>;
  readonly close: () => Promise<void>;
};

export const SLACK = {
  // Written apart, so that nobody takes it for a real one.
  token: ['xoxb', '0000000000', 'not-a-real-token'].join('-'),
  appToken: ['xapp', '0000000000', 'not-a-real-token'].join('-'),
  secret: '0123456789abcdef0123456789abcdef',
  channel: 'C0000TEST00',
  team: 'T0000TEAM00',
} as const;

const LIMITS: Readonly<Record<string, number>> = { header: 150, section: 3000, button: 75 };
const hasFault = (blocks: readonly SlackBlock[]): boolean =>
  blocks.length === 0 ||
  blocks.length > 50 ||
  blocks.some(
    ({ type, text, elements, value }) =>
      (text !== undefined && (text.text.length === 0 || text.text.length > (LIMITS[type] ?? 3000))) ||
      (type === 'context' && (elements?.length ?? 0) > 10) ||
      (value?.length ?? 0) > 2000 ||
      (type === 'actions' && hasFault(elements ?? [])),
  );

type Asked = {
  channel: string;
  ts?: string;
  thread_ts?: string;
  text: string;
  blocks: SlackBlock[];
  metadata?: SlackPost['metadata'];
  user?: string;
  trigger_id?: string;
  view?: Omit<SlackView, 'id'>;
};

/** Newest first, as many as are asked for, from where the cursor says. */
const pageOf = (posts: readonly SlackPost[], query: URLSearchParams): object => {
  const oldest = Number(query.get('oldest') ?? 0);
  const all = posts.filter(({ ts }) => Number(ts) >= oldest).toReversed();
  const from = Number(query.get('cursor') ?? 0);
  const to = from + Number(query.get('limit') ?? 100);
  const next = to < all.length ? String(to) : '';
  return { ok: true, messages: all.slice(from, to), response_metadata: { next_cursor: next } };
};

const chance = (failing: number): TestSlack['trouble'][number] | undefined => {
  if (Math.random() >= failing) return undefined;
  return Math.random() < 0.5 ? 'lost' : (response) => void response.writeHead(500).end('no');
};

export const startSlack = async (): Promise<TestSlack> => {
  const posts: SlackPost[] = [];
  const whispers: TestSlack['whispers'] = [];
  const views: SlackView[] = [];
  const users: SlackUser[] = [];
  const trouble: TestSlack['trouble'] = [];
  let written = 0;

  const write = ({ channel, text, blocks, thread_ts: thread, metadata }: Asked): object => {
    written += 1;
    const ts = `${Math.floor(Date.now() / 1000)}.${String(written).padStart(6, '0')}`;
    posts.push({
      channel,
      ts,
      ...(thread === undefined ? {} : { thread_ts: thread }),
      ...(metadata ? { metadata } : {}),
      text,
      blocks,
      edited: false,
    });
    return { ok: true, channel, ts, message: { text, blocks } };
  };
  const methods: Readonly<Record<string, (asked: Asked, query: URLSearchParams) => object>> = {
    'chat.postMessage': (asked) => write(asked),
    'chat.update': ({ ts, channel, text, blocks }) => {
      const post = posts.find((one) => one.ts === ts);
      if (!post) return { ok: false, error: 'message_not_found' };
      Object.assign(post, { text, blocks, edited: true });
      return { ok: true, channel, ts, text };
    },
    'chat.postEphemeral': ({ user, text, blocks }) => {
      whispers.push({ user: user ?? '', text, blocks });
      return { ok: true, message_ts: '1' };
    },
    'views.open': ({ trigger_id: trigger, view }) => {
      if (!trigger || !view) return { ok: false, error: 'invalid_arguments' };
      if (view.title.text.length > 24 || view.private_metadata.length > 3000 || hasFault(view.blocks))
        return { ok: false, error: 'invalid_arguments' };
      const opened = { ...view, id: `V${views.length}` };
      views.push(opened);
      return { ok: true, view: opened };
    },
    'users.info': (_, query) => {
      const user = users.find(({ id }) => id === query.get('user'));
      return user ? { ok: true, user } : { ok: false, error: 'user_not_found' };
    },
    'users.lookupByEmail': (_, query) => {
      const user = users.find(({ profile }) => profile.email === query.get('email'));
      return user ? { ok: true, user } : { ok: false, error: 'users_not_found' };
    },
    'conversations.history': (_, query) =>
      slack.mayLook
        ? pageOf(
            posts.filter((one) => one.channel === query.get('channel') && one.thread_ts === undefined),
            query,
          )
        : { ok: false, error: 'missing_scope' },
    'conversations.replies': (_, query) =>
      pageOf(
        posts.filter((one) => one.thread_ts === query.get('ts')),
        query,
      ),
  };
  const answer = (request: IncomingMessage, body: string): object => {
    const url = new URL(request.url ?? '', 'http://slack');
    const name = url.pathname.replace('/api/', '');
    const method = methods[name];
    if (name === 'apps.connections.open')
      return request.headers.authorization === `Bearer ${SLACK.appToken}`
        ? { ok: true, url: `ws://${request.headers.host ?? ''}/link?ticket=${randomUUID()}` }
        : { ok: false, error: 'invalid_auth' };
    if (request.headers.authorization !== `Bearer ${SLACK.token}`) return { ok: false, error: 'invalid_auth' };
    if (!method) return { ok: false, error: 'unknown_method' };
    if (request.method === 'POST' && !request.headers['content-type']?.startsWith('application/json'))
      return { ok: false, error: 'invalid_arguments' };
    const asked = (body === '' ? {} : JSON.parse(body)) as Asked;
    if (asked.channel !== undefined && asked.channel !== SLACK.channel)
      return { ok: false, error: 'channel_not_found' };
    if (asked.blocks && hasFault(asked.blocks)) return { ok: false, error: 'invalid_blocks' };
    return method(asked, url.searchParams);
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const isWriting = request.url?.startsWith('/api/chat.') === true;
      const instead = isWriting ? (trouble.shift() ?? chance(slack.failing)) : undefined;
      if (typeof instead === 'function') return instead(response);
      const text = JSON.stringify(answer(request, body));
      if (instead === 'lost') return void response.destroy();
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    });
  });
  const sockets: WebSocket[] = [];
  const acks = new Map<string, (ack: { payload?: object }) => void>();
  const links = new WebSocketServer({ server, path: '/link' });
  links.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('message', (data: Buffer) => {
      const ack = JSON.parse(data.toString('utf8')) as { envelope_id: string; payload?: object };
      acks.get(ack.envelope_id)?.(ack);
    });
    socket.send(JSON.stringify({ type: 'hello', num_connections: sockets.length }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server's address is an object
  const slack: TestSlack = {
    mayLook: true,
    failing: 0,
    url: `http://127.0.0.1:${port}/api`,
    posts,
    whispers,
    views,
    users,
    trouble,
    sockets,
    push: (type, payload, retries = 0) =>
      new Promise((resolve) => {
        const id = randomUUID();
        acks.set(id, resolve);
        const envelope = { envelope_id: id, type, payload, accepts_response_payload: true, retry_attempt: retries };
        sockets.at(-1)?.send(JSON.stringify(envelope));
      }),
    close: async () => {
      for (const socket of sockets) socket.terminate();
      links.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return slack;
};

export const buttonsIn = (blocks: readonly SlackBlock[]): SlackBlock[] =>
  blocks.flatMap((block) => (block.type === 'button' ? [block] : buttonsIn(block.elements ?? [])));

/** What is said instead of the truth when a request is forged or replayed. */
export type Signed = { readonly body: string; readonly headers: Readonly<Record<string, string>> };

export const signSlack = (
  body: string,
  {
    secret = SLACK.secret,
    at = Date.now(),
    mediaType = 'application/x-www-form-urlencoded',
  }: { secret?: string; at?: number; mediaType?: string } = {},
): Signed => {
  const timestamp = String(Math.floor(at / 1000));
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
  return {
    body,
    headers: { 'content-type': mediaType, 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature },
  };
};

export const interaction = (payload: object): string =>
  new URLSearchParams({ payload: JSON.stringify(payload) }).toString();

type By = { readonly id: string; readonly team?: string };

/** A click on a button of a message, as Slack tells of it. */
export const clickOn = (post: SlackPost, action: string, { id, team = SLACK.team }: By): object => {
  const button = buttonsIn(post.blocks).find((one) => one.action_id === action);
  if (!button) throw new Error(`the message has no button ${action}`);
  return {
    type: 'block_actions',
    team: { id: team },
    user: { id, team_id: team, username: id },
    trigger_id: randomUUID(),
    response_url: 'http://127.0.0.1:9/never',
    container: { type: 'message', channel_id: post.channel, message_ts: post.ts },
    channel: { id: post.channel },
    message: { ts: post.ts, ...(post.thread_ts === undefined ? {} : { thread_ts: post.thread_ts }) },
    actions: [{ type: 'button', action_id: action, value: button.value ?? '', action_ts: '1' }],
  };
};

/** A modal as it is submitted: what is not named stays as it was filled in beforehand. */
export const submissionOf = (
  view: SlackView,
  values: Readonly<Record<string, string>>,
  { id, team = SLACK.team }: By,
): object => ({
  type: 'view_submission',
  team: { id: team },
  user: { id, team_id: team },
  trigger_id: randomUUID(),
  view: {
    id: view.id,
    callback_id: view.callback_id,
    private_metadata: view.private_metadata,
    state: {
      values: Object.fromEntries(
        view.blocks.flatMap(({ block_id: block = '', element }) => {
          if (!element) return [];
          const given = values[block.replace('field:', '')] ?? element.initial_value ?? element.initial_option?.value;
          const value =
            element.type === 'static_select'
              ? { type: element.type, selected_option: given === undefined ? null : { value: given } }
              : { type: element.type, value: given ?? null };
          return [[block, { value }]];
        }),
      ),
    },
  },
});

/** What somebody writes in the thread of a message. */
export const replyUnder = (post: SlackPost, text: string, { id, team = SLACK.team }: By): object => ({
  type: 'event_callback',
  team_id: team,
  event_id: `Ev${randomUUID()}`,
  event: { type: 'message', channel: post.channel, user: id, text, ts: randomUUID(), thread_ts: post.ts },
});
