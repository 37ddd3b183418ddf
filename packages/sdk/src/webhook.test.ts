import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { WebhookError, parseWebhook } from './webhook.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OLD = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const BODY = JSON.stringify({
  type: 'approval.decided',
  timestamp: '2026-01-01T00:00:00Z',
  data: { subject: 'apr_1' },
});
const AT = new Date('2026-01-01T00:00:00Z');

const headers = (secret = SECRET, body = BODY, id = 'dlv_1') => ({
  'webhook-id': id,
  'webhook-timestamp': String(AT.getTime() / 1000),
  'webhook-signature': new Webhook(secret).sign(id, AT, body),
});
const parse = (given: Record<string, string>, body = BODY, options = {}) =>
  parseWebhook(body, given, { secret: SECRET, nowMs: AT.getTime(), ...options });

describe('a webhook', () => {
  test('T64: signed by the specification’s own library is read', async () => {
    expect(await parse(headers())).toEqual({ ...(JSON.parse(BODY) as object), id: 'dlv_1' });
    expect(await parseWebhook(BODY, new Headers(headers()), { secret: SECRET, nowMs: AT.getTime() })).toMatchObject({
      type: 'approval.decided',
    });
  });

  test('T64: the published vector verifies', async () => {
    const vector = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const body = '{"test": 2432232314}';
    expect(await parseWebhook(body, vector, { secret: SECRET, nowMs: 1_614_265_330_000 })).toMatchObject({
      test: 2_432_232_314,
    });
  });

  test('T64: is good under either secret while one is rotated', async () => {
    expect(await parse(headers(OLD), BODY, { secret: [SECRET, OLD] })).toMatchObject({ id: 'dlv_1' });
    const both = { ...headers(), 'webhook-signature': `v1a,AAAA ${headers(OLD)['webhook-signature']}` };
    expect(await parse(both, BODY, { secret: OLD })).toMatchObject({ id: 'dlv_1' });
  });

  test.each([
    ['of another secret', headers(OLD), BODY],
    ['with a changed body', headers(), BODY.replace('apr_1', 'apr_2')],
    ['under another id', { ...headers(), 'webhook-id': 'dlv_2' }, BODY],
    ['at another time', { ...headers(), 'webhook-timestamp': String(AT.getTime() / 1000 + 1) }, BODY],
    ['without a signature', { ...headers(), 'webhook-signature': '' }, BODY],
    ['with a signature of another kind', { ...headers(), 'webhook-signature': 'v2,AAAA' }, BODY],
    ['with a signature that is no base64', { ...headers(), 'webhook-signature': 'v1,%%%' }, BODY],
    ['with a time that is none', { ...headers(), 'webhook-timestamp': 'now' }, BODY],
  ])('%s is refused', async (_, given, body) => {
    await expect(parse(given, body)).rejects.toThrow(WebhookError);
  });

  test.each([301, -301])('that is %i s away is refused as replayed', async (seconds) => {
    await expect(parse(headers(), BODY, { nowMs: AT.getTime() + seconds * 1000 })).rejects.toThrow(WebhookError);
    expect(await parse(headers(), BODY, { nowMs: AT.getTime() + Math.sign(seconds) * 299_000 })).toBeTruthy();
  });
});
