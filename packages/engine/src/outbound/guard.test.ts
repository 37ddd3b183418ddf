import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAddress, checkUrl, compileGuard, type OutboundPolicy } from './guard.ts';

const policy = (overrides: Partial<OutboundPolicy> = {}): OutboundPolicy => ({
  allowCidrs: [],
  ownPorts: [],
  ...overrides,
});
const https = { protocol: 'https:', port: 443 };
const judge = (address: string, overrides: Partial<OutboundPolicy> = {}, destination = https) =>
  checkAddress(address, destination, compileGuard(policy(overrides)))?.code ?? 'allowed';

describe('an address', () => {
  it.each(['93.184.215.14', '8.8.8.8', '2606:4700::1111', '2a00:1450:4001:829::200e', '::ffff:8.8.8.8'])(
    '%s is public and allowed',
    (address) => expect(judge(address)).toBe('allowed'),
  );

  it.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'this network'],
    ['10.0.0.1', 'private'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['169.254.169.254', 'metadata'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.0.0.8', 'protocol assignments'],
    ['192.0.2.1', 'documentation'],
    ['192.88.99.1', '6to4 relay'],
    ['192.168.1.1', 'private'],
    ['198.18.0.1', 'benchmarking'],
    ['224.0.0.1', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['168.63.129.16', 'Azure metadata on a public address'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::127.0.0.1', 'v4-compatible'],
    ['::ffff:127.0.0.1', 'v4-mapped loopback'],
    ['::ffff:a9fe:a9fe', 'v4-mapped metadata'],
    ['::ffff:0:127.0.0.1', 'v4-translated'],
    ['64:ff9b::127.0.0.1', 'NAT64'],
    ['64:ff9b:1::1', 'local NAT64'],
    ['100::1', 'discard'],
    ['2001::1', 'Teredo'],
    ['2001:20::1', 'ORCHIDv2'],
    ['2001:db8::1', 'documentation'],
    ['2002:7f00:1::', '6to4 of loopback'],
    ['2002:808:808::', '6to4 of a public address'],
    ['3fff::1', 'documentation'],
    ['5f00::1', 'segment routing'],
    ['fc00::1', 'unique local'],
    ['fd00:ec2::254', 'metadata'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local with a zone'],
    ['fec0::1', 'site-local'],
    ['ff02::1', 'multicast'],
  ])('%s (%s) is denied', (address) => expect(judge(address)).toBe('address_denied'));

  it('is allowed inside a range of the operator, in its v4-mapped form too', () => {
    expect(judge('10.1.2.3', { allowCidrs: ['10.1.0.0/16'] })).toBe('allowed');
    expect(judge('::ffff:10.1.2.3', { allowCidrs: ['10.1.0.0/16'] })).toBe('allowed');
    expect(judge('10.2.0.1', { allowCidrs: ['10.1.0.0/16'] })).toBe('address_denied');
    expect(judge('fd12::1', { allowCidrs: ['fd12::/16'] })).toBe('allowed');
  });

  it.each([
    '169.254.169.254',
    '::ffff:169.254.169.254',
    'fd00:ec2::254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::',
    '0.0.0.0',
    '::',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd20:ce::254',
    'fd00:42::42',
    'fe80::1',
  ])('T67: %s stays denied although everything is allowed', (address) =>
    expect(judge(address, { allowCidrs: ['0.0.0.0/0', '::/0'] })).toBe('address_denied'),
  );

  it('of this machine is denied on our own ports, although loopback is allowed', () => {
    const overrides = { allowCidrs: ['127.0.0.0/8', '::1/128'], ownPorts: [4400] };
    const own = { protocol: 'http:', port: 4400 };
    expect(judge('127.0.0.1', overrides, own)).toBe('address_denied');
    expect(judge('127.8.8.8', overrides, own)).toBe('address_denied');
    expect(judge('::1', overrides, own)).toBe('address_denied');
    expect(judge('127.0.0.1', overrides, { protocol: 'http:', port: 4401 })).toBe('allowed');
  });

  it('is reached by plain http only inside an allowed range', () => {
    const http = { protocol: 'http:', port: 80 };
    expect(judge('8.8.8.8', {}, http)).toBe('address_denied');
    expect(judge('8.8.8.8', { allowCidrs: ['8.8.8.0/24'] }, http)).toBe('allowed');
  });

  it('outside 2000::/3 is never allowed by default', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const [first = 0] = bytes;
        fc.pre((first & 0xe0) !== 0x20);
        const text = Array.from({ length: 8 }, (_, at) =>
          ((bytes[at * 2] ?? 0) * 256 + (bytes[at * 2 + 1] ?? 0)).toString(16),
        ).join(':');
        // A v4-mapped address is judged as IPv4, which the table above covers.
        fc.pre(!text.startsWith('0:0:0:0:0:ffff:'));
        expect(judge(text)).toBe('address_denied');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a URL that is saved', () => {
  const check = (url: string, overrides: Partial<OutboundPolicy> = {}) =>
    checkUrl(url, policy(overrides))?.code ?? 'allowed';

  it('with a name is allowed, because names are checked at each call', () => {
    expect(check('https://api.example.com/v1')).toBe('allowed');
    expect(check('https://api.example.com:8443/v1')).toBe('allowed');
  });

  it.each(['http://api.example.com/', 'https://127.0.0.1/', 'https://localhost/', 'https://api.localhost./'])(
    '%s is refused',
    (url) => expect(check(url)).toBe('address_denied'),
  );

  it.each([
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://example.com/',
    'javascript:1',
    'https://user:pass@example.com/',
    'https://user@example.com/',
    '/relative',
    '',
    'https://',
    'https://exa mple.com/',
  ])('%s is malformed or of another scheme', (url) => expect(check(url)).toBe('url_invalid'));

  it.each([22, 25, 0, 1023, 5432, 6379, 9999])('may not name port %d', (port) =>
    expect(check(`https://example.com:${port}/`, { deniedPorts: [9999] })).toBe('address_denied'),
  );

  it('may not be our own public address', () => {
    const overrides = { ownOrigins: ['https://countersign.example.com'] };
    expect(check('https://countersign.example.com/v1/approvals', overrides)).toBe('address_denied');
    expect(check('https://COUNTERSIGN.example.com:443/', overrides)).toBe('address_denied');
    expect(check('https://other.example.com/', overrides)).toBe('allowed');
  });

  it('may be local where the operator allows that', () => {
    const overrides = { allowCidrs: ['127.0.0.0/8'] };
    expect(check('http://127.0.0.1:8080/x', overrides)).toBe('allowed');
    expect(check('http://localhost:8080/x', overrides)).toBe('allowed');
    expect(check('http://10.0.0.1:8080/x', overrides)).toBe('address_denied');
  });
});

it('a malformed range in the policy stops the start', () => {
  expect(() => compileGuard(policy({ allowCidrs: ['10.0.0.0'] }))).toThrow();
});
