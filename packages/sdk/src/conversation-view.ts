/** Puts the events of a conversation's stream together to what is to be shown. Pure: each event gives another view. */
import type {
  WireApprovalSummary,
  WireConversationEvent,
  WireExecution,
  WireMessage,
  WireStep,
} from '@countersign/contract';

/** What an agent did to answer one message. */
export type TurnView = {
  readonly executionId: string;
  readonly status: WireExecution['status'];
  /** Ids of the approvals that it waits for. */
  readonly approvals: readonly string[];
  readonly execution: WireExecution | null;
  readonly steps: readonly WireStep[];
  /** What the model has said, a text for each of its turns; the last one is a draft until its step is complete. */
  readonly texts: readonly { readonly stepId: string; readonly text: string }[];
};

export type ConversationView = {
  readonly messages: readonly WireMessage[];
  /** By the execution's id. */
  readonly turns: Readonly<Record<string, TurnView>>;
  readonly approvals: Readonly<Record<string, WireApprovalSummary>>;
};

export const EMPTY_CONVERSATION: ConversationView = { messages: [], turns: {}, approvals: {} };

const emptyTurn = (executionId: string): TurnView => ({
  executionId,
  status: 'queued',
  approvals: [],
  execution: null,
  steps: [],
  texts: [],
});

const withTurn = (
  view: ConversationView,
  executionId: string,
  change: (turn: TurnView) => Partial<TurnView>,
): ConversationView => {
  const turn = view.turns[executionId] ?? emptyTurn(executionId);
  return { ...view, turns: { ...view.turns, [executionId]: { ...turn, ...change(turn) } } };
};

/** The item in the place of the one with its id, or at the end. */
const put = <T extends { readonly id: string }>(items: readonly T[], item: T): readonly T[] =>
  items.some(({ id }) => id === item.id)
    ? items.map((known) => (known.id === item.id ? item : known))
    : [...items, item];

type TextEvent = Extract<WireConversationEvent, { type: 'text' }>;

/** What stood from the offset on is void: it was never recorded, or is said anew. */
const withText = (texts: TurnView['texts'], { step_id: stepId, offset, text }: TextEvent): TurnView['texts'] =>
  texts.some((known) => known.stepId === stepId)
    ? texts.map((known) => (known.stepId === stepId ? { stepId, text: known.text.slice(0, offset) + text } : known))
    : [...texts, { stepId, text }];

export const applyEvent = (view: ConversationView, event: WireConversationEvent): ConversationView => {
  switch (event.type) {
    case 'message':
      return { ...view, messages: put(view.messages, event.message) };
    case 'turn':
      return withTurn(view, event.execution_id, () => ({ status: event.status, approvals: event.approvals }));
    case 'text':
      return withTurn(view, event.execution_id, ({ texts }) => ({ texts: withText(texts, event) }));
    case 'execution':
      return withTurn(view, event.execution.id, () => ({ execution: event.execution }));
    case 'step':
      return withTurn(view, event.execution_id, ({ steps }) => ({
        steps: put(steps, event.step).toSorted((a, b) => a.position - b.position),
      }));
    case 'approval':
      return { ...view, approvals: { ...view.approvals, [event.approval.id]: event.approval } };
  }
};
