import { expect, test } from 'vitest';
import { nobody } from './account.ts';

test('nobody is found by name, whatever its number', () => {
  expect(nobody('root:x:0:0:root:/root:/bin/sh\nnobody:x:99:98:Nobody:/:/sbin/nologin\n')).toEqual({
    uid: 99,
    gid: 98,
  });
});

test('uid 65534 counts as nobody under any name', () => {
  expect(nobody('root:x:0:0::/:/bin/sh\nnfsnobody:x:65534:65533::/:/sbin/nologin\n')).toEqual({
    uid: 65534,
    gid: 65533,
  });
});

test('without an entry, and with a number too large to be set, it is 65534', () => {
  expect(nobody('')).toEqual({ uid: 65534, gid: 65534 });
  expect(nobody('nobody:*:4294967294:4294967294:Unprivileged User:/var/empty:/usr/bin/false\n')).toEqual({
    uid: 65534,
    gid: 65534,
  });
});
