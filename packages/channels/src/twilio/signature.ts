/**
 * What Twilio signs its requests with: HMAC-SHA-1, by the account's token, over the address that it asked for and the fields of a
 * form in the order of their names. A body of another kind is named in the address, by its SHA-256.
 * https://www.twilio.com/docs/usage/security#validating-requests
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

type Fields = Iterable<readonly [name: string, value: string]>;

export const twilioSignature = (token: string, url: string, fields: Fields = []): string => {
  const sorted = [...fields].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const signed = sorted.reduce((text, [name, value]) => text + name + value, url);
  return createHmac('sha1', token).update(signed).digest('base64');
};

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80', 'wss:': '443', 'ws:': '80' };

/** Some of Twilio's products sign an address with its port, and some without. */
const spellingsOf = (url: string): string[] => {
  const { protocol, hostname, port } = new URL(url);
  const rest = url.slice(url.indexOf('//') + 2).replace(/^[^/?#]*/, '');
  const withPort = `${protocol}//${hostname}:${port || DEFAULT_PORTS[protocol]}${rest}`;
  return [...new Set([url, withPort, `${protocol}//${hostname}${rest}`])];
};

const isSame = (expected: string, given: string): boolean => {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
};

export type TwilioRequest = {
  /** Whole, as Twilio knows it. */
  readonly url: string;
  readonly headers: Pick<Headers, 'get'>;
  readonly body: Uint8Array;
};

/** The fields of a form that Twilio posted; none for another kind of body. */
export const formOf = ({ headers, body }: Pick<TwilioRequest, 'headers' | 'body'>): URLSearchParams =>
  (headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded')
    ? new URLSearchParams(Buffer.from(body).toString('utf8'))
    : new URLSearchParams();

/** @param tokens the account's, and the one before it while it is replaced @returns why it is not Twilio's; null: it is */
export const whyNotTwilios = (tokens: readonly string[], request: TwilioRequest): string | null => {
  const given = request.headers.get('x-twilio-signature');
  if (!given) return 'it is not signed';
  const bodyHash = new URL(request.url).searchParams.get('bodySHA256');
  if (bodyHash !== null && createHash('sha256').update(request.body).digest('hex') !== bodyHash.toLowerCase())
    return 'its body is not the one that its address names';
  const fields = [...formOf(request)];
  // What is neither a form nor named in the address is not covered by the signature.
  if (bodyHash === null && fields.length === 0 && request.body.length > 0) return 'its body is not signed';
  const isSigned = tokens.some((token) =>
    spellingsOf(request.url).some((url) => isSame(twilioSignature(token, url, fields), given)),
  );
  return isSigned ? null : 'the signature is not that of this address and body';
};
