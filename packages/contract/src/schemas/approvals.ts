import { DEMANDABLE, ROLES } from '@countersign/core';
import { z } from 'zod';
import { Departure, PlanUse, ShownPlan, WrittenPlan } from './plans.ts';
import { Actor, id, instant, jsonObject, jsonValue, listOf, listQuery, toolName } from './common.ts';
import { Signature } from './signing.ts';
import { ToolAnnotations } from './tools.ts';

export const APPROVAL_STATUSES = ['pending', 'approved', 'rejected', 'expired', 'cancelled'] as const;
export const PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;

export const ApprovalStatus = z.enum(APPROVAL_STATUSES);
export const Priority = z.enum(PRIORITIES);

/** What is asked for: a tool call, an output that would leave, or an action described in words. */
export const ApprovalKind = z.enum(['tool_call', 'output', 'action', 'question']);

export const Evidence = z.strictObject({
  label: z.string().min(1).max(200),
  content: z.string().max(20_000),
  source: z.string().max(500).optional(),
});

export const Impact = z.strictObject({
  if_approved: z.string().max(2000).optional(),
  if_rejected: z.string().max(2000).optional(),
});

/** `who` may do it, and if not, why not, in words. */
const Can = z.object({ ok: z.boolean(), why: z.string().nullable() });

export const Difference = z.object({
  pointer: z.string().describe('JSON Pointer (RFC 6901) into the arguments or the output'),
  before: jsonValue.optional(),
  after: jsonValue.optional(),
});

export const Decision = z.object({
  outcome: z.enum(['approved', 'rejected', 'expired', 'cancelled']),
  by: Actor,
  at: instant,
  reason: z.string().nullable(),
  assurance: z
    .enum(['signed', 'step_up', 'session', 'channel', 'key', 'automated'])
    .describe('how sure it is that its author is who the record says'),
  digest: z.string().describe('the digest the decider named'),
  edits: z.array(Difference).describe('what was changed before it was approved; empty if nothing'),
  response: jsonValue.optional().describe('the answer, where it was a question'),
  single_operator: z.boolean().describe('whether the asker decided alone, in the mode for a team of one'),
});

export const Claim = z.object({ person_id: z.string(), name: z.string(), until: instant });

/** A decision that is made and held back: it takes effect at `until`, unless its author takes it back before. */
export const HeldDecision = z.object({
  outcome: z.enum(['approved', 'rejected']),
  by: Actor,
  at: instant,
  until: instant,
  edited: z.boolean(),
});

/** What must still happen before it is approved. */
export const Quorum = z.object({
  stage: z.number().int().describe('the open one, from 0'),
  stages: z.array(
    z.object({
      name: z.string(),
      approvers: z.string().describe('such as "2 of engineering and 1 of finance"'),
      rejections: z.number().int().describe('so many end it'),
    }),
  ),
  missing: z.array(z.string()).describe('what is missing in the open stage, in the same words'),
  distinct_people: z.boolean(),
  assurance: z
    .enum(DEMANDABLE)
    .nullable()
    .describe('how sure it must be who approves: signed in, proved again within five minutes, or signed by the person'),
  reason_required: z.boolean(),
});

export const Vote = z.object({
  person: z.object({ id: z.string(), name: z.string() }),
  represents: z.string().nullable().describe('the id of the person who is away and whose place it fills'),
  vote: z.enum(['approved', 'rejected']),
  stage: z.number().int(),
  reason: z.string().nullable(),
  assurance: z.string(),
  at: instant,
  counts: z.boolean().describe('false: it was on content that was edited since'),
});

export const Flag = z.object({
  pointer: z.string(),
  kind: z.enum(['changed', 'unusual', 'new_value', 'mutable_reference']),
  severity: z.number().int(),
  text: z.string(),
});

/** How far the open stage is: "1 of 2", in stage 1 of 3. */
const Progress = z.object({
  approvals: z.number().int().describe('places that are filled'),
  needed: z.number().int(),
  stage: z.number().int().describe('the open one, from 0'),
  stages: z.number().int(),
});

