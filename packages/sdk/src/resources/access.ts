import type { EventType } from '@countersign/contract';
import { type Body, type Call, type Query, addressOf } from '../call.ts';
import { OPERATIONS } from '../operations.ts';
import { eachItem } from '../page.ts';
import { type StreamOptions, streamEvents } from '../stream.ts';
import type { CallOptions, Transport } from '../transport.ts';

export const apiKeyMethods = (call: Call) => ({
  /** Creates a key. `secret` in the answer is shown this once. */
  create: (body: Body<'createKey'>, options?: CallOptions) => call('createKey', { body }, options),
  list: (query: Query<'listKeys'> = {}, options?: CallOptions) => call('listKeys', { query }, options),
  iterate: (query: Omit<Query<'listKeys'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listKeys', { query: { ...query, ...cursor } }, options)),
  /** A new secret for an own key, shown this once; the one before goes on for the overlap. */
  rotate: (id: string, body: Body<'rotateKey'> = {}, options?: CallOptions) => call('rotateKey', { id, body }, options),
  /** Effective within a second. */
  revoke: (id: string, options?: CallOptions) => call('revokeKey', { id }, options),
});

/** For programs that act for a signed-in person in a browser, with the session's cookie instead of a key. */
export const sessionMethods = (call: Call) => ({
  /** Single sign-on providers, and whether passkeys work at this address. */
  ways: (options?: CallOptions) => call('getSignInWays', {}, options),
  /** Signs in with a one-time link's token. */
  signIn: (body: Body<'signIn'>, options?: CallOptions) => call('signIn', { body }, options),
  /** Mails a one-time link to a member's address; the answer is the same where nobody has it. */
  mailSignInLink: (body: Body<'mailSignInLink'>, options?: CallOptions) => call('mailSignInLink', { body }, options),
  /** Throws `second_factor_needed` where the code of an authenticator app has to come too. */
  signInWithPassword: (body: Body<'signInWithPassword'>, options?: CallOptions) =>
    call('signInWithPassword', { body }, options),
  /** A challenge for a passkey; the browser keeps its other half in a cookie. */
  startPasskeySignIn: (options?: CallOptions) => call('startPasskeySignIn', {}, options),
  signInWithPasskey: (body: Body<'signInWithPasskey'>, options?: CallOptions) =>
    call('signInWithPasskey', { body }, options),
  /** Where the browser goes to sign in at a provider, which sends it back to `/sign-in/callback`. */
  startSso: (body: Body<'startSso'>, options?: CallOptions) => call('startSso', { body }, options),
  finishSso: (body: Body<'finishSso'>, options?: CallOptions) => call('finishSso', { body }, options),
  startStepUp: (options?: CallOptions) => call('startStepUp', {}, options),
  /** Proves again who one is; good for five minutes. */
  stepUp: (body: Body<'stepUp'>, options?: CallOptions) => call('stepUp', { body }, options),
  /** One's own sessions in this workspace. */
  list: (options?: CallOptions) => call('listSessions', {}, options),
  end: (id: string, options?: CallOptions) => call('endSession', { id }, options),
  endOthers: (options?: CallOptions) => call('endOtherSessions', {}, options),
  get: (options?: CallOptions) => call('getSession', {}, options),
  signOut: (options?: CallOptions) => call('signOut', {}, options),
});

/** What a person who is signed in signs decisions with; never what they sign in with. */
export const signingKeyMethods = (call: Call) => ({
  list: (options?: CallOptions) => call('listSigningKeys', {}, options),
  /** A challenge for a new one, for `navigator.credentials.create`. */
  start: (options?: CallOptions) => call('startSigningKey', {}, options),
  add: (body: Body<'addSigningKey'>, options?: CallOptions) => call('addSigningKey', { body }, options),
  /** What it has signed stays good. */
  revoke: (id: string, options?: CallOptions) => call('revokeSigningKey', { id }, options),
});

export const eventMethods = (transport: Transport) => ({
  /**
   * Everything that happens, as it happens, over as many connections as it takes: a new one goes on after the last event
   * seen. Without `after` it begins now, and before its first event a connection that is lost may take events with it.
   * Events carry ids and states; ask for the content by id.
   */
  stream: ({ types, ...options }: StreamOptions & { readonly types?: readonly EventType[] | undefined } = {}) =>
    streamEvents(transport, addressOf(OPERATIONS.streamEvents.path, { query: { types: types?.join(',') } }), options),
});
