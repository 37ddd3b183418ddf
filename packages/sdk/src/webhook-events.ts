/** Webhooks by their type: what stands in `details` of each, as far as programs act on it. */
import type { Priority } from '@countersign/core';
import type { EventType, WireWebhookEvent } from '@countersign/contract';

type Outcome = 'approved' | 'rejected' | 'expired' | 'cancelled';

/** Of an execution's end. */
type Ended = { readonly conversation_id: string | null; readonly error_code: string | null };

/** Of an approval's end. `execution_id` is null where a program outside asked. */
type Decided<O extends Outcome> = { readonly outcome: O; readonly execution_id: string | null };

type Known = {
  /** Of an agent, or of a workflow. */
  readonly 'execution.started': { readonly agent_id?: string | null; readonly conversation_id?: string | null };
  /** After a decision, or (`retried`) by hand. */
  readonly 'execution.resumed': {
    readonly approval_id?: string;
    readonly outcome?: Outcome;
    readonly retried?: boolean;
  };
  readonly 'execution.completed': Ended;
  readonly 'execution.failed': Ended;
  readonly 'execution.rejected': Ended;
  readonly 'execution.cancelled': Ended;
  readonly 'execution.expired': Ended;
  readonly 'approval.requested': {
    readonly priority: Priority;
    readonly tool: string | null;
    readonly execution_id: string | null;
  };
  readonly 'approval.decided': Decided<'approved' | 'rejected'> & {
    readonly edited: boolean;
    readonly assurance: string;
    readonly policy: { readonly id: string; readonly version: number } | null;
  };
  readonly 'approval.expired': Decided<'expired'>;
  readonly 'approval.cancelled': Decided<'cancelled'>;
  /** The digest of what was taken for execution. */
  readonly 'approval.consumed': { readonly digest: string };
  readonly 'approval.revoked': { readonly execution_id: string | null };
};

type Data = WireWebhookEvent['data'];

type EventOf<T extends WireWebhookEvent['type']> = Omit<WireWebhookEvent, 'type' | 'data'> & {
  readonly type: T;
  readonly data: Omit<Data, 'details'> & {
    readonly details: T extends keyof Known ? Known[T] : Data['details'];
  };
  /** `webhook-id`: the same when it comes again. */
  readonly id: string;
};

/** A union over `type`: `switch (event.type)` narrows `event.data.details`. */
export type ParsedWebhook = { readonly [T in EventType | 'channel.test']: EventOf<T> }[EventType | 'channel.test'];
