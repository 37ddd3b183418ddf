import type { Body, Call, Query } from '../call.ts';
import { eachItem } from '../page.ts';
import type { CallOptions } from '../transport.ts';

const versionMethods = (call: Call) => ({
  /** Adds an immutable version, which becomes the current one unless `promote` is false. */
  create: (agentId: string, body: Body<'createVersion'>, options?: CallOptions) =>
    call('createVersion', { id: agentId, body }, options),
  list: (agentId: string, query: Query<'listVersions'> = {}, options?: CallOptions) =>
    call('listVersions', { id: agentId, query }, options),
  iterate: (agentId: string, query: Omit<Query<'listVersions'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listVersions', { id: agentId, query: { ...query, ...cursor } }, options)),
  get: (agentId: string, version: number, options?: CallOptions) =>
    call('getVersion', { id: agentId, version: String(version) }, options),
});

export const agentMethods = (call: Call) => ({
  /** Creates an agent, with a first version if a config is given. */
  create: (body: Body<'createAgent'>, options?: CallOptions) => call('createAgent', { body }, options),
  list: (query: Query<'listAgents'> = {}, options?: CallOptions) => call('listAgents', { query }, options),
  iterate: (query: Omit<Query<'listAgents'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listAgents', { query: { ...query, ...cursor } }, options)),
  /** One agent with its current version. */
  get: (id: string, options?: CallOptions) => call('getAgent', { id }, options),
  /** Changes its name or description. Not sent again by itself, since it carries no idempotency key. */
  update: (id: string, body: Body<'updateAgent'>, options?: CallOptions) => call('updateAgent', { id, body }, options),
  /** Archives it; its executions and approvals stay. */
  archive: (id: string, options?: CallOptions) => call('archiveAgent', { id }, options),
  versions: versionMethods(call),
  /** Makes a version the current one. */
  promote: (id: string, body: Body<'promoteVersion'>, options?: CallOptions) =>
    call('promoteVersion', { id, body }, options),
  /** Starts an execution. */
  execute: (id: string, body: Body<'executeAgent'>, options?: CallOptions) =>
    call('executeAgent', { id, body }, options),
});
