/**
 * Finds what a text hides from the eye: characters that show nothing or turn the direction, words that mix alphabets or
 * imitate another one, and hosts that are not what they look like. An agent (or whoever fed it) can use all of them to
 * show one value and run another (trust.md, C1 and C2).
 */
import { SCRIPTS_WITH_TWINS, hasOddLatin, latinReading } from './look-alikes.ts';
import { asciiHost } from './punycode.ts';

export type TextMark =
  | { readonly kind: 'plain'; readonly text: string }
  /** One character, or the same one many times in a row. */
  | {
      readonly kind: 'hidden';
      readonly text: string;
      readonly code: string;
      readonly name: string;
      readonly count: number;
    }
  | { readonly kind: 'mixed'; readonly text: string; readonly why: string }
  /** Stands behind a host and takes no text of its own: how the network spells that host. */
  | { readonly kind: 'host'; readonly text: ''; readonly ascii: string };

/** Nothing can hide in these, and most texts are made of nothing else. */
const HARMLESS = /^[\n\x20-\x7E]*$/;

/**
 * Format, control, private and unassigned characters, separators other than the space, and letters that show nothing
 * (general categories, Bidi_Control and Default_Ignorable_Code_Point). Line feeds are shown as what they are.
 */
const HIDDEN =
  '[\\p{Cf}\\p{Co}\\p{Cn}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Bidi_Control}\\p{Default_Ignorable_Code_Point}\\u0000-\\u0009\\u000B-\\u001F\\u007F-\\u009F\\u00A0\\u1680\\u2000-\\u200A\\u202F\\u205F\\u3000\\u2800\\uFFFC]';

/** Emoji as Unicode recommends them, joiners and selectors included; and one text selector behind a pictograph. */
const EMOJI = '\\p{RGI_Emoji}|\\p{Extended_Pictographic}\\uFE0E';

const IDEOGRAPH = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}';
/** With the punctuation and the wide letters that stand among them. */
const IDEOGRAPHS = `[${IDEOGRAPH}\\u3001-\\u301F\\uFF01-\\uFF65]`;

/** After these a joiner or non-joiner decides how a letter is written (RFC 5892, A.1 and A.2). */
const VIRAMA =
  '[\\u094D\\u09CD\\u0A4D\\u0ACD\\u0B4D\\u0BCD\\u0C4D\\u0CCD\\u0D4D\\u0DCA\\u0E3A\\u0F84\\u1039\\u103A\\u17D2\\u1B44\\uA806\\uA8C4\\uA953]';

const ORTHOGRAPHY = [
  `(?<=${VIRAMA})[\\u200C\\u200D]`,
  // Persian and its kin: between two letters of the Arabic script, one at a time.
  '(?<=[\\p{Script=Arabic}&&\\p{L}]\\p{M}*)\\u200C(?=[\\p{Script=Arabic}&&\\p{L}])',
  // The wide space is the space of texts in ideographs.
  `(?<=${IDEOGRAPHS})\\u3000|\\u3000(?=${IDEOGRAPHS})`,
].join('|');

// Built at run time: `v`, which knows sets and emoji, is newer than the syntax that the build is made for.
const SPECIAL = new RegExp(`(?<emoji>${EMOJI})|(?<orthography>${ORTHOGRAPHY})|(?<hidden>${HIDDEN})`, 'gv');

const NAMES: Readonly<Record<string, string>> = {
  '0009': 'tab',
  '000D': 'carriage return',
  '001B': 'escape',
  '00A0': 'no-break space',
  '00AD': 'soft hyphen',
  '034F': 'grapheme joiner',
  '061C': 'Arabic letter mark',
  '200B': 'zero-width space',
  '200C': 'zero-width non-joiner',
  '200D': 'zero-width joiner',
  '200E': 'left-to-right mark',
  '200F': 'right-to-left mark',
  '2028': 'line separator',
  '2029': 'paragraph separator',
  '202A': 'left-to-right embedding',
  '202B': 'right-to-left embedding',
  '202C': 'end of embedding',
  '202D': 'left-to-right override',
  '202E': 'right-to-left override',
  '202F': 'narrow no-break space',
  '2060': 'word joiner',
  '2066': 'left-to-right isolate',
  '2067': 'right-to-left isolate',
  '2068': 'first strong isolate',
  '2069': 'end of isolate',
  '2800': 'blank Braille pattern',
  '3000': 'ideographic space',
  '3164': 'Hangul filler',
  FEFF: 'zero-width no-break space',
};

const isBetween = (point: number, first: number, last: number): boolean => point >= first && point <= last;

