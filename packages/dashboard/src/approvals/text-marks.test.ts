import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markText } from './text-marks.ts';

const hidden = (text: string): string[] =>
  markText(text).flatMap((mark) => (mark.kind === 'hidden' ? [mark.code] : []));
const mixed = (text: string): string[] => markText(text).flatMap((mark) => (mark.kind === 'mixed' ? [mark.text] : []));

describe('hidden characters', () => {
  test('are named by their code point', () => {
    expect(hidden('invoice\u202Efdp.exe')).toEqual(['U+202E']);
    expect(hidden('pay\u200Bpal')).toEqual(['U+200B']);
    expect(hidden('a\u00A0b\u0007\u{E0041}\uFEFF\u3164')).toEqual(['U+00A0', 'U+0007', 'U+E0041', 'U+FEFF', 'U+3164']);
  });
  test('are not ordinary text, line feeds, accents or emoji', () => {
    expect(hidden('Grüße\naus Łódź, 東京 👩‍💻 ❤️ naïve — “quoted” €5')).toEqual([]);
  });
});

describe('mixed alphabets', () => {
  test('are marked where one word mixes them', () => {
    expect(mixed('send to раypal.com')).toEqual(['раypal']);
    expect(mixed('αdmin and admin')).toEqual(['αdmin']);
  });
  test('are marked where a Cyrillic word looks Latin in a Latin text', () => {
    expect(mixed('open сосо.example')).toEqual(['сосо']);
  });
  test('are marked where styled letters stand for plain ones', () => {
    expect(mixed('𝐩𝐚𝐲 now')).toEqual(['𝐩𝐚𝐲']);
  });
  test('are not texts in one alphabet, or two whole words in two', () => {
    expect(mixed('Привет, мир')).toEqual([]);
    expect(mixed('Привет John')).toEqual([]);
    expect(mixed('Tシャツ 3枚')).toEqual([]);
  });
});

test('nothing of a text is ever lost', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(
        markText(text)
          .map((mark) => mark.text)
          .join(''),
      ).toBe(text);
    }),
  );
});
