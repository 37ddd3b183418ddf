/** What the engine refuses: the core's refusals and its own, each a code of the contract's table of problems. */
import type { ApprovalRefusal } from '@countersign/core';

export type Refusal =
  | ApprovalRefusal
  | { readonly type: 'not_found' }
  | { readonly type: 'invalid'; readonly errors: readonly { readonly pointer: string; readonly detail: string }[] }
  | { readonly type: 'already_rejected'; readonly approvalId: string; readonly decision: unknown }
  | { readonly type: 'conversation_busy'; readonly executionId: string }
  | { readonly type: 'execution_ended'; readonly status: string }
  | { readonly type: 'intent_stale' }
  | { readonly type: 'policy_blocked'; readonly reason: string }
  | { readonly type: 'forbidden'; readonly detail: string };
