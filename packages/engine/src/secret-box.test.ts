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
