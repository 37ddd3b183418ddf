/** Canonical JSON (RFC 8785) and its digest, by WebCrypto: what a person approved, checked without trusting the wire. */

/**
 * The canonical text of a JSON value: members sorted by UTF-16 code units, no white space, numbers and strings as
 * ECMAScript writes them. Members that are undefined are left out, as `JSON.stringify` does.
 */
export const canonicalize = (value: unknown): string => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalize).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`there is no JSON for a value of type ${typeof value}`);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalize(member)}`);
  return `{${members.join(',')}}`;
};

/** Lower-case hex of the SHA-256 of a text's UTF-8 bytes. */
export const sha256Hex = async (text: string): Promise<string> => {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
};

/** `sha256:` and the hex SHA-256 of a value's canonical JSON: what an approval's `digest` is of its `action`. */
export const digestJson = async (value: unknown): Promise<string> => `sha256:${await sha256Hex(canonicalize(value))}`;

/** Whether two values mean the same JSON. */
export const isSameJson = (a: unknown, b: unknown): boolean => canonicalize(a) === canonicalize(b);
