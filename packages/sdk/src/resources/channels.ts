import type { Body, Call, Query } from '../call.ts';
import { eachItem } from '../page.ts';
import type { CallOptions } from '../transport.ts';

/** Where people and programs outside are told. Changing channels needs an owner or admin, or a key with `channels:write`. */
export const channelMethods = (call: Call) => ({
  list: (query: Query<'listChannels'> = {}, options?: CallOptions) => call('listChannels', { query }, options),
  iterate: (query: Omit<Query<'listChannels'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listChannels', { query: { ...query, ...cursor } }, options)),
  /** Its secret is in the answer, and in no later one. */
  create: (body: Body<'createChannel'>, options?: CallOptions) => call('createChannel', { body }, options),
  get: (id: string, options?: CallOptions) => call('getChannel', { id }, options),
  /** Changes it, pauses it, takes it up again. */
  update: (id: string, body: Body<'updateChannel'>, options?: CallOptions) =>
    call('updateChannel', { id, body }, options),
  delete: (id: string, options?: CallOptions) => call('deleteChannel', { id }, options),
  /** For a while deliveries are signed with the old secret too, so that receivers can change over. */
  rotateSecret: (id: string, body: Body<'rotateChannelSecret'> = {}, options?: CallOptions) =>
    call('rotateChannelSecret', { id, body }, options),
  /** Sends a test and says how it went. */
  test: (id: string, options?: CallOptions) => call('testChannel', { id }, options),
  /** Runs the conformance suite against its other side. */
  prove: (id: string, options?: CallOptions) => call('proveChannel', { id }, options),
  /** What it would say of an event. Nothing is sent. */
  preview: (id: string, query: Query<'previewChannel'> = {}, options?: CallOptions) =>
    call('previewChannel', { id, query }, options),
  /** Delivers again what it had to deliver in a time. */
  replay: (id: string, body: Body<'replayChannel'>, options?: CallOptions) =>
    call('replayChannel', { id, body }, options),
});

export const deliveryMethods = (call: Call) => ({
  /** One page, newest first. */
  list: (query: Query<'listDeliveries'> = {}, options?: CallOptions) => call('listDeliveries', { query }, options),
  iterate: (query: Omit<Query<'listDeliveries'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listDeliveries', { query: { ...query, ...cursor } }, options)),
  /** With request and response of each attempt. */
  get: (id: string, options?: CallOptions) => call('getDelivery', { id }, options),
  /** Delivers it again, under the same id. */
  replay: (id: string, options?: CallOptions) => call('replayDelivery', { id }, options),
});
