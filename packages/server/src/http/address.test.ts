import { expect, test } from 'vitest';
import { createAddressOf, createNetworks } from './address.ts';

const from = (peer: string, forwarded: string | null, trusted: readonly string[]): string =>
  createAddressOf(trusted)(peer, new Headers(forwarded === null ? {} : { 'x-forwarded-for': forwarded }));

test('without trusted proxies a request comes from its connection, whatever it says', () => {
  expect(from('203.0.113.9', '10.0.0.1', [])).toBe('203.0.113.9');
  expect(from('::ffff:203.0.113.9', null, [])).toBe('203.0.113.9');
});

test.each([
  ['the address that our proxy saw', '10.0.0.2', '198.51.100.7', '198.51.100.7'],
  ['not what the sender wrote before it', '10.0.0.2', '127.0.0.1, 198.51.100.7', '198.51.100.7'],
  ['the first before all of our proxies', '10.0.0.2', '198.51.100.7, 10.0.0.3, ::ffff:10.0.0.4', '198.51.100.7'],
  ['the proxy itself where nothing is said', '10.0.0.2', null, '10.0.0.2'],
  ['the last that is known where what is said is no address', '10.0.0.2', 'unknown, 10.0.0.3', '10.0.0.3'],
  ['the connection where that is no proxy of ours', '192.0.2.1', '198.51.100.7', '192.0.2.1'],
  ['an IPv6 address', '10.0.0.2', '2001:db8::5', '2001:db8::5'],
])('behind a trusted proxy it is %s', (_, peer, forwarded, wanted) => {
  expect(from(peer, forwarded, ['10.0.0.0/8'])).toBe(wanted);
});

test('networks hold the addresses of their ranges, IPv4 also wrapped into IPv6', () => {
  const networks = createNetworks(['192.0.2.0/24', '2001:db8::/32']);
  for (const address of ['192.0.2.77', '::ffff:192.0.2.77', '2001:db8:1::1']) expect(networks.has(address)).toBe(true);
  for (const address of ['192.0.3.1', '2001:db9::1', '', 'localhost']) expect(networks.has(address)).toBe(false);
});
