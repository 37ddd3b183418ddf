import type { Body, Call, Query } from '../call.ts';
import { eachItem } from '../page.ts';
import type { CallOptions } from '../transport.ts';

const versionMethods = (call: Call) => ({
  list: (policyId: string, options?: CallOptions) => call('listPolicyVersions', { id: policyId }, options),
  /** Adds a version, which holds from now on. */
  create: (policyId: string, body: Body<'createPolicyVersion'>, options?: CallOptions) =>
    call('createPolicyVersion', { id: policyId, body }, options),
});

/** What changes policies needs an owner or admin who is signed in; what reads and tries them needs `policies:read`. */
export const policyMethods = (call: Call) => ({
  /** All of them, in the order in which they are read. */
  list: (options?: CallOptions) => call('listPolicies', {}, options),
  create: (body: Body<'createPolicy'>, options?: CallOptions) => call('createPolicy', { body }, options),
  get: (id: string, options?: CallOptions) => call('getPolicy', { id }, options),
  /** Renames it, moves it, switches it on or off. */
  update: (id: string, body: Body<'updatePolicy'>, options?: CallOptions) =>
    call('updatePolicy', { id, body }, options),
  /** Retires it; its versions stay for the record. */
  delete: (id: string, options?: CallOptions) => call('deletePolicy', { id }, options),
  versions: versionMethods(call),
  /** Lets another of its versions hold. */
  promote: (id: string, body: Body<'promotePolicyVersion'>, options?: CallOptions) =>
    call('promotePolicyVersion', { id, body }, options),
  /** What is wrong with rules as they are written, with line and column. */
  check: (body: Body<'checkPolicy'>, options?: CallOptions) => call('checkPolicy', { body }, options),
  /** What would happen to one call, and why. Nothing happens. */
  evaluate: (body: Body<'evaluatePolicy'>, options?: CallOptions) => call('evaluatePolicy', { body }, options),
  /** What would have happened to past or recorded calls. */
  backtest: (body: Body<'backtestPolicy'> = {}, options?: CallOptions) => call('backtestPolicy', { body }, options),
});

export const grantMethods = (call: Call) => ({
  /** One page, newest first. */
  list: (query: Query<'listGrants'> = {}, options?: CallOptions) => call('listGrants', { query }, options),
  iterate: (query: Omit<Query<'listGrants'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listGrants', { query: { ...query, ...cursor } }, options)),
  /** Lets a class of like calls go ahead, for a time and a number of uses. Needs an approver who is signed in. */
  create: (body: Body<'createGrant'>, options?: CallOptions) => call('createGrant', { body }, options),
  /** One grant, with what was used of it. */
  get: (id: string, options?: CallOptions) => call('getGrant', { id }, options),
  /** At once. */
  revoke: (id: string, options?: CallOptions) => call('revokeGrant', { id }, options),
  /** One page of what it let through, newest first. */
  uses: (id: string, query: Query<'listGrantUses'> = {}, options?: CallOptions) =>
    call('listGrantUses', { id, query }, options),
  iterateUses: (id: string, query: Omit<Query<'listGrantUses'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listGrantUses', { id, query: { ...query, ...cursor } }, options)),
});
