/** The browsers that a member lets us write to: https://www.w3.org/TR/push-api */
import { z } from 'zod';
import { id, instant } from './common.ts';

export const Push = z.object({
  is_offered: z.boolean().describe('whether the workspace has a channel for it that is at work'),
  public_key: z.string().describe('what browsers subscribe with (applicationServerKey): the same in every workspace'),
  subscriptions: z.array(
    z.object({
      id: id('pushSubscription'),
      name: z.string().describe('what its person calls the browser'),
      endpoint_hash: z.string().describe('SHA-256 of its endpoint, hex: by which a browser knows itself'),
      created_at: instant,
    }),
  ),
});

export const AddPushSubscription = z.strictObject({
  name: z.string().trim().min(1).max(100),
  endpoint: z.url().max(2000),
  p256dh: z.string().regex(/^B[A-Za-z0-9_-]{86}$/, 'must be a point of P-256, base64url'),
  auth: z.string().regex(/^[A-Za-z0-9_-]{22}$/, 'must be 16 bytes, base64url'),
});
