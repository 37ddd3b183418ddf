/** Every kind of channel there is, by its name. */
import type { Channel } from './channel.ts';
import { webhookChannel } from './webhook/webhook.ts';

export type Kinds = ReadonlyMap<string, Channel>;

/** @param tools what kinds reach the outside with; one whose tool is not there is not there either */
export const createKinds = (tools: { readonly fetch: typeof fetch }): Kinds =>
  new Map([webhookChannel(tools.fetch)].map((channel) => [channel.kind, channel]));
