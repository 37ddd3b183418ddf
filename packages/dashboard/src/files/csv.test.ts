import { expect, test } from 'vitest';
import { csvText } from './csv.ts';

test('a cell with commas, quotes or lines is quoted, and nothing becomes a formula', () => {
  expect(
    csvText([
      ['name', 'n'],
      ['a, "b"\nc', 1],
      ['=HYPERLINK("x")', -2],
      [null, 0],
    ]),
  ).toBe('name,n\r\n"a, ""b""\nc",1\r\n"\'=HYPERLINK(""x"")",-2\r\n,0\r\n');
});
