import { expect, test } from 'vitest';
import { isApprovable, verdictWords } from './together.ts';

test('what is grave, or asks for an answer, is not approved together with others', () => {
  expect(isApprovable({ priority: 'medium', kind: 'tool_call' })).toBe(true);
  expect(isApprovable({ priority: 'high', kind: 'tool_call' })).toBe(false);
  expect(isApprovable({ priority: 'critical', kind: 'output' })).toBe(false);
  expect(isApprovable({ priority: 'low', kind: 'question' })).toBe(false);
});

test('the button says what it will do, in numbers', () => {
  expect(verdictWords(2, 1)).toBe('Approve 2, reject 1');
  expect(verdictWords(0, 3)).toBe('Reject 3');
  expect(verdictWords(4, 0)).toBe('Approve 4');
  expect(verdictWords(0, 0)).toBe('');
});
