export type * from './channel.ts';
export * from './conformance.ts';
export * from './deciding.ts';
export * from './form.ts';
export * from './inbound.ts';
export * from './kinds.ts';
export * from './webhook/standard-webhooks.ts';
