/** Every setting there is, one line each: an environment variable, what it means, what it is unless set. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { McpOauthSetting } from './settings-mcp-oauth.ts';
import { SsoProviders } from './settings-sso.ts';

/** `dev`: one machine, everything at hand. `start`: production, nothing assumed. */
export type Mode = 'dev' | 'start';

const ROLES = ['all', 'api', 'worker'] as const;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

type Setting<Schema extends z.ZodType = z.ZodType> = {
  description: string;
  schema: Schema;
  /** What holds when it is not set, where it isn't the same in both modes one for each; null: it must be set. */
  default: string | null | Readonly<Record<Mode, string | null>>;
  /** Its value is never shown. */
  secret?: true;
};

function setting<Schema extends z.ZodType>(entry: Setting<Schema>): Setting<Schema> {
  return entry;
}

const DATABASE_PROTOCOLS = new Set(['postgres:', 'postgresql:']);

const DatabaseUrl = z.string().refine((text) => DATABASE_PROTOCOLS.has(parseUrl(text)?.protocol ?? ''), {
  error: 'must be an address such as postgresql://user:password@host:5432/database',
});

const SECRET_BYTES_MIN = 32;
const PLACEHOLDER =
  /change-?_?me|replace-?_?me|your-?_?secret|example|default|placeholder|password|0123456789|abcdefgh/i;
/** 32 random bytes written in hexadecimal use 16 characters, and fewer than 10 of them about never. */
const DISTINCT_MIN = 10;

/** A secret that can be guessed opens every stored credential: refuse what was left from an example or typed by holding a key. */
const Secret = z
  .string()
  .refine((text) => Buffer.byteLength(text) >= SECRET_BYTES_MIN, {
    error: `must have at least ${SECRET_BYTES_MIN} bytes; make one with: openssl rand -hex 32`,
  })
  .refine((text) => !PLACEHOLDER.test(text) && new Set(text).size >= DISTINCT_MIN, {
    error: 'is a default or can be guessed; make one with: openssl rand -hex 32',
  });

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

const PublicUrl = z
  .string()
  .refine((text) => isOrigin(parseUrl(text)), {
    error: 'must be the address people open, with no path: https://countersign.example.com',
  })
  .refine((text) => isSecureOrLoopback(parseUrl(text)), {
    error: 'must begin with https:// (browsers keep the session cookie on secure addresses only)',
  })
  .transform((text) => new URL(text).origin);

const Cidrs = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .refine((list) => list.every(isCidr), {
    error: 'must be address ranges with commas between them: 10.0.0.0/8,fd00::/8',
  });

const SMTP_PROTOCOLS = new Set(['smtp:', 'smtps:']);

const SmtpUrl = z.string().refine((text) => text === '' || SMTP_PROTOCOLS.has(parseUrl(text)?.protocol ?? ''), {
  error: 'must be an address such as smtp://user:password@mail.example.com:587',
});

const MailFrom = z.string().regex(/^(?:[^<>\r\n"]+ <[^<>\s@]+@[^<>\s@]+>|[^<>\s@]+@[^<>\s@]+)$/, {
  error: 'must be an address, or a name and an address: Countersign <countersign@example.com>',
});

const Flag = z.enum(['true', 'false'], { error: 'must be true or false' }).transform((text) => text === 'true');

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, { error: `must be a whole number from ${least} to ${most}` })
    .transform(Number)
    .refine((number) => number >= least && number <= most, { error: `must be from ${least} to ${most}` });

const DevKeysContent = z.object({ agent_key: z.string(), reviewer_key: z.string() });

const DevKeys = z.string().transform((text, context): z.infer<typeof DevKeysContent> | null => {
  if (text === '') return null;
  const parsed = DevKeysContent.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  context.addIssue({ code: 'custom', message: 'must be JSON: {"agent_key": …, "reviewer_key": …}' });
  return z.NEVER;
});

const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