const nameOf = (character: string, code: string, point: number): string => {
  const known = NAMES[code];
  if (known !== undefined) return known;
  if (point < 0x20 || isBetween(point, 0x7f, 0x9f)) return 'control character';
  if (isBetween(point, 0xe0000, 0xe007f)) return 'tag character';
  if (isBetween(point, 0xfe00, 0xfe0f) || isBetween(point, 0xe0100, 0xe01ef)) return 'variation selector';
  if (/\p{Co}/u.test(character)) return 'private character';
  if (/\p{Cn}/u.test(character)) return 'unassigned character';
  return /\p{Zs}/u.test(character) ? 'unusual space' : 'invisible character';
};

/** The alphabets that are told apart in one word; those of Chinese, Japanese and Korean stand beside any other. */
const SCRIPTS = [
  'Latin',
  ...SCRIPTS_WITH_TWINS,
  'Hebrew',
  'Arabic',
  'Devanagari',
  'Bengali',
  'Tamil',
  'Telugu',
  'Thai',
  'Georgian',
  'Ethiopic',
  'Deseret',
  'Osage',
].map((name) => [name, new RegExp(`[\\p{Script=${name}}&&[\\p{L}\\p{Nl}]]`, 'v')] as const);

/** A letter of an alphabet that is none of the above, nor shared by all, nor one that mixes by custom. */
const OTHER_LETTER = new RegExp(
  `[\\p{L}--[\\p{Script=Common}\\p{Script=Inherited}\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Bopomofo}${SCRIPTS.map(([name]) => `\\p{Script=${name}}`).join('')}]]`,
  'v',
);

/** Units and differences, as they are written: `5 μm`, `10kΩ`, `Δt`. */
const UNIT = /^\p{N}*(?:[kMGTmnp]?Ω|μ[a-zA-Z]{1,2}|Δ[a-zA-Z])$/u;

/** Superscripts, phonetic modifiers, circled numbers and the sign for "number" are what they are. */
const NOT_STYLED =
  /[\u00AA\u00B2\u00B3\u00B9\u00BA\u02B0-\u02B8\u02E0-\u02E4\u1D2C-\u1D6A\u2070-\u209C\u2116\u2460-\u2473]/u;
const CANDIDATES = /[^\x00-\x7F]/gu;
const FULL_WIDTH = /^[\uFF10-\uFF19\uFF21-\uFF3A\uFF41-\uFF5A]$/;

/** Letters and digits that stand for plain ones: mathematical, full-width, enclosed, roman. */
const isStyled = (word: string, hasIdeographs: boolean): boolean =>
  (word.match(CANDIDATES) ?? []).some(
    (character) =>
      !NOT_STYLED.test(character) &&
      !(hasIdeographs && FULL_WIDTH.test(character)) &&
      /^[A-Za-z0-9]$/.test(character.normalize('NFKC')),
  );

/** The letters in circles are symbols by category. */
const WORD = /[\p{L}\p{M}\p{N}\u24B6-\u24E9]+/gu;
const HAS_IDEOGRAPH = new RegExp(`[${IDEOGRAPH}]`, 'v');
const OTHER_DIGIT = new RegExp('[\\p{Nd}--[0-9\\uFF10-\\uFF19]]', 'v');

type Around = {
  readonly hasIdeographs: boolean;
  /** Scripts with a word in the text that can't be mistaken for a Latin one: there the others are words, too. */
  readonly plainly: ReadonlySet<string>;
};

const aroundOf = (text: string): Around => {
  const plainly = new Set<string>();
  for (const [word] of text.matchAll(WORD))
    for (const script of scriptsOf(word))
      if (!plainly.has(script) && latinReading(word, script) === undefined) plainly.add(script);
  return { hasIdeographs: HAS_IDEOGRAPH.test(text), plainly };
};

const scriptsOf = (word: string): string[] => {
  const scripts = SCRIPTS.filter(([, pattern]) => pattern.test(word)).map(([name]) => name);
  return OTHER_LETTER.test(word) ? [...scripts, 'other'] : scripts;
};

const hasTwoDigitSystems = (word: string): boolean => /[0-9]/.test(word) && OTHER_DIGIT.test(word);

const suspicion = (word: string, around: Around, isInHost: boolean): string | undefined => {
  if (/^[\x00-\x7F]*$/.test(word)) return undefined;
  if (isStyled(word, around.hasIdeographs)) return 'styled letters that stand for plain ones';
  if (UNIT.test(word)) return undefined;
  const scripts = scriptsOf(word);
  if (scripts.length > 1) return `${scripts.join(' and ')} letters in one word`;
  if (hasTwoDigitSystems(word)) return 'digits of two systems in one number';
  if (hasOddLatin(word) && /[a-z]/i.test(word)) return 'phonetic letters that look like plain ones';
  const [script] = scripts;
  if (script === undefined || script === 'Latin') return undefined;
  const reading = latinReading(word, script);
  if (reading === undefined || (!isInHost && around.plainly.has(script))) return undefined;
  return `${script} letters that look like “${reading}”`;
};

