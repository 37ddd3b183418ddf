import type { Body, Call } from '../call.ts';
import type { CallOptions } from '../transport.ts';

export const memberMethods = (call: Call) => ({
  /** Everybody in the workspace, with roles and groups. */
  list: (options?: CallOptions) => call('listMembers', {}, options),
  /** Adds a person. Needs an owner or admin who is signed in. */
  create: (body: Body<'createMember'>, options?: CallOptions) => call('createMember', { body }, options),
  /** A one-time link for somebody who can not sign in. */
  createSignInLink: (id: string, options?: CallOptions) => call('createMemberSignInLink', { id }, options),
  endSessions: (id: string, options?: CallOptions) => call('endMemberSessions', { id }, options),
  /** Changes somebody's roles. */
  update: (id: string, body: Body<'updateMember'>, options?: CallOptions) =>
    call('updateMember', { id, body }, options),
  /** Lets somebody do nothing for now; their sessions and keys end. */
  deactivate: (id: string, options?: CallOptions) => call('deactivateMember', { id }, options),
  /** Lets somebody act again. They sign in anew; their keys stay revoked. */
  reactivate: (id: string, options?: CallOptions) => call('reactivateMember', { id }, options),
  /** Removes somebody; what they decided stays on record. */
  remove: (id: string, options?: CallOptions) => call('removeMember', { id }, options),
  /** Waiting requests that somebody could decide, and who else can. */
  assignments: (id: string, options?: CallOptions) => call('listAssignments', { id }, options),
});

/** One's own account. What is there already is changed only after a fresh proof of who one is: `step_up_required`. */
export const accountMethods = (call: Call) => ({
  get: (options?: CallOptions) => call('getAccount', {}, options),
  update: (body: Body<'updateAccount'>, options?: CallOptions) => call('updateAccount', { body }, options),
  /** What one wants to hear, on what, and when not. */
  notifications: (options?: CallOptions) => call('getNotifications', {}, options),
  putNotifications: (body: Body<'putNotifications'>, options?: CallOptions) =>
    call('putNotifications', { body }, options),
  /** Ends one's other sessions. */
  putPassword: (body: Body<'putPassword'>, options?: CallOptions) => call('putPassword', { body }, options),
  startPasskey: (options?: CallOptions) => call('startPasskey', {}, options),
  addPasskey: (body: Body<'addPasskey'>, options?: CallOptions) => call('addPasskey', { body }, options),
  renamePasskey: (id: string, body: Body<'renamePasskey'>, options?: CallOptions) =>
    call('renamePasskey', { id, body }, options),
  removePasskey: (id: string, options?: CallOptions) => call('removePasskey', { id }, options),
  /** A secret for an authenticator app; it counts once `confirmTotp` got a code of it. */
  /** Who one is in Slack and other channels. */
  listChannelIdentities: (options?: CallOptions) => call('listChannelIdentities', {}, options),
  /** A code to say in a channel who one is: shown once, good once. */
  createLinkCode: (options?: CallOptions) => call('createLinkCode', {}, options),
  /** Has a code sent to one's phone number. */
  startPhone: (body: Body<'startPhone'>, options?: CallOptions) => call('startPhone', { body }, options),
  /** The number is one's own from here on. */
  verifyPhone: (body: Body<'verifyPhone'>, options?: CallOptions) => call('verifyPhone', { body }, options),
  removeChannelIdentity: (id: string, options?: CallOptions) => call('removeChannelIdentity', { id }, options),
  /** In which browsers one is told. */
  push: (options?: CallOptions) => call('getPush', {}, options),
  addPushSubscription: (body: Body<'addPushSubscription'>, options?: CallOptions) =>
    call('addPushSubscription', { body }, options),
  removePushSubscription: (id: string, options?: CallOptions) => call('removePushSubscription', { id }, options),
  startTotp: (options?: CallOptions) => call('startTotp', {}, options),
  confirmTotp: (body: Body<'confirmTotp'>, options?: CallOptions) => call('confirmTotp', { body }, options),
  removeTotp: (options?: CallOptions) => call('removeTotp', {}, options),
  createRecoveryCodes: (options?: CallOptions) => call('createRecoveryCodes', {}, options),
  startIdentity: (body: Body<'startIdentity'>, options?: CallOptions) => call('startIdentity', { body }, options),
  linkIdentity: (body: Body<'linkIdentity'>, options?: CallOptions) => call('linkIdentity', { body }, options),
  unlinkIdentity: (provider: string, options?: CallOptions) => call('unlinkIdentity', { provider }, options),
});

export const groupMethods = (call: Call) => ({
  list: (options?: CallOptions) => call('listGroups', {}, options),
  create: (body: Body<'createGroup'>, options?: CallOptions) => call('createGroup', { body }, options),
  /** Renames it, or sets its members: the whole list. */
  update: (id: string, body: Body<'updateGroup'>, options?: CallOptions) => call('updateGroup', { id, body }, options),
  delete: (id: string, options?: CallOptions) => call('deleteGroup', { id }, options),
});

export const delegationMethods = (call: Call) => ({
  /** Who stands in for whom, now and later. */
  list: (options?: CallOptions) => call('listDelegations', {}, options),
  /** Lets somebody stand in for a time. */
  create: (body: Body<'createDelegation'>, options?: CallOptions) => call('createDelegation', { body }, options),
  /** Ends it. */
  delete: (id: string, options?: CallOptions) => call('deleteDelegation', { id }, options),
});

export const calendarMethods = (call: Call) => ({
  /** Working calendars, which policies name. */
  list: (options?: CallOptions) => call('listCalendars', {}, options),
  /** Creates or changes the one of this name. */
  put: (body: Body<'putCalendar'>, options?: CallOptions) => call('putCalendar', { body }, options),
  delete: (name: string, options?: CallOptions) => call('deleteCalendar', { name }, options),
});

export const settingsMethods = (call: Call) => ({
  /** Switches of the workspace: self-approval, the mode for a team of one, presets of reasons. */
  get: (options?: CallOptions) => call('getSettings', {}, options),
  /** Sets all of them; what is left out goes back to its default. */
  put: (body: Body<'putSettings'>, options?: CallOptions) => call('putSettings', { body }, options),
});
