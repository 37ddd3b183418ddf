import { ROLES } from '@countersign/core';
import { z } from 'zod';
import { Actor, id, instant, seen } from './common.ts';

const roles = z.array(z.enum(ROLES)).min(1);
const days = z.number().int().min(1).max(30).default(7).describe('how many days the link is good for');

export const Invitation = z.object({
  id: id('invitation'),
  email: z.string(),
  name: z.string().nullable(),
  roles: z.array(z.enum(ROLES)),
  groups: z.array(id('group')),
  status: z.enum(['open', 'accepted', 'revoked', 'expired']),
  invited_by: Actor,
  created_at: instant,
  sent_at: instant,
  expires_at: instant,
  accepted_at: instant.nullable(),
});
export const InvitationList = z.object({ data: z.array(Invitation) });
export const InvitationWithLink = Invitation.extend({
  url: z.string().describe('the one-time link to give on; shown this once'),
  mailed: z.boolean().describe('whether it goes by mail as well'),
});

export const CreateInvitation = z.strictObject({
  email: z.email().max(200),
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine(...seen)
    .optional(),
  roles,
  groups: z.array(id('group')).max(50).default([]),
  expires_in_days: days,
});
export const ResendInvitation = z.strictObject({ expires_in_days: days });

const token = z.string().min(1).max(200).describe('from the link, after `#token=`');
export const PreviewInvitation = z.strictObject({ token });
export const InvitationPreview = z.object({
  workspace: z.string(),
  email: z.string(),
  name: z.string().nullable(),
  roles: z.array(z.enum(ROLES)),
  invited_by: z.string(),
  expires_at: instant,
  must_sign_in: z.boolean().describe('the address has an account here already: sign in with it before accepting'),
});
export const AcceptInvitation = z.strictObject({
  token,
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine(...seen)
    .optional()
    .describe('what one wants to be called, unless one has an account already'),
});

export const Workspace = z.object({
  id: id('workspace'),
  name: z.string(),
  roles: z.array(z.enum(ROLES)),
  is_current: z.boolean(),
});
export const WorkspaceList = z.object({ data: z.array(Workspace) });
export const CreateWorkspace = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine(...seen),
});
export const SwitchWorkspace = z.strictObject({ workspace_id: id('workspace') });
