import { CalendarSchema, DEMANDABLE, REDACTION_MODES, ROLES, TimeZoneSchema } from '@countersign/core';
import { z } from 'zod';
import { Priority } from './approvals.ts';
import { id, instant, seen } from './common.ts';

export const Member = z.object({
  id: id('person'),
  name: z.string(),
  email: z.string(),
  roles: z.array(z.enum(ROLES)),
  groups: z.array(z.string()),
  status: z.enum(['active', 'deactivated']),
});
export const MemberList = z.object({ data: z.array(Member) });

export const CreateMember = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .refine(...seen),
  email: z.email().max(200),
  roles: z.array(z.enum(ROLES)).min(1),
});
export const UpdateMember = z.strictObject({ roles: z.array(z.enum(ROLES)).min(1) });

export const Assignment = z.object({
  approval_id: id('approval'),
  title: z.string(),
  priority: z.enum(['low', 'medium', 'high', 'critical']),
  created_at: instant,
  expires_at: instant.nullable(),
  can_unblock: z
    .array(z.object({ id: z.string(), name: z.string() }))
    .describe('who can bring it forward, but for this member'),
  is_stuck: z.boolean().describe('nobody else can: an approver has to give it to others, or it expires'),
});
export const AssignmentList = z.object({ data: z.array(Assignment) });

const groupName = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, 'must hold up to 64 letters, digits, "_", "." or "-"')
  .refine((name) => !/^(and|or|of|anyone)$/i.test(name), { message: 'is a word of the rules of approvers' });

export const Group = z.object({
  id: id('group'),
  name: z.string(),
  former_names: z.array(z.string()).describe('what policies and waiting requests may still call it'),
  members: z.array(z.string()),
  created_at: instant,
});
export const GroupList = z.object({ data: z.array(Group) });
export const CreateGroup = z.strictObject({ name: groupName, members: z.array(id('person')).max(1000).default([]) });
export const UpdateGroup = z.strictObject({
  name: groupName.optional(),
  members: z.array(id('person')).max(1000).optional(),
});

export const Delegation = z.object({
  id: id('delegation'),
  from: z.object({ id: z.string(), name: z.string() }),
  to: z.object({ id: z.string(), name: z.string() }),
  starts_at: instant,
  ends_at: instant,
  reason: z.string().nullable(),
});
export const DelegationList = z.object({ data: z.array(Delegation) });
export const CreateDelegation = z.strictObject({
  from: id('person').optional().describe('who is away; oneself unless an owner or admin says otherwise'),
  to: id('person'),
  starts_at: instant.optional(),
  ends_at: instant,
  reason: z.string().max(500).optional(),
});

export const Calendar = z.object({ name: z.string(), definition: CalendarSchema, updated_at: instant });
export const CalendarList = z.object({ data: z.array(Calendar) });
export const PutCalendar = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/),
  definition: CalendarSchema,
});

/** Owners are made by owners. */
const provisioned = z.enum(['admin', 'builder', 'approver', 'auditor', 'viewer']);

export const Settings = z.strictObject({
  self_approval: z
    .strictObject({
      requester: z.boolean().default(true),
      on_behalf_of: z.boolean().default(true),
      builder: z.boolean().default(true),
    })
    .default({ requester: true, on_behalf_of: true, builder: true })
    .describe('whose own requests are kept from them: who asked, for whom it is done, who configured the agent'),
  single_operator: z
    .strictObject({ cooling_off_seconds: z.number().int().min(60).max(604_800) })
    .nullable()
    .default(null)
    .describe('for a team of one: the asker may decide after this time, and the record says so'),
  critical_assurance: z
    .enum(DEMANDABLE)
    .nullable()
    .default(null)
    .describe(
      'what approving something critical takes, where the policy demands nothing more; null: a fresh proof from whoever has a factor to give it with',
    ),
  ask_limits: z
    .strictObject({
      pending_per_asker: z.number().int().min(1).max(100_000).default(20),
      new_per_asker_in_10_minutes: z.number().int().min(1).max(100_000).default(60),
      pending: z.number().int().min(1).max(1_000_000).default(2000),
    })
    .nullable()
    .default(null)
    .describe('how much one program may put before people, and how much may wait in all; null: no limit'),
  on_call: z
    .strictObject({
      group: z.string().min(1).max(100).describe('name of the group that hears of it'),
      after_seconds: z.number().int().min(10).max(604_800),
      priority_min: Priority.default('high'),
    })
    .nullable()
    .default(null)
    .describe('who is told, at any hour, of a request that nobody has opened in time'),
  reason_presets: z.array(z.string().min(1).max(200)).max(20).default([]),
  time_zone: TimeZoneSchema.default('UTC').describe('in which figures count days and hours; an IANA name'),
  decision_goal_seconds: z
    .number()
    .int()
    .min(1)
    .max(31_536_000)
    .nullable()
    .default(null)
    .describe('within which time a decision should be made; a line in the figures, and nothing else'),
  redaction: z
    .enum(REDACTION_MODES)
    .default('standard')
    .describe(
      'what is taken out of payloads before they are stored: nothing, fields that schemas mark, also what surely is a secret, also what likely is one',
    ),
  redaction_rules: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 -]{0,58}[A-Za-z0-9]$/),
        fields: z.array(z.string().min(1).max(100)).min(1).max(50),
        visible_to: z.array(z.enum(ROLES)).max(ROLES.length),
      }),
    )
    .max(50)
    .default([])
    .describe(
      'members of these names are taken out of payloads, too; who has one of the roles is shown them with a request, nobody else anywhere',
    ),
  scim: z
    .strictObject({
      default_roles: z.array(provisioned).min(1).default(['viewer']),
      roles_by_group: z.record(z.string().min(1).max(200), z.array(provisioned).min(1)).default({}),
    })
    .default({ default_roles: ['viewer'], roles_by_group: {} })
    .describe('roles of people whom a directory provisions, and those that being in one of its groups gives'),
  page_origins: z
    .array(z.string().regex(/^https?:\/\/[a-z0-9.[\]:-]{1,253}$/, 'must be an origin, such as https://app.example.com'))
    .max(50)
    .default([])
    .describe('other people’s pages whose programs may use this workspace’s keys over the dialects in a browser'),
  newcomer_wait_hours: z
    .number()
    .min(0)
    .max(720)
    .default(0)
    .describe('how long a role or a group that somebody is given counts for no vote yet'),
  require_second_factor: z
    .boolean()
    .optional()
    .describe('of owners, admins and approvers; without it: yes, unless the server is on loopback'),
});
