export type * from './channel.ts';
export * from './conformance.ts';
export * from './kinds.ts';
export * from './webhook/standard-webhooks.ts';
