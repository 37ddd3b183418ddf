import { expect, test } from 'vitest';
import { createSecretBox } from './secret-box.ts';

const box = createSecretBox('one secret that is long enough');

test('opens what it sealed, in the same context alone', () => {
  const sealed = box.seal('sk-123 ü', 'wsp/OPENAI');
  expect(box.open(sealed, 'wsp/OPENAI')).toBe('sk-123 ü');
  expect(() => box.open(sealed, 'wsp/OTHER')).toThrow();
  expect(() => createSecretBox('another').open(sealed, 'wsp/OPENAI')).toThrow();
});
test('shows nothing of the text, and never seals alike', () => {
  const [one, two] = [box.seal('sk-123', 'c'), box.seal('sk-123', 'c')];
  expect(one.equals(two)).toBe(false);
  expect(one.includes('sk-123')).toBe(false);
});
test('opens nothing in which a single bit changed', () => {
  const sealed = box.seal('sk-123', 'c');
  for (let index = 0; index < sealed.length; index += 1) {
    const other = Buffer.from(sealed);
    other[index] = (other[index] ?? 0) ^ 1;
    expect(() => box.open(other, 'c')).toThrow();
  }
});
test('T48: opens what was sealed under the secret before, seals under the new one alone, and says which is which', () => {
  const old = createSecretBox('the secret before, long enough');
  const both = createSecretBox('one secret that is long enough', 'the secret before, long enough');
  expect(both.open(old.seal('x', 'c'), 'c')).toBe('x');
  const fresh = both.seal('y', 'c');
  expect(box.open(fresh, 'c')).toBe('y');
  expect(() => old.open(fresh, 'c')).toThrow('another COUNTERSIGN_SECRET');
  expect(fresh.subarray(0, box.head.length).equals(box.head)).toBe(true);
  expect(old.head.equals(box.head)).toBe(false);
});
