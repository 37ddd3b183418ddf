/** A workflow template as HookPulse writes it: kept as a note beside the workflow that is made of it. */
import { jsonValueSchema } from '@countersign/core';
import { z } from 'zod';

const COUNT_MAX = 20;
const DELAY_SECONDS_MAX = 31_536_000;

const jsonObject = z.record(z.string(), jsonValueSchema);
const seconds = z.number().int().min(0).max(DELAY_SECONDS_MAX);
/** The step that follows: some clients send an empty text where there is none. */
const nextStep = z.string().max(100).nullish();

const CONDITION_OPERATORS = ['eq', 'ne', 'lt', 'gt', 'lte', 'gte', 'in', 'contains'] as const;

export const Condition = z.object({
  operator: z.enum(CONDITION_OPERATORS),
  field: z.string().min(1).max(500),
  value: jsonValueSchema,
});
export type Condition = z.infer<typeof Condition>;

/** What is called, in a workflow's step or by itself. */
export const Webhook = z.object({
  webhook_name: z.string().min(1).max(200),
  webhook_description: z.string().max(2000).default(''),
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE', 'PATCH']),
  path: z.string().min(1).max(1500),
  domain_uuid: z.uuid(),
  retry_delay: z.number().min(0).max(86_400).default(10),
  retry_backoff_mode: z.enum(['linear', 'exponential']).default('linear'),
  max_retries: z.number().int().min(0).max(COUNT_MAX).default(5),
  request_timeout_in_milliseconds: z.number().int().min(1).max(300_000).default(5000),
  request_body_json: jsonObject.default({}),
  headers_json: z.record(z.string().max(100), z.string().max(4000)).default({}),
  query_params_json: jsonObject.default({}),
});
export type Webhook = z.infer<typeof Webhook>;

export const NewStep = Webhook.extend({
  index: z.number().int().min(0).max(1000),
  human_approval_required: z.boolean(),
  step_identifier: z.string().min(1).max(60),
  on_success_next_step_identifier: nextStep,
  on_fail_next_step_identifier: nextStep,
  delay_to_next_step: seconds.default(0),
  execution_condition: Condition.nullish(),
});
export type NewStep = z.infer<typeof NewStep>;

export const Domain = z.object({
  protocol_type: z.enum(['https', 'http']),
  domain: z.string().min(1).max(250),
  rate_limit_enabled: z.boolean().default(false),
  concurrency_control_enabled: z.boolean().default(false),
  max_concurrent_jobs: z.number().int().min(0).default(0),
  max_requests_per_second: z.number().min(0).default(0),
});
export type Domain = z.infer<typeof Domain>;

export const RUN_TYPES = ['fifo_sequential', 'concurrently'] as const;

/** A step with the tool of ours that makes its call, and when it was added. */
export type Step = NewStep & { readonly tool: string; readonly inserted_at: string };

export type Template = {
  readonly kind: 'workflow' | 'webhook';
  readonly runtype: (typeof RUN_TYPES)[number];
  readonly steps: readonly Step[];
};