/** Beyond this, how many are alike is not counted. */
export const ALIKE_MAX = 99;

export const ApprovalSummary = z.object({
  id: id('approval'),
  status: ApprovalStatus,
  kind: ApprovalKind,
  title: z.string(),
  checkpoint: z.string(),
  priority: Priority,
  tool: z.string().nullable(),
  agent: z.object({ id: z.string().nullable(), version: z.number().int().nullable(), name: z.string() }).nullable(),
  execution_id: z.string().nullable(),
  conversation_id: z.string().nullable(),
  requested_by: Actor,
  created_at: instant,
  expires_at: instant.nullable(),
  is_overdue: z.boolean().describe('past its time, and still waiting'),
  risk: z.string().nullable(),
  claim: Claim.nullable(),
  assigned_to: z.array(z.string()).describe('ids of people and names of groups it was given to'),
  held: HeldDecision.nullable().describe('a decision that can still be taken back; until then it stays pending'),
  progress: Progress.nullable().describe('null once it is decided'),
  alike: z
    .number()
    .int()
    .nullable()
    .describe(
      `how many other pending calls have its tool and shape, up to ${ALIKE_MAX}; null where that is not counted: in answers to commands`,
    ),
  top_flag: Flag.nullable().describe(
    'what is most unusual about it; null if nothing, and in lists without `flags=true`',
  ),
  snoozed_until: instant.nullable().describe('until when whoever asks has put it off, for themselves alone'),
  decision: Decision.nullable(),
});

export const Approval = ApprovalSummary.extend({
  workspace_id: id('workspace'),
  digest: z.string().describe('SHA-256 of the canonical JSON (RFC 8785) of `action`: name it when deciding'),
  view_digest: z.string().describe('SHA-256 of the view model, which is what a reviewer is shown; each vote keeps it'),
  action: jsonObject.describe('exactly what is approved or rejected; what runs has this digest, or the edited one'),
  arguments: jsonObject.nullable().describe('of the tool call, as they would run now (after an edit: the edited ones)'),
  arguments_schema: jsonObject.nullable(),
  output: jsonValue.nullable(),
  original: z
    .object({ arguments: jsonObject.nullable(), output: jsonValue.nullable() })
    .nullable()
    .describe('what was asked for, where a decider edited it'),
  input: jsonValue.nullable().describe('the input that led here'),
  earlier_steps: z.array(
    z.object({
      step_id: z.string(),
      tool: z.string(),
      arguments: jsonValue.nullable(),
      result: z.string().nullable(),
      status: z.string(),
    }),
  ),
  gate_reason: z.string().describe('why the gate held this, computed by the system'),
  explanation: z.string().nullable().describe('what the agent says about it; not verified'),
  impact: Impact.nullable(),
  evidence: z.array(Evidence),
  metadata: jsonObject,
  step_id: z.string().nullable(),
  on_timeout: z.enum(['reject', 'approve', 'escalate', 'retry', 'park']),
  quorum: Quorum,
  votes: z.array(Vote),
  can_unblock: z.array(z.object({ id: z.string(), name: z.string() })).describe('who can still bring it forward'),
  policy: z
    .object({ id: z.string(), name: z.string(), version: z.number().int(), rule: z.string() })
    .nullable()
    .describe('the rule that held it'),
  flags: z.array(Flag).describe('what is unusual about it, compared with approved calls like it; the strongest first'),
  baseline: z
    .object({ id: z.string(), arguments: jsonObject, decided_at: instant, differences: z.array(Difference) })
    .nullable()
    .describe('the last approved call like it'),
  compared_with: z.number().int().describe('how many approved calls the flags are computed from'),
  plan: ShownPlan.nullable().describe('the plan of calls that it is about'),
  departures: z
    .array(Departure)
    .nullable()
    .describe('how the call departs from the approved plans of who asks; null where there are none'),
  response_schema: jsonObject.nullable().describe('the form of the answer, where it is a question'),
  late_answers: z.array(
    z.object({
      person: z.object({ id: z.string(), name: z.string() }),
      vote: z.enum(['approved', 'rejected']),
      reason: z.string().nullable(),
      at: instant,
    }),
  ),
  reopened_from: z.string().nullable(),
  consumed_at: instant.nullable().describe('when the approved call was taken for execution; once'),
  revoked: z
    .object({ by: Actor, reason: z.string().nullable(), at: instant })
    .nullable()
    .describe('who took its use away after it had been approved'),
  redactions: z
    .array(
      z.object({
        marker: z.string(),
        rule: z.string().describe('a rule of the workspace, or the kind of secret it is by its form'),
        visible_to: z.array(z.enum(ROLES)),
        value: jsonValue.optional().describe('for whoever has one of these roles'),
      }),
    )
    .optional()
    .describe('what was taken out of the content before it was stored; only where one approval is read'),
  receipt: z.string().nullable().describe('the signed statement of the decision, a JWS in compact form'),
  can: z
    .object({
      approve: Can,
      reject: Can,
      edit: Can,
      cancel: Can,
      recall: Can,
      claim: Can,
      reassign: Can,
      escalate: Can,
      extend: Can,
      grant: Can,
      reopen: Can,
      revoke: Can,
    })
    .describe('for whoever asks'),
  server_time: instant,
});

