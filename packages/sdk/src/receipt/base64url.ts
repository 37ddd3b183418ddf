/** Base64url without padding (RFC 4648, 5; RFC 7515, 2), in its one canonical spelling. */
import { fail } from './error.ts';

export const encodeBase64url = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** @throws ReceiptError for any other spelling: other characters, padding, unused bits that are set */
export const decodeBase64url = (text: string, what: string): Uint8Array<ArrayBuffer> => {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return fail(`the ${what} is not base64url`);
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  if (encodeBase64url(bytes) !== text) fail(`the ${what} is not canonical base64url`);
  return bytes;
};

/** The text that bytes are in UTF-8. @throws ReceiptError if they are not */
export const decodeUtf8 = (bytes: Uint8Array<ArrayBuffer>, what: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail(`the ${what} is not UTF-8`);
  }
};
