import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSseParser } from './sse.ts';

const STREAM = [
  '\uFEFF: a comment\n',
  'event: approval.decided\r\ndata: {"a":\r\ndata: 1}\r\nid: evt_1\r\n\r\n',
  'data:no space\rid\r\r',
  'retry: 1500\nretry: soon\n\n',
  'event: without data\nid: evt_2\n\n',
  'id: has\0null\ndata: é€😀\nunknown: field\n\n',
  'data: never finished\n',
];

const EVENTS = [
  { type: 'approval.decided', data: '{"a":\n1}', id: 'evt_1' },
  { type: 'message', data: 'no space', id: '' },
  { type: 'message', data: 'é€😀', id: 'evt_2' },
];

test('reads events by the standard, whatever the line ends', () => {
  const parser = createSseParser();
  expect(parser.push(STREAM.join(''))).toEqual(EVENTS);
  expect(parser.retryMs()).toBe(1500);
});

test('the pieces in which the text comes make no difference', () => {
  const text = STREAM.join('');
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 30 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      const parser = createSseParser();
      const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
      expect(pieces.flatMap((piece) => parser.push(piece))).toEqual(EVENTS);
    }),
    { numRuns: 2000 },
  );
});

test('an event is given out as soon as its empty line is there, even if that ends in CR', () => {
  const parser = createSseParser('evt_0');
  expect(parser.push('data: 1\r\r')).toEqual([{ type: 'message', data: '1', id: 'evt_0' }]);
  expect(parser.push('\ndata: 2\n\n')).toEqual([{ type: 'message', data: '2', id: 'evt_0' }]);
});
