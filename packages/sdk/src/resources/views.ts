import type { Body, Call } from '../call.ts';
import type { CallOptions } from '../transport.ts';

export const viewMethods = (call: Call) => ({
  /** Your saved views of the queue; a key's are those of its owner. */
  list: (options?: CallOptions) => call('listViews', {}, options),
  /** Saves filters and an order under a name. */
  create: (body: Body<'createView'>, options?: CallOptions) => call('createView', { body }, options),
  /** Renames it, or changes what it shows. */
  update: (id: string, body: Body<'updateView'>, options?: CallOptions) => call('updateView', { id, body }, options),
  delete: (id: string, options?: CallOptions) => call('deleteView', { id }, options),
});
