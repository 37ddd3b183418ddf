import { expect, test } from 'vitest';
import { readTemplate, writeTemplate } from './template-text.ts';

test.each([
  ['EUR', 'EUR'],
  ['{{ input.amount }}', '{{ input.amount }}'],
  ['12', 12],
  ['"12"', '12'],
  ['true', true],
  ['truely', 'truely'],
  ['[1, "{{ input.x }}"]', [1, '{{ input.x }}']],
  ['{ "a": {} }', { a: {} }],
  ['[not json', '[not json'],
])('%s', (text, value) => {
  expect(readTemplate(text)).toEqual(value);
  expect(readTemplate(writeTemplate(value))).toEqual(value);
});
