/** A workflow as it is written: a graph of nodes in JSON. What a graph must further be is in `validate`; see docs/spec/workflow.md. */
import { z } from 'zod';
import { HITL_MODES } from '../gate/decide-gate.ts';
import { HoldSettings, RISK_CLASSES } from '../policy/policy.ts';
import type { Json, JsonObject } from '../json.ts';
import type { NodeType } from './node-types.ts';

export const NODES_MAX = 2000;
const BRANCHES_MAX = 1500;
const SECONDS_MAX = 31_536_000;

/** Any JSON. One schema for all, so that descriptions of the API name it once. */
export const jsonValueSchema: z.ZodType<Json> = z.json();
const jsonSchemaValue: z.ZodType<JsonObject> = z.record(z.string(), jsonValueSchema);

/** A name that CEL takes as it stands. */
const name = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,62}$/, 'must be a letter, then letters, digits and _, 63 at most');
const nodeId = name.describe('identifier of a node');
const seconds = z.number().min(0).max(SECONDS_MAX);
/** `contentMediaType` tells forms where expressions stand: the whole text is one, or parts of it between braces are. */
const expression = z
  .string()
  .min(1)
  .max(4000)
  .meta({ description: 'CEL over `input`, `vars`, `steps.<id>.output`, `execution`', contentMediaType: 'text/x-cel' });
const template = jsonValueSchema.meta({
  description: 'JSON, with CEL between `{{` and `}}` in its texts; a text that is one expression becomes its value',
  contentMediaType: 'application/x-cel-template+json',
});
const text = z
  .string()
  .max(20_000)
  .meta({ description: 'text, with CEL between `{{` and `}}`', contentMediaType: 'text/x-cel-template' });

const common = {
  id: nodeId,
  name: z.string().max(200).optional().describe('for people'),
  description: z.string().max(2000).optional(),
  position: z.strictObject({ x: z.number(), y: z.number() }).optional().describe('in the visual editor'),
};
const onSuccess = {
  on_success: nodeId.optional().describe('the node that follows'),
  delay_to_next_step: seconds.optional().describe('seconds between its end and what follows'),
};
const onFail = { on_fail: nodeId.optional().describe('the node that follows its failure') };
const attempts = {
  retry: z
    .strictObject({
      count: z.number().int().min(0).max(20).describe('attempts after the first'),
      backoff: z.enum(['linear', 'exponential']).default('exponential'),
      delay_seconds: z.number().min(0).max(86_400).default(1).describe('before the first of them'),
    })
    .optional(),
  timeout_seconds: z.number().gt(0).max(SECONDS_MAX).optional(),
};

const hitlConfig = z.strictObject({
  allowed_tools: z.array(z.string()).default([]),
  blocked_tools: z.array(z.string()).default([]),
  hold_read_only: z.boolean().default(false),
  timeout_minutes: z.number().positive().max(525_600).nullable().default(null),
});
const hitl = {
  hitl_mode: z.enum(HITL_MODES).optional().describe('the stricter of this and the agent’s own mode holds'),
  hitl_config: hitlConfig.optional(),
};

const node = <T extends NodeType, Shape extends z.ZodRawShape>(type: T, shape: Shape) =>
  z.strictObject({ ...common, type: z.literal(type), ...shape });

