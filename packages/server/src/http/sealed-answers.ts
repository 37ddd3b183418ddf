import type { RouteName } from '@countersign/contract';

/** Answers that carry a credential, or what was taken out of a payload: kept encrypted under their Idempotency-Key. */
export const SEALED_ANSWERS: ReadonlySet<RouteName> = new Set([
  'createKey',
  'rotateKey',
  'createInvitation',
  'createIncomingWebhook',
  'rotateIncomingWebhook',
  'resendInvitation',
  'consumeReceipt',
  'createChannel',
  'rotateChannelSecret',
  'createChatToken',
  'createLinkCode',
]);

/** What such an answer is bound to. */
export const answerContext = (name: RouteName): string => `answer/${name}`;
