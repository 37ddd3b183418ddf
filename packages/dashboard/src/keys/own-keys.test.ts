import { afterEach, expect, test } from 'vitest';
import { type Hotkey, changeableKey, isOwnKey, keysOf, setOwnKey } from './hotkeys.ts';

const nothing = (): void => undefined;
const next: Hotkey = { keys: ['j', 'ArrowDown'], label: 'Next', group: 'Queue', run: nothing };
afterEach(() => setOwnKey(next, null));

test('the letter of a shortcut can be another one; its arrow stays', () => {
  setOwnKey(next, 'n');
  expect(keysOf(next)).toEqual(['n', 'ArrowDown']);
  setOwnKey(next, null);
  expect(keysOf(next)).toEqual(['j', 'ArrowDown']);
});

test('the usual key again is no key of one’s own', () => {
  setOwnKey(next, 'n');
  setOwnKey(next, 'j');
  expect(isOwnKey(next)).toBe(false);
});

test.each([
  ['with ⌘ or Ctrl', ['mod+k'], nothing],
  ['one after the other', ['g i'], nothing],
  ['a named key', ['Enter'], nothing],
  ['a row of them', ['1', '2'], nothing],
  ['what the browser does', ['x'], null],
])('what is %s stays as it is', (_, keys, run) => {
  expect(changeableKey({ keys, run })).toBeUndefined();
});