export const SETTINGS = {
  DATABASE_URL: setting({
    description: 'The PostgreSQL database. dev starts one of its own unless this is set.',
    schema: DatabaseUrl,
    default: null,
    secret: true,
  }),
  COUNTERSIGN_SECRET: setting({
    description: 'Encrypts what is stored secretly; at least 32 bytes. dev makes one and keeps it in its data folder.',
    schema: Secret,
    default: null,
    secret: true,
  }),
  COUNTERSIGN_SECRET_PREVIOUS: setting({
    description: 'The secret before it, while countersign rotate-secret runs: what was sealed under it still opens.',
    schema: z.union([z.literal('').transform(() => null), Secret]),
    default: '',
    secret: true,
  }),
  COUNTERSIGN_PUBLIC_URL: setting({
    description: 'The address at which people and programs reach this server.',
    schema: PublicUrl,
    default: null,
  }),
  COUNTERSIGN_HOST: setting({
    description: 'The address to listen on.',
    schema: z.string().min(1),
    default: { dev: '127.0.0.1', start: '0.0.0.0' },
  }),
  COUNTERSIGN_PORT: setting({
    description: 'The port to listen on; 0 takes a free one.',
    schema: wholeNumber(0, 65_535),
    default: '4400',
  }),
  COUNTERSIGN_ROLE: setting({
    description: 'What this process does: all, api (answers requests) or worker (runs agents, sends notices).',
    schema: oneOf(ROLES),
    default: 'all',
  }),
  COUNTERSIGN_DATABASE_POOL: setting({
    description: 'The most connections to the database that each role of this process keeps open.',
    schema: wholeNumber(2, 500),
    default: '10',
  }),
  COUNTERSIGN_ALLOW_CIDRS: setting({
    description: 'Private address ranges that tools and model providers may be at, with commas between them.',
    schema: Cidrs,
    default: '',
  }),
  COUNTERSIGN_TRUSTED_PROXIES: setting({
    description:
      'Address ranges of the proxies in front of this server, whose X-Forwarded-For says where a request comes from.',
    schema: Cidrs,
    default: '',
  }),
  COUNTERSIGN_ALLOW_STDIO_MCP: setting({
    description:
      'Whether an MCP tool may be a program that this server starts (whoever may define tools can then run programs here).',
    schema: Flag,
    default: 'false',
  }),
  COUNTERSIGN_OIDC: setting({
    description:
      'Providers of single sign-on (OpenID Connect), as a JSON array of {id, name, issuer, client_id, client_secret, domains, roles, workspace_id, second_factor}.',
    schema: SsoProviders,
    default: '',
    secret: true,
  }),
  COUNTERSIGN_MCP_OAUTH: setting({
    description:
      'The authorization server whose access tokens /mcp takes beside API keys, as a JSON object {issuer, jwks_url, audience, keys}; each of keys is {client_id, subject, api_key}: who acts with which key.',
    schema: McpOauthSetting,
    default: '',
    secret: true,
  }),
  COUNTERSIGN_RATE_LIMIT: setting({
    description: 'The most requests a minute that one credential (or, without one, one address) may make.',
    schema: wholeNumber(1, 100_000_000),
    default: '12000',
  }),
  COUNTERSIGN_LOG_LEVEL: setting({
    description: `How much is logged: ${LOG_LEVELS.join(', ')}.`,
    schema: oneOf(LOG_LEVELS),
    default: 'info',
  }),
  COUNTERSIGN_CHECKPOINT_FOLDER: setting({
    description:
      'A folder outside of the database where the last signed checkpoint of each audit log is kept, so that a restored database is recognised; best on another disk, and the same for all processes.',
    schema: z.string(),
    default: '',
  }),
  COUNTERSIGN_SMTP_URL: setting({
    description:
      'The mail server: smtp://user:password@mail.example.com:587 (STARTTLS where it is offered) or smtps://…:465. Without it no mail is sent.',
    schema: SmtpUrl,
    default: '',
    secret: true,
  }),
  COUNTERSIGN_MAIL_FROM: setting({
    description: 'The sender of mail, such as Countersign <countersign@example.com>.',
    schema: MailFrom,
    default: 'Countersign <countersign@localhost>',
  }),
  COUNTERSIGN_MIGRATE: setting({
    description: 'Whether the schema is brought up to date at start.',
    schema: Flag,
    default: 'false',
  }),
  COUNTERSIGN_DEMO: setting({
    description: 'Whether the demonstration workspace is loaded. Set by dev --demo.',
    schema: Flag,
    default: 'false',
  }),
  COUNTERSIGN_DEV_KEYS: setting({
    description: 'The keys of an earlier run, to be kept, as JSON. Set by dev.',
    schema: DevKeys,
    default: '',
    secret: true,
  }),
  COUNTERSIGN_EXIT_WITH_PARENT: setting({
    description: 'Whether the server ends when the process that started it does. Set by dev.',
    schema: Flag,
    default: 'false',
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

function isOrigin(url: URL | null): boolean {
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  return url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
}

function isSecureOrLoopback(url: URL | null): boolean {
  return url === null || url.protocol === 'https:' || LOOPBACK.test(url.hostname);
}

function isCidr(text: string): boolean {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const version = isIP(match?.[1] ?? '');
  return version !== 0 && Number(match?.[2]) <= (version === 4 ? 32 : 128);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
