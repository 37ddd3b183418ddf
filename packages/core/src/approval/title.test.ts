import { expect, it } from 'vitest';
import { titleOf } from './title.ts';

it('fills the tool’s template with the arguments', () => {
  expect(titleOf('refund', 'Refund {amount} to {customer}', { amount: 12.5, customer: 'Ada' })).toBe(
    'Refund 12.5 to Ada',
  );
  expect(titleOf('refund', 'Refund {items}', { items: [{ b: 1, a: true }] })).toBe('Refund [{"a":true,"b":1}]');
});
it('shows a missing argument as none, also one that an object inherits', () => {
  expect(titleOf('refund', 'Refund {amount} {toString} {constructor}', {})).toBe('Refund (none) (none) (none)');
});
it('does not fill in what an argument’s own text looks like', () => {
  expect(titleOf('mail', 'Mail {text}', { text: '{secret} $& $1', secret: 'x' })).toBe('Mail {secret} $& $1');
});
it('names the tool where there is no template', () => {
  expect(titleOf('refund', null, { amount: 1 })).toBe('Call refund');
});
it('is never longer than 300 characters', () => {
  const title = titleOf('mail', '{text}', { text: 'x'.repeat(1000) });
  expect([title.length, title.at(-1)]).toEqual([300, '…']);
});
