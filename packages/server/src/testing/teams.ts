/**
 * A server that answers as the Bot Connector and Microsoft's sign-in are documented to, and signs what it sends as the connector does:
 * https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication (its own keys and OpenID metadata).
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';

type Inline = { text: string };
export type TeamsElement = {
  type: string;
  text?: string;
  id?: string;
  title?: string;
  verb?: string;
  data?: Record<string, string>;
  url?: string;
  value?: string;
  isRequired?: boolean;
  inlines?: Inline[];
  items?: TeamsElement[];
  card?: TeamsCard;
};
export type TeamsCard = { type: string; version?: string; body: TeamsElement[]; actions: TeamsElement[] };
export type TeamsPost = {
  conversation: string;
  id: string;
  /** The message that its thread began with; null: it began one. */
  under: string | null;
  card: TeamsCard;
  summary: string;
  edited: boolean;
};
export type TeamsAccount = {
  id: string;
  name: string;
  aadObjectId: string;
  userPrincipalName: string;
  userRole: string;
  tenantId: string;
};

export const TEAMS = {
  appId: '10000000-0000-4000-8000-000000000001',
  tenant: '20000000-0000-4000-8000-000000000002',
  channel: '19:0123456789abcdef@thread.tacv2',
  chat: '19:meeting_0123@thread.v2',
  // Written apart, so that nobody takes it for a real one.
  secret: ['not', 'a', 'real', 'secret'].join('~'),
} as const;

export type TestTeams = {
  readonly url: string;
  readonly settings: Record<string, unknown>;
  readonly posts: TeamsPost[];
  readonly members: TeamsAccount[];
  /** Said instead of an answer to what is written, once each; `lost`: the call is carried out, and its answer does not arrive. */
  readonly trouble: (((response: ServerResponse) => void) | 'lost')[];
  /** How many tokens were given, and how often keys were read. */
  readonly counts: { tokens: number; keys: number };
  /** Tokens given before are good no more. */
  readonly takeTokensBack: () => void;
  readonly signed: (activity: object, as?: SignedAs) => Promise<{ body: string; headers: Record<string, string> }>;
  readonly close: () => Promise<void>;
};

type SignedAs = {
  readonly at?: number;
  readonly issuer?: string;
  readonly audience?: string;
  readonly serviceUrl?: string;
  /** `unendorsed`: a key of the connector's that does not stand for Teams; `forged`: one that is not its own. */
  readonly key?: 'good' | 'unendorsed' | 'forged';
};

const ISSUER = 'https://api.botframework.com';
const CARD_BYTES_MAX = 28_000;

const readBody = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  for await (const part of request.setEncoding('utf8')) body += part as string;
  return body;
};

type Asked = {
  id?: string;
  summary?: string;
  attachments?: { contentType: string; content: TeamsCard }[];
  activity?: Asked;
  isGroup?: boolean;
  members?: { id: string }[];
  channelData?: { channel?: { id: string } };
};
type Told = readonly [status: number, body: object];

const fault = (status: number, code: string, message: string): Told => [status, { error: { code, message } }];

/** What Teams would not take of a message. */
const faultOf = ({ attachments = [] }: Asked): Told | null => {
  const [first] = attachments;
  if (first?.contentType !== 'application/vnd.microsoft.card.adaptive' || first.content.version !== '1.5')
    return fault(400, 'BadArgument', 'not an adaptive card');
  if (first.content.actions.length > 6) return fault(400, 'BadArgument', 'too many actions');
  return JSON.stringify(first.content).length > CARD_BYTES_MAX
    ? fault(413, 'MessageSizeTooBig', 'Message size too large.')
    : null;
};

