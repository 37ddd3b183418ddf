import { expect, test } from 'vitest';
import { limitOf, networksOf } from './key-limits.ts';

test('networks are separated by commas, spaces or lines, and none means any', () => {
  expect(networksOf(' \n')).toEqual({ ok: true, networks: null });
  expect(networksOf('10.0.0.0/8, 203.0.113.9/32\n2001:db8::/32')).toEqual({
    ok: true,
    networks: ['10.0.0.0/8', '203.0.113.9/32', '2001:db8::/32'],
  });
});

test('the first that is no range is named', () => {
  for (const wrong of ['10.0.0.1', 'office', '10.0.0.0/', '/8', 'deadbeef/8'])
    expect(networksOf(`10.0.0.0/8 ${wrong}`)).toEqual({ ok: false, wrong });
});

test('a limit is what was ticked and typed, each once', () => {
  expect(limitOf(new Set(), '')).toBeNull();
  expect(limitOf(new Set(['pay']), 'mail.send, pay')).toEqual(['pay', 'mail.send']);
});
