import { expect, test } from 'vitest';
import { faultOfPassword, hashOf, isPassword } from './password.ts';

const KNOWN = ['Ana López', 'ana.lopez@acme.example', 'countersign', 'Acme'];

test.each([
  ['eleven char', /at least 12/],
  ['password1234', /easy to guess/],
  ['passwordpassword', /easy to guess/],
  ['P@ssw0rd!P@ssw0rd', /easy to guess/],
  ['123456789012', /easy to guess/],
  ['qwertyuiopas', /easy to guess/],
  ['aaaaaaaaaaaaaaaaaaaaaaaa', /easy to guess/],
  ['ana.lopez2024', /easy to guess/],
  ['countersign2026', /easy to guess/],
])('%s is refused, offline', (password, why) => {
  expect(faultOfPassword(password, KNOWN)).toMatch(why);
});

test.each(['blue-kettle-sings-42', 'trüber Kessel singt leise', '四つの青いやかんが歌っている夜', 'x9$Kq2!vLm4#Tz'])(
  '%s is accepted',
  (password) => {
    expect(faultOfPassword(password, KNOWN)).toBeNull();
  },
);

test('what is kept is salted scrypt, and opens to its password only', { timeout: 60_000 }, async () => {
  const [first, second] = await Promise.all([hashOf('blue-kettle-sings-42'), hashOf('blue-kettle-sings-42')]);
  expect(first).not.toBe(second);
  expect(first).not.toContain('kettle');
  expect(await isPassword(first, 'blue-kettle-sings-42')).toBe(true);
  expect(await isPassword(first, 'blue-kettle-sings-43')).toBe(false);
  expect(await isPassword(undefined, 'blue-kettle-sings-42')).toBe(false);
});