export const startTeams = async (): Promise<TestTeams> => {
  const posts: TeamsPost[] = [];
  const members: TeamsAccount[] = [];
  const trouble: TestTeams['trouble'] = [];
  const counts = { tokens: 0, keys: 0 };
  const keys = {
    good: await generateKeyPair('RS256'),
    unendorsed: await generateKeyPair('RS256'),
    forged: await generateKeyPair('RS256'),
  };
  let token = '';
  let written = 0;
  let url = '';

  const write = (conversation: string, { attachments = [], summary = '' }: Asked): TeamsPost => {
    written += 1;
    const id = String(1_700_000_000_000 + written);
    const [channel = '', under = null] = conversation.split(';messageid=');
    const isChannel = channel === TEAMS.channel;
    const card = attachments[0]?.content as TeamsCard;
    const begun = isChannel && under === null ? `${channel};messageid=${id}` : conversation;
    const post = { conversation: begun, id, under, card, summary, edited: false };
    posts.push(post);
    return post;
  };

  const begin = ({ activity, isGroup, members: with_ = [], channelData }: Asked): Told => {
    if (!isGroup) return [201, { id: `a:${with_[0]?.id ?? ''}` }];
    if (channelData?.channel?.id !== TEAMS.channel || !activity)
      return fault(404, 'ConversationNotFound', 'Conversation not found.');
    const wrong = faultOf(activity);
    if (wrong) return wrong;
    const post = write(TEAMS.channel, activity);
    return [201, { id: post.conversation, activityId: post.id }];
  };

  const carryOut = (method: string, path: string, query: URLSearchParams, asked: Asked): Told => {
    if (path === '/v3/conversations') return begin(asked);
    const [, , , conversation = '', what, id] = path.split('/').map(decodeURIComponent);
    if (what === 'pagedmembers') {
      const from = Number(query.get('continuationToken') ?? 0);
      const more = from + 1 < members.length ? { continuationToken: String(from + 1) } : {};
      return [200, { members: members.slice(from, from + 1), ...more }];
    }
    if (what === 'members') {
      const found = members.find((one) => one.id === id);
      return found ? [200, found] : fault(404, 'MemberNotFoundInConversation', 'No such member.');
    }
    const wrong = faultOf(asked);
    if (wrong) return wrong;
    if (method === 'PUT') {
      const post = posts.find((one) => one.id === id && one.conversation === conversation);
      if (!post) return fault(404, 'ActivityNotFound', 'No such activity.');
      Object.assign(post, { card: asked.attachments?.[0]?.content, summary: asked.summary, edited: true });
      return [200, { id }];
    }
    return [201, { id: write(conversation, asked).id }];
  };

  const answer = async (request: IncomingMessage): Promise<Told | ((response: ServerResponse) => void) | 'lost'> => {
    const { pathname, searchParams } = new URL(request.url ?? '', url);
    const body = await readBody(request);
    if (pathname === '/openid') return [200, { issuer: ISSUER, jwks_uri: `${url}/keys` }];
    if (pathname === '/keys') {
      counts.keys += 1;
      const jwk = async (kid: 'good' | 'unendorsed', endorsements: string[]): Promise<object> => ({
        ...(await exportJWK(keys[kid].publicKey)),
        kid,
        use: 'sig',
        endorsements,
      });
      return [200, { keys: [await jwk('good', ['msteams', 'webchat']), await jwk('unendorsed', ['skype'])] }];
    }
    if (pathname === `/${TEAMS.tenant}/oauth2/v2.0/token`) {
      const given = new URLSearchParams(body);
      const isGood =
        given.get('client_id') === TEAMS.appId &&
        given.get('client_secret') === TEAMS.secret &&
        given.get('grant_type') === 'client_credentials' &&
        given.get('scope') === 'https://api.botframework.com/.default';
      if (!isGood) return [401, { error: 'invalid_client', error_description: 'AADSTS7000215' }];
      counts.tokens += 1;
      token = `token-${randomUUID()}`;
      return [200, { token_type: 'Bearer', expires_in: 3599, access_token: token }];
    }
    if (request.headers.authorization !== `Bearer ${token}`)
      return fault(401, 'Unauthorized', 'Authorization has been denied.');
    const isWritten = request.method !== 'GET';
    const instead = isWritten ? trouble.shift() : undefined;
    if (typeof instead === 'function') return instead;
    const told = carryOut(request.method ?? '', pathname, searchParams, body === '' ? {} : (JSON.parse(body) as Asked));
    return instead ?? told;
  };

  const server = createServer((request, response) => {
    answer(request).then(
      (told) => {
        if (told === 'lost') return void response.destroy();
        if (typeof told === 'function') return told(response);
        return void response.writeHead(told[0], { 'content-type': 'application/json' }).end(JSON.stringify(told[1]));
      },
      (error: unknown) => void response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server's address is an object
  url = `http://127.0.0.1:${port}`;
  return {
    url,
    settings: {
      channel: TEAMS.channel,
      app_id: TEAMS.appId,
      tenant_id: TEAMS.tenant,
      api_url: url,
      login_url: url,
      openid_url: `${url}/openid`,
    },
    posts,
    members,
    trouble,
    counts,
    takeTokensBack: () => {
      token = '';
    },
    signed: async (activity, { at = Date.now(), issuer = ISSUER, audience = TEAMS.appId, ...as } = {}) => {
      const { serviceUrl = url, key = 'good' } = as;
      const jwt = await new SignJWT({ serviceurl: serviceUrl })
        .setProtectedHeader({ alg: 'RS256', kid: key, typ: 'JWT' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(Math.floor(at / 1000))
        .setExpirationTime(Math.floor(at / 1000) + 3600)
        .sign(keys[key].privateKey);
      const body = JSON.stringify({ timestamp: new Date(at).toISOString(), serviceUrl: url, ...activity });
      return { body, headers: { 'content-type': 'application/json', authorization: `Bearer ${jwt}` } };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** All actions of a card, also those that unfold. */
export const actionsIn = ({ actions }: TeamsCard): TeamsElement[] =>
  actions.flatMap((action) => [action, ...(action.card ? actionsIn(action.card) : [])]);

export const textIn = (card: TeamsCard): string => {
  const of = ({ text = '', inlines = [], items = [] }: TeamsElement): string =>
    [text, ...inlines.map((run) => run.text), ...items.map(of)].filter(Boolean).join('\n');
  return card.body.map(of).join('\n');
};

/** A press of a button as Teams tells of it, with what was filled in. */
export const pressOn = (
  post: TeamsPost,
  verb: string,
  from: TeamsAccount,
  filled: Record<string, string> = {},
  card = post.card,
): object => {
  const action = actionsIn(card).find((one) => one.verb === verb);
  if (!action) throw new Error(`the card has no button ${verb}`);
  return {
    type: 'invoke',
    name: 'adaptiveCard/action',
    id: `f:${randomUUID()}`,
    channelId: 'msteams',
    from: { id: from.id, name: from.name, aadObjectId: from.aadObjectId },
    conversation: { id: post.conversation, tenantId: from.tenantId, conversationType: 'channel' },
    channelData: { tenant: { id: from.tenantId } },
    recipient: { id: `28:${TEAMS.appId}` },
    replyToId: post.id,
    value: { action: { type: 'Action.Execute', verb, data: { ...action.data, ...filled } }, trigger: 'manual' },
  };
};

/** What somebody writes below a message. */
export const replyBelow = (post: TeamsPost, text: string, from: TeamsAccount): object => ({
  type: 'message',
  id: String(Date.now()),
  channelId: 'msteams',
  text: `<at>Countersign</at> ${text}`,
  entities: [{ type: 'mention', text: '<at>Countersign</at>', mentioned: { id: `28:${TEAMS.appId}` } }],
  from: { id: from.id, name: from.name, aadObjectId: from.aadObjectId },
  conversation: { id: post.conversation, tenantId: from.tenantId, conversationType: 'channel' },
  channelData: { tenant: { id: from.tenantId } },
});