/**
 * Names with dots, where they are surely meant as hosts: behind `//` or `@`, ending in letters of ASCII, or alone. A full
 * stop without a space behind it is not one. Only from the beginning of a word: a long one would cost its length squared.
 */
const HOST =
  /(?<=(?<lead>\/\/|@)?)(?<![\p{L}\p{N}\p{M}-])(?<host>[\p{L}\p{N}\p{M}][\p{L}\p{N}\p{M}-]*(?:[.\u3002\uFF0E\uFF61][\p{L}\p{N}\p{M}-]+)+)/gu;

/** Longer ones are no hosts (RFC 1035). */
const HOST_LENGTH_MAX = 253;

type Host = { readonly start: number; readonly end: number; readonly ascii: string };

const hostsIn = (text: string, isAlone: boolean): Host[] => {
  const hosts: Host[] = [];
  for (const match of text.matchAll(HOST)) {
    const host = match.groups?.['host'] ?? '';
    if (/^[\x00-\x7F]*$/.test(host) || host.length > HOST_LENGTH_MAX) continue;
    if (!(isAlone || match.groups?.['lead'] !== undefined || /\.[a-z]{2,}$/i.test(host))) continue;
    hosts.push({ start: match.index, end: match.index + host.length, ascii: asciiHost(host) });
  }
  return hosts;
};

const markWords = (text: string, around: Around, isAlone: boolean): TextMark[] => {
  const marks: TextMark[] = [];
  const hosts = hostsIn(text, isAlone);
  let done = 0;
  const plainTo = (end: number): void => {
    if (end > done) marks.push({ kind: 'plain', text: text.slice(done, end) });
    done = Math.max(done, end);
  };
  const closeHosts = (before: number): void => {
    while (hosts[0] !== undefined && hosts[0].end <= before) {
      const { end, ascii } = hosts[0];
      plainTo(end);
      marks.push({ kind: 'host', text: '', ascii });
      hosts.shift();
    }
  };
  for (const match of text.matchAll(WORD)) {
    closeHosts(match.index);
    const isInHost = hosts[0] !== undefined && hosts[0].start <= match.index;
    const why = suspicion(match[0], around, isInHost);
    if (why === undefined) continue;
    plainTo(match.index);
    marks.push({ kind: 'mixed', text: match[0], why });
    done = match.index + match[0].length;
  }
  closeHosts(text.length);
  plainTo(text.length);
  return marks;
};

/** Whether a text has characters that nobody sees: a name has no use for them. */
export const hidesCharacters = (text: string): boolean => markText(text).some(({ kind }) => kind === 'hidden');

/** The text without them, for names that come from elsewhere. */
export const withoutHidden = (text: string): string =>
  markText(text)
    .map((mark) => (mark.kind === 'hidden' ? ' ' : mark.text))
    .join('')
    .replaceAll(/ {2,}/g, ' ')
    .trim();

/** Splits a text into what can be shown as it is and what must be pointed out. Nothing is left out. */
export const markText = (text: string): readonly TextMark[] => {
  if (HARMLESS.test(text)) return text === '' ? [] : [{ kind: 'plain', text }];
  const around = aroundOf(text);
  const isAlone = !/\s/u.test(text);
  const marks: TextMark[] = [];
  let done = 0;
  const add = (mark: TextMark): void => {
    const last = marks.at(-1);
    if (mark.kind === 'plain' && last?.kind === 'plain')
      marks[marks.length - 1] = { ...mark, text: last.text + mark.text };
    else if (mark.kind === 'hidden' && last?.kind === 'hidden' && last.code === mark.code)
      marks[marks.length - 1] = { ...last, text: last.text + mark.text, count: last.count + 1 };
    else marks.push(mark);
  };
  const words = (end: number): void => {
    if (end > done) for (const mark of markWords(text.slice(done, end), around, isAlone)) add(mark);
    done = end;
  };
  for (const match of text.matchAll(SPECIAL)) {
    const found = match[0];
    // A joiner of the orthography belongs to its word.
    if (match.groups?.['orthography'] !== undefined) continue;
    words(match.index);
    done = match.index + found.length;
    if (match.groups?.['emoji'] !== undefined) {
      add({ kind: 'plain', text: found });
      continue;
    }
    const point = found.codePointAt(0) ?? 0;
    const code = point.toString(16).toUpperCase().padStart(4, '0');
    add({ kind: 'hidden', text: found, code: `U+${code}`, name: nameOf(found, code, point), count: 1 });
  }
  words(text.length);
  return marks;
};
