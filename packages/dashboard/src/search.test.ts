import { expect, test } from 'vitest';
import { readInbox, readSignIn } from './search.ts';

test('what is known stays, anything else is dropped', () => {
  expect(readInbox({ lane: 'critical', q: 42, priority: 'urgent', agent: '', tab: 'json', other: 1 })).toEqual({
    lane: 'critical',
    q: '42',
    tab: 'json',
  });
});

test('sign-in returns to a path of this site only', () => {
  expect(readSignIn({ return: '/inbox/apr_1?tab=json' })).toEqual({ return: '/inbox/apr_1?tab=json' });
  for (const elsewhere of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '/sign-in',
  ])
    expect(readSignIn({ return: elsewhere })).toEqual({});
});
