import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forTerminal, forTerminalLine } from './terminal.ts';

test.each([
  ['a cleared screen', '\x1b[2J', '\\x1b[2J'],
  [
    'a link (OSC 8)',
    '\x1b]8;;https://evil.example\x07text\x1b]8;;\x07',
    '\\x1b]8;;https://evil.example\\x07text\\x1b]8;;\\x07',
  ],
  ['a control sequence in one byte (C1 CSI)', '\x9b31m', '\\x9b31m'],
  ['a line written over', 'blocked\rallowed', 'blocked\\x0dallowed'],
  ['letters taken back', 'no\b\byes', 'no\\x08\\x08yes'],
  ['the direction turned', 'a\u202Eb', 'a\\u202eb'],
  ['a hidden tag', 'a\u{E0041}b', 'a\\u{e0041}b'],
])('C4: %s is printed as what it is', (_, text, printed) => {
  expect(forTerminal(text)).toBe(printed);
});

test('lines stay lines, but not within one', () => {
  expect(forTerminal('a\n\tb')).toBe('a\n\tb');
  expect(forTerminalLine('a\nb')).toBe('a\\nb');
});

test('C4: no text can send a control to the terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(forTerminalLine(text)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }),
  );
});
