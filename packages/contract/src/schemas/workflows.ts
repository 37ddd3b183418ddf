import { WORKFLOW_PROBLEMS, type WorkflowProblemCode, WorkflowSchema } from '@countersign/core';
import { z } from 'zod';
import { Actor, id, instant, jsonObject, jsonValue, listOf, listQuery, seen } from './common.ts';

/** The graph; see docs/guide/workflows.md. */
export const WorkflowDefinition = WorkflowSchema;

export const WorkflowVersion = z.object({
  id: id('workflowVersion'),
  workflow_id: id('workflow'),
  version: z.number().int(),
  is_current: z.boolean(),
  message: z.string(),
  definition: WorkflowDefinition,
  created_at: instant,
  created_by: Actor,
});

export const Workflow = z.object({
  id: id('workflow'),
  name: z.string(),
  description: z.string(),
  created_at: instant,
  updated_at: instant,
  archived_at: instant.nullable(),
  current_version: WorkflowVersion.nullable(),
});

/** Without definitions: a page of large graphs would be megabytes. */
const WorkflowSummary = z.object({
  ...Workflow.omit({ current_version: true }).shape,
  current_version: WorkflowVersion.omit({ definition: true }).nullable(),
});

const VersionSummary = WorkflowVersion.omit({ definition: true });

export const WorkflowList = listOf(WorkflowSummary);
export const WorkflowVersionList = listOf(VersionSummary);
export const WorkflowFilter = z.strictObject({ ...listQuery, archived: z.enum(['true', 'false']).default('false') });

const name = z
  .string()
  .min(1)
  .max(100)
  .refine(...seen);
const description = z.string().max(2000);
const message = z.string().max(1000).describe('what changed');

export const CreateWorkflow = z.strictObject({
  name,
  description: description.default(''),
  definition: WorkflowDefinition.optional().describe('of a first version'),
  message: message.default('First version'),
});

export const UpdateWorkflow = z.strictObject({ name: name.optional(), description: description.optional() });

export const CreateWorkflowVersion = z.strictObject({
  definition: WorkflowDefinition,
  message: message.default(''),
  promote: z.boolean().default(true).describe('make it the current version'),
  based_on: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe(
      'the current version that the change was made from, 0 for none; refused if another one is current by now',
    ),
});

export const ExecuteWorkflow = z.strictObject({
  input: jsonValue.default(null).describe('as the input schema says'),
  version: z.number().int().min(1).optional().describe('another version than the current one'),
  on_behalf_of: id('person').optional(),
});

const codes = Object.keys(WORKFLOW_PROBLEMS) as [WorkflowProblemCode, ...WorkflowProblemCode[]];

export const WorkflowProblem = z.object({
  code: z.enum(codes),
  node: z.string().nullable().describe('id of the node'),
  pointer: z.string().describe('JSON Pointer into the definition'),
  detail: z.string(),
});

export const ValidateWorkflow = z.strictObject({
  definition: jsonObject.describe('any JSON: what is wrong with it is the answer'),
  workflow_id: z.string().optional().describe('the workflow that it will be a version of'),
});

export const ValidatedWorkflow = z.object({ valid: z.boolean(), problems: z.array(WorkflowProblem) });

export const WorkflowTemplate = z.object({
  key: z.string(),
  name: z.string(),
  description: z.string(),
  /** What it needs to run as it stands. */
  tools: z.array(z.string()).describe('names of the tools that it calls'),
  example_input: jsonValue,
  definition: WorkflowDefinition,
});

export const WorkflowTemplateList = z.object({ data: z.array(WorkflowTemplate) });
