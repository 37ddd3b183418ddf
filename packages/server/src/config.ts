/** Reads the environment into a typed configuration, once, at start; nothing else reads process.env. */
import type { z } from 'zod';
import { SETTINGS, type Mode, type SettingName } from './settings.ts';

type Value<Name extends SettingName> = z.output<(typeof SETTINGS)[Name]['schema']>;

export type Config = {
  mode: Mode;
  databaseUrl: Value<'DATABASE_URL'>;
  secret: Value<'COUNTERSIGN_SECRET'>;
  secretPrevious: Value<'COUNTERSIGN_SECRET_PREVIOUS'>;
  /** With scheme and without a slash at the end. */
  publicUrl: Value<'COUNTERSIGN_PUBLIC_URL'>;
  host: Value<'COUNTERSIGN_HOST'>;
  port: Value<'COUNTERSIGN_PORT'>;
  role: Value<'COUNTERSIGN_ROLE'>;
  databasePool: Value<'COUNTERSIGN_DATABASE_POOL'>;
  allowCidrs: Value<'COUNTERSIGN_ALLOW_CIDRS'>;
  trustedProxies: Value<'COUNTERSIGN_TRUSTED_PROXIES'>;
  allowStdioMcp: Value<'COUNTERSIGN_ALLOW_STDIO_MCP'>;
  oidc: Value<'COUNTERSIGN_OIDC'>;
  mcpOauth: Value<'COUNTERSIGN_MCP_OAUTH'>;
  /** Requests a minute, for each credential and each address. */
  rateLimit: Value<'COUNTERSIGN_RATE_LIMIT'>;
  logLevel: Value<'COUNTERSIGN_LOG_LEVEL'>;
  /** Empty: none. */
  checkpointFolder: Value<'COUNTERSIGN_CHECKPOINT_FOLDER'>;
  /** Empty: no mail. */
  smtpUrl: Value<'COUNTERSIGN_SMTP_URL'>;
  mailFrom: Value<'COUNTERSIGN_MAIL_FROM'>;
  migrate: Value<'COUNTERSIGN_MIGRATE'>;
  demo: Value<'COUNTERSIGN_DEMO'>;
  devKeys: Value<'COUNTERSIGN_DEV_KEYS'>;
  exitWithParent: Value<'COUNTERSIGN_EXIT_WITH_PARENT'>;
};

export type ConfigProblem = { name: SettingName; reason: string };
export type ConfigResult = { ok: true; config: Config } | { ok: false; problems: ConfigProblem[] };
export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration, or everything that is wrong with it at once. An empty variable counts as not set. */
export function readConfig(env: Environment, mode: Mode): ConfigResult {
  const problems: ConfigProblem[] = [];
  const read = <Name extends SettingName>(name: Name): Value<Name> => {
    const result = readSetting(env, mode, name);
    if (!result.ok) problems.push({ name, reason: result.reason });
    // After a problem nothing of this is handed out.
    return (result.ok ? result.value : undefined) as Value<Name>;
  };
  const config: Config = {
    mode,
    databaseUrl: read('DATABASE_URL'),
    secret: read('COUNTERSIGN_SECRET'),
    secretPrevious: read('COUNTERSIGN_SECRET_PREVIOUS'),
    publicUrl: read('COUNTERSIGN_PUBLIC_URL'),
    host: read('COUNTERSIGN_HOST'),
    port: read('COUNTERSIGN_PORT'),
    role: read('COUNTERSIGN_ROLE'),
    databasePool: read('COUNTERSIGN_DATABASE_POOL'),
    allowCidrs: read('COUNTERSIGN_ALLOW_CIDRS'),
    trustedProxies: read('COUNTERSIGN_TRUSTED_PROXIES'),
    allowStdioMcp: read('COUNTERSIGN_ALLOW_STDIO_MCP'),
    oidc: read('COUNTERSIGN_OIDC'),
    mcpOauth: read('COUNTERSIGN_MCP_OAUTH'),
    rateLimit: read('COUNTERSIGN_RATE_LIMIT'),
    logLevel: read('COUNTERSIGN_LOG_LEVEL'),
    checkpointFolder: read('COUNTERSIGN_CHECKPOINT_FOLDER'),
    smtpUrl: read('COUNTERSIGN_SMTP_URL'),
    mailFrom: read('COUNTERSIGN_MAIL_FROM'),
    migrate: read('COUNTERSIGN_MIGRATE'),
    demo: read('COUNTERSIGN_DEMO'),
    devKeys: read('COUNTERSIGN_DEV_KEYS'),
    exitWithParent: read('COUNTERSIGN_EXIT_WITH_PARENT'),
  };
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems };
}

export type SettingResult = { ok: true; value: unknown; given: boolean } | { ok: false; reason: string };

/** One setting by itself, for the commands that need no other. */
export function readSetting(env: Environment, mode: Mode, name: SettingName): SettingResult {
  const given = env[name] !== undefined && env[name] !== '';
  const text = given ? env[name] : defaultOf(name, mode);
  if (text === null) return { ok: false, reason: 'is not set' };
  const parsed = SETTINGS[name].schema.safeParse(text);
  if (parsed.success) return { ok: true, value: parsed.data, given };
  return { ok: false, reason: parsed.error.issues[0]?.message ?? 'is not valid' };
}

function defaultOf(name: SettingName, mode: Mode): string | null {
  const entry = SETTINGS[name].default;
  return entry === null || typeof entry === 'string' ? entry : entry[mode];
}

const NAMES = Object.keys(SETTINGS) as SettingName[];

/** Every setting with its meaning and its default, as text for a terminal: `countersign config --help`. */
export function describeConfig(): string {
  return NAMES.map(
    (name) => `${name}\n    ${SETTINGS[name].description}\n    Default: ${describeDefault(name)}\n`,
  ).join('\n');
}

/** What holds when the setting is not given, in words. */
export function describeDefault(name: SettingName): string {
  const [dev, start] = (['dev', 'start'] as const).map((mode) => defaultOf(name, mode) ?? 'none, start needs it');
  if (dev === start) return dev === '' ? 'none' : (dev ?? '');
  return `${dev} in dev, ${start} in start`;
}

/** Each setting as it stands in this environment, one a line, secrets hidden: `countersign config`. */
export function showConfig(env: Environment, mode: Mode): string {
  return NAMES.map((name) => {
    const result = readSetting(env, mode, name);
    if (!result.ok) return `${name}: ${result.reason}`;
    const text = result.given ? env[name] : defaultOf(name, mode);
    const shown = 'secret' in SETTINGS[name] && result.given ? '(set, not shown)' : text || '(none)';
    return `${name}=${shown}${result.given ? '' : '   (default)'}`;
  }).join('\n');
}
