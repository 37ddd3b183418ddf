/** Puts secrets into headers and environment variables at the last moment, and keeps them out of everything else. */

export type Secrets = (name: string) => Promise<string | undefined>;

export type ResolvedSecrets =
  | { ok: true; values: Record<string, string>; used: Map<string, string> }
  | { ok: false; problem: { code: 'secret_missing' | 'secret_invalid'; message: string } };

const REFERENCE = /\{\{\s*secrets\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g;

/** Shorter ones occur by chance in ordinary text, and replacing them would only garble it. */
const REDACTED_LENGTH_MIN = 6;

/** Names of the secrets that these values refer to. */
const secretNames = (values: Record<string, string>): string[] => [
  ...new Set(Object.values(values).flatMap((value) => [...value.matchAll(REFERENCE)].map(([, name = '']) => name))),
];

/** Replaces every `{{secrets.NAME}}`. Asks for each secret once. */
export const resolveSecrets = async (values: Record<string, string>, secrets: Secrets): Promise<ResolvedSecrets> => {
  const used = new Map<string, string>();
  for (const name of secretNames(values)) {
    const secret = await secrets(name);
    if (secret === undefined)
      return { ok: false, problem: { code: 'secret_missing', message: `The secret ${name} does not exist.` } };
    // A line break in a header's value would start another header, or a second request.
    if (!/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(secret)) {
      const message = `The secret ${name} holds a line break or a character that a header can't carry.`;
      return { ok: false, problem: { code: 'secret_invalid', message } };
    }
    used.set(name, secret);
  }
  const filled = Object.entries(values).map(([key, value]) => [
    key,
    value.replaceAll(REFERENCE, (_, name: string) => used.get(name) ?? ''),
  ]);
  return { ok: true, values: Object.fromEntries(filled) as Record<string, string>, used };
};

/** Takes secrets out of a text that came back: some servers echo the headers they got. */
export const redactSecrets = (text: string, used: Map<string, string>): string => {
  let redacted = text;
  for (const [name, secret] of used)
    if (secret.length >= REDACTED_LENGTH_MIN) redacted = redacted.replaceAll(secret, `[secret ${name}]`);
  return redacted;
};
