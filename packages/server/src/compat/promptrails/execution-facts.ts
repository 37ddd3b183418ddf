/** What PromptRails says of an execution, whatever asks. */
import type { WireExecution } from '@countersign/contract';

export const STATUSES = {
  queued: 'pending',
  running: 'running',
  awaiting_approval: 'awaiting_approval',
  waiting: 'running',
  completed: 'completed',
  failed: 'failed',
  rejected: 'rejected',
  cancelled: 'cancelled',
  // Their `rejected` is a person's word, and they have none for time that ran out.
  expired: 'failed',
} as const satisfies Record<WireExecution['status'], string>;

export const executionFacts = ({ status, output, error, tokens, cost }: WireExecution) => ({
  status: STATUSES[status],
  output,
  error: status === 'expired' ? 'approval_expired' : (error?.message ?? ''),
  token_usage: {
    prompt_tokens: tokens.input,
    completion_tokens: tokens.output,
    total_tokens: tokens.input + tokens.output,
  },
  cost: cost?.amount ?? 0,
});
