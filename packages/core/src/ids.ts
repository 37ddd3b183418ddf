/** Identifiers: a prefix that says what the thing is, `_`, and a KSUID (27 characters of base 62, time-ordered). */

export const ID_PREFIXES = {
  workspace: 'wsp',
  person: 'usr',
  key: 'key',
  session: 'ses',
  passkey: 'psk',
  agent: 'agt',
  agentVersion: 'agv',
  workflow: 'wfl',
  workflowVersion: 'wfv',
  tool: 'tol',
  mcpServer: 'mcp',
  secret: 'sec',
  conversation: 'cnv',
  message: 'msg',
  execution: 'exe',
  step: 'stp',
  approval: 'apr',
  event: 'evt',
  group: 'grp',
  invitation: 'inv',
  delegation: 'dlg',
  policy: 'pol',
  grant: 'grt',
  comment: 'cmt',
  signingCredential: 'sgc',
  intent: 'int',
  view: 'viw',
  schedule: 'sch',
  scheduleRun: 'scr',
  incomingWebhook: 'trg',
  incomingDelivery: 'idl',
  channel: 'chn',
  channelIdentity: 'chi',
  delivery: 'dlv',
  pushSubscription: 'psh',
  chatToken: 'ctk',
  voiceLine: 'vln',
  voiceCall: 'vca',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** KSUID time starts on 2014-05-13T16:53:20Z (segmentio/ksuid, README). */
const KSUID_EPOCH_SECONDS = 1_400_000_000;

export const KSUID_RANDOM_BYTES = 16;

/** Big-endian bytes as base 62, left-padded to a length. */
export const base62 = (bytes: Uint8Array, length: number): string => {
  let number = 0n;
  for (const byte of bytes) number = (number << 8n) | BigInt(byte);
  let text = '';
  while (number > 0n) {
    text = ALPHABET[Number(number % 62n)] + text;
    number /= 62n;
  }
  return text.padStart(length, '0');
};

/** A KSUID from a moment (milliseconds since 1970) and 16 random bytes, which the caller brings. */
export const ksuid = (nowMs: number, random: Uint8Array): string => {
  const bytes = new Uint8Array(20);
  new DataView(bytes.buffer).setUint32(0, Math.floor(nowMs / 1000) - KSUID_EPOCH_SECONDS);
  bytes.set(random.subarray(0, KSUID_RANDOM_BYTES), 4);
  return base62(bytes, 27);
};

export const makeId = (kind: IdKind, nowMs: number, random: Uint8Array): string =>
  `${ID_PREFIXES[kind]}_${ksuid(nowMs, random)}`;

export const idPattern = (kind: IdKind): RegExp => new RegExp(`^${ID_PREFIXES[kind]}_[0-9A-Za-z]{27}$`);
