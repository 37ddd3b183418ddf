import type { Body, Call } from '../call.ts';
import type { CallOptions } from '../transport.ts';

export const invitationMethods = (call: Call) => ({
  /** Who was invited, newest first. */
  list: (options?: CallOptions) => call('listInvitations', {}, options),
  /** Invites somebody. `url` in the answer is the link to give on, shown this once. */
  create: (body: Body<'createInvitation'>, options?: CallOptions) => call('createInvitation', { body }, options),
  /** Makes a new link; the one before is worth nothing. */
  resend: (id: string, body: Body<'resendInvitation'> = {}, options?: CallOptions) =>
    call('resendInvitation', { id, body }, options),
  revoke: (id: string, options?: CallOptions) => call('revokeInvitation', { id }, options),
  /** What a link is about, from its token. */
  preview: (token: string, options?: CallOptions) => call('previewInvitation', { body: { token } }, options),
  /** Becomes a member, and is signed in. */
  accept: (body: Body<'acceptInvitation'>, options?: CallOptions) => call('acceptInvitation', { body }, options),
});

/** For people who are signed in: a session belongs to one workspace. */
export const workspaceMethods = (call: Call) => ({
  list: (options?: CallOptions) => call('listWorkspaces', {}, options),
  /** With oneself as its owner. */
  create: (body: Body<'createWorkspace'>, options?: CallOptions) => call('createWorkspace', { body }, options),
  /** Goes on in another workspace: the session's cookie is replaced. */
  switchTo: (id: string, options?: CallOptions) => call('switchWorkspace', { body: { workspace_id: id } }, options),
});