const Start = node('start', onSuccess);
const Agent = node('agent', {
  ...onSuccess,
  ...onFail,
  ...attempts,
  ...hitl,
  agent_id: z.string().min(1).describe('id or name of an agent'),
  version: z.number().int().min(1).optional().describe('another than the current one'),
  input: template.describe('what the agent is told: a text, or JSON that it gets as text'),
});
const Tool = node('tool', {
  ...onSuccess,
  ...onFail,
  ...attempts,
  ...hitl,
  tool: z.string().min(1).describe('name of a tool of the workspace'),
  arguments: z.record(z.string(), template).default({}),
  checkpoint: z.string().min(1).max(100).optional(),
});
const Approval = node('approval', {
  ...onSuccess,
  ...onFail,
  title: text.min(1).describe('what is asked for, in a sentence'),
  when: expression.optional().describe('asks only if this is true; otherwise it goes on as if approved'),
  checkpoint: z.string().min(1).max(100).optional(),
  risk: z.enum(RISK_CLASSES).default('external').describe('of what is approved'),
  /** Approvers, stages, time and what follows it: the same settings as in a policy. */
  hold: HoldSettings.optional(),
  details: z.record(z.string(), template).default({}).describe('the exact content that is approved'),
  context: z
    .strictObject({
      request: text.optional(),
      impact_if_approved: text.optional(),
      impact_if_denied: text.optional(),
      evidence: z
        .array(z.strictObject({ label: z.string().min(1).max(200), content: text, source: text.optional() }))
        .max(20)
        .default([]),
    })
    .optional(),
  form: jsonSchemaValue.optional().describe('a form that the approver fills in'),
  channels: z.array(z.string().min(1).max(100)).max(20).default([]).describe('names of channels to tell'),
  on_rejected: z
    .enum(['fail', 'stop', 'continue'])
    .default('fail')
    .describe('take the failure path (stop where there is none), stop at once, or go on'),
});
const Condition = node('condition', {
  when: expression,
  on_true: nodeId.optional(),
  on_false: nodeId.optional(),
  ...onFail,
});
const Switch = node('switch', {
  cases: z
    .array(z.strictObject({ when: expression, label: z.string().max(100).optional(), next: nodeId.optional() }))
    .min(1)
    .max(50),
  otherwise: nodeId.optional(),
  ...onFail,
});
const Transform = node('transform', {
  ...onSuccess,
  ...onFail,
  output: template.optional(),
  set: z.record(name, template).default({}).describe('variables that it sets'),
});
const Parallel = node('parallel', {
  branches: z.array(nodeId).min(1).max(BRANCHES_MAX).describe('the first node of each branch'),
  ...onFail,
});
const Join = node('join', {
  ...onSuccess,
  mode: z.enum(['all', 'any', 'count']).default('all').describe('how many branches must arrive'),
  count: z.number().int().min(1).max(BRANCHES_MAX).optional().describe('for the mode `count`'),
});
const Loop = node('loop', {
  ...onSuccess,
  ...onFail,
  items: expression.describe('a list'),
  as: name.default('item').describe('what an item is called inside; its index is `<as>_index`'),
  body: nodeId.optional().describe('the first node of each round; its last one leads back to the loop'),
  concurrency: z.number().int().min(1).max(1000).default(1),
  on_item_failure: z.enum(['stop', 'continue']).default('stop'),
});
const Delay = node('delay', {
  ...onSuccess,
  ...onFail,
  seconds: z.union([seconds, expression]).optional(),
  until: expression.optional().describe('a moment: a timestamp, or an RFC 3339 text'),
});
const WaitEvent = node('wait_event', {
  ...onSuccess,
  ...onFail,
  event: z.string().min(1).max(200).describe('name of the event'),
  match: expression.optional().describe('CEL over `event` too: which event it is'),
  timeout_seconds: attempts.timeout_seconds,
});
const SubWorkflow = node('workflow', {
  ...onSuccess,
  ...onFail,
  ...attempts,
  workflow_id: z.string().min(1).describe('id or name of a workflow'),
  version: z.number().int().min(1).optional(),
  input: template,
});
const Notify = node('notify', {
  ...onSuccess,
  ...onFail,
  channels: z.array(z.string().min(1).max(100)).max(20).default([]),
  title: text.optional(),
  text,
});
const End = node('end', {
  output: template.optional(),
  outcome: z.enum(['completed', 'failed']).default('completed'),
});

export const WorkflowNode = z.discriminatedUnion('type', [
  Start,
  Agent,
  Tool,
  Approval,
  Condition,
  Switch,
  Transform,
  Parallel,
  Join,
  Loop,
  Delay,
  WaitEvent,
  SubWorkflow,
  Notify,
  End,
]);
export type WorkflowNode = z.infer<typeof WorkflowNode>;
export type NodeOf<T extends NodeType> = Extract<WorkflowNode, { type: T }>;

export const WorkflowSchema = z.strictObject({
  input_schema: jsonSchemaValue.optional().describe('JSON Schema of the input'),
  variables: z.record(name, jsonValueSchema).default({}).describe('with their first values'),
  on_failure: z
    .enum(['stop', 'continue'])
    .default('stop')
    .describe('what a failure without a failure path does: end the execution, or go on'),
  retry_from: z.enum(['failed', 'first']).default('failed').describe('where a retry by hand begins'),
  nodes: z.array(WorkflowNode).min(1).max(NODES_MAX),
});
export type Workflow = z.infer<typeof WorkflowSchema>;
/** As people write it: what has a default may be left out. */
export type WorkflowInput = z.input<typeof WorkflowSchema>;
