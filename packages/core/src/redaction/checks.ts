/** Checksums and headers that tell a number from a card, and a text from a token. */

const CARD_FORMS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|65|64[4-9])/, [16, 19]],
  [/^35(?:2[89]|[3-8])/, [16]],
  [/^3(?:0[0-5]|[68])/, [14]],
  [/^62/, [16, 17, 18, 19]],
];

/** An issuer's prefix and length, and the checksum of ISO/IEC 7812-1 (Luhn). */
export const isCardNumber = (text: string): boolean => {
  const digits = text.replaceAll(/[ -]/g, '');
  if (!CARD_FORMS.some(([prefix, lengths]) => prefix.test(digits) && lengths.includes(digits.length))) return false;
  let sum = 0;
  for (const [index, character] of digits.split('').toReversed().entries()) {
    const digit = Number(character) * (index % 2 === 1 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
};

/** The checksum of ISO 13616: the rearranged number is 1 modulo 97. */
export const isIban = (text: string): boolean => {
  const compact = text.replaceAll(' ', '');
  if (compact.length < 15 || compact.length > 34) return false;
  let rest = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4))
    for (const digit of String(Number.parseInt(character, 36))) rest = (rest * 10 + Number(digit)) % 97;
  return rest === 1;
};

/** The first part of a JWT names an algorithm (RFC 7515). Its letters, decoded by hand: core knows no Buffer. */
export const isJwt = (text: string): boolean => {
  const [head = ''] = text.split('.');
  // `{"alg"` or `{"typ"` and the like: base64url of `{"`, then the name somewhere in the header.
  return decodeBase64Url(head).includes('"alg"');
};

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const decodeBase64Url = (text: string): string => {
  let bits = 0;
  let held = 0;
  let decoded = '';
  for (const character of text) {
    held = (held << 6) | ALPHABET.indexOf(character);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      decoded += String.fromCharCode((held >> bits) & 0xff);
    }
    held &= 0xfff;
  }
  return decoded;
};
