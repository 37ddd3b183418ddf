import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildRequest, checkTemplate, type HttpMethod } from './http-request.ts';

const build = (template: string, values: Parameters<typeof buildRequest>[2], method: HttpMethod = 'GET') =>
  buildRequest(method, template, values);
const HOST = 'https://api.example.com';

describe('a request', () => {
  it('has its arguments in the path, the query and the body', () => {
    expect(
      build(
        `${HOST}/orders/{order_id}/refunds?dry_run={dry}`,
        { order_id: 'A 1/ü', dry: true, amount: 5, note: null },
        'POST',
      ),
    ).toEqual({
      ok: true,
      url: `${HOST}/orders/A%201%2F%C3%BC/refunds?dry_run=true`,
      body: '{"amount":5,"note":null}',
    });
  });

  it('without a body has the other arguments in the query', () => {
    expect(
      build(`${HOST}/orders/{id}?v=2`, { id: 1, tags: ['a', 'b&c'], filter: { a: [1] }, none: null, empty: '' }),
    ).toEqual({
      ok: true,
      url: `${HOST}/orders/1?v=2&tags=a&tags=b%26c&filter=%7B%22a%22%3A%5B1%5D%7D&empty=`,
      body: null,
    });
    expect(build(HOST, {}, 'DELETE')).toEqual({ ok: true, url: `${HOST}/`, body: null });
  });

  it('with a body and no arguments sends an empty object', () => {
    expect(build(`${HOST}/ping`, {}, 'POST')).toEqual({ ok: true, url: `${HOST}/ping`, body: '{}' });
  });

  it('leaves out a query parameter whose argument is missing', () => {
    expect(build(`${HOST}/a?x={x}&y=1&z={z}`, { z: 'ok' })).toMatchObject({ url: `${HOST}/a?y=1&z=ok` });
    expect(build(`${HOST}/a?x={x}`, {})).toMatchObject({ url: `${HOST}/a` });
  });

  it.each([
    ['..', 'shortens the path'],
    ['.', 'shortens the path'],
    ['', 'would call the collection'],
    [null, 'is missing'],
    [undefined, 'is missing'],
    [['a'], 'is a list'],
    [{ a: 1 }, 'is an object'],
    ['\ud800', 'has no encoding'],
  ])('is refused where a path argument is %j: it %s', (id, _why) => {
    expect(build(`${HOST}/orders/{id}`, id === undefined ? {} : { id })).toMatchObject({ ok: false });
  });

  it('is refused where arguments together make a dot segment', () => {
    expect(build(`${HOST}/a/{x}{y}/b`, { x: '.', y: '.' })).toMatchObject({ ok: false });
    expect(build(`${HOST}/a/.{x}/b`, { x: '.' })).toMatchObject({ ok: false });
    expect(build(`${HOST}/a/%2e{x}/b`, { x: '.' })).toMatchObject({ ok: false });
  });

  it.each([
    '../../admin',
    '..%2fadmin',
    '%2e%2e',
    '..\\admin',
    '//evil.example',
    '@evil.example',
    '?admin=1',
    '#x',
    'a;b',
    '\r\nHost: evil',
    ':443',
    '%00',
    'ａ',
  ])('keeps host and path, whatever a hostile argument says: %j', (id) => {
    const built = build(`${HOST}/orders/{id}/refund`, { id });
    const url = new URL(built.ok ? built.url : '');
    expect(url.origin).toBe(HOST);
    expect(url.pathname.split('/')).toHaveLength(4);
    expect(url.pathname).toMatch(/^\/orders\/.+\/refund$/);
    expect(url.search + url.hash).toBe('');
    expect(decodeURIComponent(url.pathname.split('/')[2] ?? '')).toBe(id);
  });

  it('never leaves its shape, for any arguments', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (x, y) => {
        const built = build(`${HOST}/a/{x}/b-{y}/c?q={x}`, { x, y });
        if (!built.ok) return;
        const url = new URL(built.url);
        const [, a, filled, b, c, ...rest] = url.pathname.split('/');
        expect([url.origin, a, c, rest]).toEqual([HOST, 'a', 'c', []]);
        expect(decodeURIComponent(filled ?? '')).toBe(x);
        expect(decodeURIComponent(b ?? '')).toBe(`b-${y}`);
        expect([...url.searchParams]).toEqual([['q', x]]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a template', () => {
  it.each([HOST, `${HOST}/`, `${HOST}:8443/a/{b}?c={d}`, 'http://127.0.0.1:8080/x', 'https://[::1]:8080/x/{y}'])(
    '%s is fine',
    (template) => expect(checkTemplate(template)).toBeUndefined(),
  );

  it.each([
    'https://{host}/a',
    'https://api.{region}.example.com/a',
    'https://api.example.com{path}',
    'https://example.com:{port}/',
    '{scheme}://example.com/',
    'ftp://example.com/a',
    '/orders/{id}',
    '',
    `${HOST}/a#b`,
    `${HOST}/a b`,
    `${HOST}/a\\b`,
    `${HOST}/a/../b`,
    `${HOST}/a/%2E./b`,
    `${HOST}/{order-id}`,
    `${HOST}/{id`,
    `${HOST}/id}`,
    `${HOST}/{}`,
  ])('%s is refused', (template) => expect(checkTemplate(template)).toBeTypeOf('string'));
});
