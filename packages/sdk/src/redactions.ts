/** Secrets that the server took out of what a person saw, put back in for who asked and acts. */

type Redaction = { readonly marker: string; readonly value: unknown };

/** Whether the server took something out of a value. */
export const hasMarkers = (value: unknown): boolean =>
  /\[redacted: [^\]]{1,80}, [0-9a-f]{24}\]/.test(JSON.stringify(value) ?? '');

/** The value with each marker replaced by what it stands for. */
export const putBack = (value: unknown, redactions: readonly Redaction[]): unknown => {
  const whole = new Map(redactions.map((redaction) => [redaction.marker, redaction.value]));
  const inText = (text: string): string =>
    redactions.reduce(
      (all, { marker, value: plain }) =>
        all.replaceAll(marker, () => (typeof plain === 'string' ? plain : JSON.stringify(plain))),
      text,
    );
  const walk = (at: unknown): unknown => {
    if (typeof at === 'string') return whole.has(at) ? whole.get(at) : inText(at);
    if (Array.isArray(at)) return at.map(walk);
    if (typeof at !== 'object' || at === null) return at;
    return Object.fromEntries(Object.entries(at).map(([key, member]) => [inText(key), walk(member)]));
  };
  return redactions.length === 0 ? value : walk(value);
};