/** The orders of a list of approvals; the urgent ones and by priority and by time left only for what is pending. */
export const APPROVAL_SORTS = ['newest', 'oldest', 'urgency', 'priority', 'time_left'] as const;

const IDS_MAX = 50;

export const ApprovalFilter = z.strictObject({
  ...listQuery,
  status: z
    .enum([...APPROVAL_STATUSES, 'completed'])
    .optional()
    .describe('`completed`: every decided one'),
  agent_id: z.string().optional(),
  tool: z.string().optional(),
  checkpoint: z.string().optional(),
  priority: Priority.optional(),
  conversation_id: z.string().optional(),
  execution_id: z.string().optional(),
  assigned_to: z
    .enum(['me', 'others'])
    .optional()
    .describe('`me`: what you can bring forward now; `others`: what waits for somebody else'),
  snoozed: z.enum(['true', 'false']).optional().describe('`true`: only what you have put off; `false`: without that'),
  ids: z
    .string()
    .max(2000)
    .transform((text) => text.split(','))
    .pipe(z.array(id('approval')).max(IDS_MAX))
    .optional()
    .describe(`only these of them, up to ${IDS_MAX}, separated by commas: what became of rows that you have`),
  edited: z.enum(['true', 'false']).optional().describe('`true`: only what a decider edited before deciding'),
  risk: z.string().optional(),
  waiting_longer_than: z.coerce.number<number>().int().min(0).max(3_155_760_000).optional().describe('seconds'),
  due_within: z.coerce.number<number>().int().min(0).max(31_536_000).optional().describe('seconds until its deadline'),
  flags: z.literal('true').optional().describe('with `ids`: says what is most unusual about each, as `top_flag`'),
  q: z
    .string()
    .max(200)
    .optional()
    .describe(
      'words in the title, tool or checkpoint; of fewer than three letters or digits in a row: among the first 20,000 of the list',
    ),
  sort: z
    .enum(APPROVAL_SORTS)
    .default('newest')
    .describe(
      '`urgency`: by deadline, with a head start by priority; it, `priority` and `time_left` need status=pending',
    ),
});

export const ApprovalList = listOf(ApprovalSummary);

