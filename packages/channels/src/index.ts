export type * from './channel.ts';
export * from './kinds.ts';
export * from './webhook/standard-webhooks.ts';
