/** Texts and bytes, without what only Node or only browsers know. */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export const toHex = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += HEX[byte] ?? '';
  return text;
};

export const concatBytes = (...parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/** Of Node and of every browser, but of no library that this package compiles with. */
const { TextEncoder } = globalThis as unknown as {
  readonly TextEncoder: new () => { readonly encode: (text: string) => Uint8Array };
};
const encoder = new TextEncoder();

/** The text's UTF-8 bytes; a lone surrogate becomes U+FFFD, as everywhere. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);