const askContext = {
  checkpoint: z.string().min(1).max(100).optional(),
  priority: Priority.default('medium'),
  explanation: z.string().max(2000).optional().describe("the agent's own words; shown as unverified"),
  input: jsonValue.optional().describe('the input that led here'),
  impact: Impact.optional(),
  evidence: z.array(Evidence).max(20).default([]),
  metadata: jsonObject.default({}),
  agent_name: z.string().min(1).max(100).optional().describe('of an agent that runs elsewhere'),
  on_behalf_of: id('person').optional().describe('a member for whom the agent works: may then not decide'),
  timeout_seconds: z.number().int().min(1).max(31_536_000).optional(),
};

export const AskApproval = z
  .strictObject({
    title: z.string().min(1).max(300).optional().describe('what is requested, in a sentence'),
    tool: toolName.optional(),
    arguments: jsonObject.optional(),
    arguments_schema: jsonObject.optional().describe('JSON schema that edited arguments must meet'),
    output: jsonValue.optional(),
    question: jsonObject.optional().describe('JSON schema of the answer: makes this a question'),
    plan: WrittenPlan.optional().describe(
      'calls that you will make: name its approval when you ask the gate about one',
    ),
    ...askContext,
  })
  .refine((ask) => ask.plan === undefined || (ask.tool ?? ask.output ?? ask.question ?? ask.arguments) === undefined, {
    message: 'stands alone: without tool, arguments, output and question',
    path: ['plan'],
  })
  .refine((ask) => ask.tool === undefined || ask.output === undefined, {
    message: 'name a tool call or an output, not both',
    path: ['output'],
  })
  .refine((ask) => (ask.tool ?? ask.title ?? ask.plan) !== undefined, {
    message: 'a title is needed where there is no tool call',
    path: ['title'],
  });

export const GateCall = z.strictObject({
  tool: toolName,
  arguments: jsonObject.default({}),
  agent_id: id('agent').optional().describe("the gate settings of this agent's current version decide"),
  title: z.string().min(1).max(300).optional(),
  arguments_schema: jsonObject.optional(),
  annotations: ToolAnnotations.optional().describe(
    'what the tool does, where it is no tool of the workspace; counts where the key may also register tools (`tools:write`). What goes ahead by this word is in the audit log',
  ),
  plan: id('approval')
    .optional()
    .describe('the approval of a plan of yours: a call within one of its lines goes ahead'),
  ...askContext,
});

export const GateAnswer = z.object({
  outcome: z.enum(['proceed', 'hold', 'block']),
  reason: z.string(),
  plan: PlanUse.optional().describe('the line of the plan that lets it through'),
  approval: Approval.nullable().describe('what to wait for, where the outcome is `hold`'),
});

export const recallSeconds = z
  .number()
  .int()
  .min(0)
  .max(60)
  .describe(
    'holds the decision back for so long, so that you can take it back; at most a tenth of the time left. Where the policy says how long, that holds',
  );

const decide = {
  decision: z.enum(['approved', 'rejected']),
  digest: z.string().min(1).max(100).optional().describe('the digest of what the decider saw; required (428 without)'),
  view_digest: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('of the view that was shown: refused if it is another by now'),
  reason: z.string().max(4000).optional(),
  arguments: jsonObject.optional().describe('edited arguments, whole; checked against the schema'),
  output: jsonValue.optional().describe('edited output, whole'),
  response: jsonValue.optional().describe('the answer, where it is a question'),
  recall_seconds: recallSeconds.optional(),
};

export const Decide = z.strictObject({
  ...decide,
  signature: Signature.optional().describe('over the intent, where the policy asks for one'),
});

/** The decision that a person is about to sign. */
export const PrepareSignature = z.strictObject(decide);

export const Cancel = z.strictObject({ reason: z.string().max(4000).optional() });

export const WaitQuery = z.strictObject({
  timeout: z.coerce.number<number>().int().min(0).max(120).default(60).describe('seconds to wait for a decision'),
});

export const TimelineEntry = z.object({
  id: z.string(),
  at: instant,
  type: z.string(),
  actor: Actor,
  detail: jsonObject,
});

export const Timeline = z.object({ data: z.array(TimelineEntry) });
