/**
 * What a reader of a conversation has not been shown yet, found from its rows: whatever process writes them, and however
 * often the reader comes back, the same conversation is shown. What a turn has said so far is void where another attempt
 * took its place, and is then replaced from the offset that the event names.
 */
import { createHash } from 'node:crypto';
import type { WireConversationEvent } from '@countersign/contract';
import { hasEnded, mayStream } from '@countersign/core';
import { type AgentConfig, readConfig } from '@countersign/engine';
import {
  type ExecutionRow,
  type MessageRow,
  type Scope,
  type StepFactsRow,
  executionsOfConversation,
  getApproval,
  getConversation,
  getStep,
  getTurnDraft,
  getVersion,
  listMessages,
  listStepFacts,
  pendingApprovalsBelow,
  votesOf,
} from '@countersign/store';
import { presentRun } from '../handlers/executions.ts';
import { presentSummary } from '../present/approval.ts';
import { presentMessage, presentStep } from '../present/work.ts';
import { type Place, placeToId, sumOfText, textPlace } from './place.ts';
import { frameOf } from './send-events.ts';

const PAGE = 200;

export type Feed = {
  /** Frames for what is new, and whether nothing is at work in the conversation. */
  readonly next: (scope: Scope) => Promise<{ readonly frames: string[]; readonly isIdle: boolean }>;
  /** The execution at work, as last seen: who watches the conversation listens to it, too. */
  readonly active: () => string | null;
};

/** @param isVisitor sees what is said and whether it waits, and none of what its agent does */
export const createFeed = (conversationId: string, from: Place, isVisitor: boolean): Feed => {
  let place = from;
  let active: string | null = null;
  let frames: string[] = [];
  const shown = new Map<string, string>();
  const gates = new Map<string, AgentConfig['gate']>();
  /** Executions whose steps were shown while they were at work: they are shown to their end. */
  const followed = new Set<string>();
  let said = '';

  const send = (event: WireConversationEvent): void => {
    frames.push(frameOf(placeToId(place), event.type, event));
  };
  /** Sends a state unless it is what was sent under this key before. */
  const sendState = (key: string, event: WireConversationEvent): void => {
    const sum = createHash('sha256').update(JSON.stringify(event)).digest('base64');
    if (shown.get(key) === sum) return;
    shown.set(key, sum);
    send(event);
  };

  const gateOf = async (scope: Scope, row: ExecutionRow): Promise<AgentConfig['gate']> => {
    const id = row.agent_version_id ?? '';
    const gate = gates.get(id) ?? readConfig((await getVersion(scope, id))?.config).gate;
    gates.set(id, gate);
    return gate;
  };

  const sendText = (executionId: string, { id, attempt }: StepFactsRow, text: string): void => {
    const known = place.text?.step === id ? place.text : null;
    // Whoever came back says how much they have and what it sums up to; the text itself is not known here any more.
    if (known && known.length > said.length && sumOfText(text.slice(0, known.length)) === known.sum)
      said = text.slice(0, known.length);
    const isSameAttempt = known?.attempt === attempt;
    let offset = 0;
    if (isSameAttempt) while (offset < said.length && said[offset] === text[offset]) offset += 1;
    if (text === said && isSameAttempt) return;
    if (!known && text === '') return;
    said = text;
    place = { ...place, text: textPlace(id, attempt, text) };
    send({ type: 'text', execution_id: executionId, step_id: id, attempt, offset, text: text.slice(offset) });
  };

  /** What its model turns say, as far as no gate may hold it back. */
  const sendTexts = async (scope: Scope, row: ExecutionRow, facts: readonly StepFactsRow[]): Promise<void> => {
    const gate = await gateOf(scope, row);
    for (const [index, step] of facts.entries()) {
      if (step.kind !== 'model_turn') continue;
      const hadHeldCall = facts.slice(0, index).some((before) => before.gate?.outcome === 'hold');
      if (!mayStream(gate, hadHeldCall)) continue;
      const key = `text ${step.id}`;
      if (step.status === 'completed') {
        if (shown.has(key)) continue;
        const recorded = await getStep(scope, step.id);
        if (place.text?.step !== step.id) said = '';
        sendText(row.id, step, recorded ? (presentStep(recorded).result ?? '') : '');
        shown.set(key, 'whole');
      } else if (step.status === 'running' || step.status === 'ready') {
        const draft = await getTurnDraft(scope, row.id);
        if (place.text?.step !== step.id) said = '';
        sendText(row.id, step, draft?.step_id === step.id ? draft.text : '');
      } else if (place.text?.step === step.id) sendText(row.id, step, '');
    }
  };

  const sendSteps = async (scope: Scope, row: ExecutionRow, facts: readonly StepFactsRow[]): Promise<void> => {
    for (const { id, status, attempt } of facts) {
      const state = `${status} ${attempt}`;
      if (shown.get(`state ${id}`) === state) continue;
      shown.set(`state ${id}`, state);
      const step = await getStep(scope, id);
      if (step) sendState(id, { type: 'step', execution_id: row.id, step: presentStep(step) });
    }
  };

  const sendApprovals = async (scope: Scope, pending: readonly { readonly id: string }[]): Promise<void> => {
    const ids = new Set(pending.map(({ id }) => id));
    const before = [...shown.keys()].filter((key) => key.startsWith('apr_') && shown.get(key) !== 'decided');
    for (const id of new Set([...ids, ...before])) {
      const approval = await getApproval(scope, id);
      if (!approval) continue;
      // Of nobody's queue: neither what is alike nor what somebody has put off.
      const around = { votes: await votesOf(scope, [id]), alike: null, snoozedUntil: null };
      sendState(id, { type: 'approval', approval: presentSummary(approval, around, null) });
      if (approval.status !== 'pending') shown.set(id, 'decided');
    }
  };

  const sendExecution = async (scope: Scope, row: ExecutionRow, isLast: boolean): Promise<void> => {
    if (place.execution !== row.id && (!place.execution || !followed.has(row.id)))
      place = { ...place, execution: row.id };
    const isFollowed = isLast || followed.has(row.id) || !hasEnded(row.status);
    const pending = row.pending_approvals > 0 ? await pendingApprovalsBelow(scope, row.id) : [];
    sendState(`turn ${row.id}`, {
      type: 'turn',
      execution_id: row.id,
      status: row.status,
      approvals: pending.map(({ id }) => id),
    });
    if (!isVisitor) sendState(row.id, { type: 'execution', execution: await presentRun(scope, row) });
    if (!isFollowed) return;
    const facts = await listStepFacts(scope, row.id);
    if (!isVisitor) {
      await sendSteps(scope, row, facts);
      await sendApprovals(scope, pending);
    }
    await sendTexts(scope, row, facts);
    if (hasEnded(row.status)) followed.delete(row.id);
    else followed.add(row.id);
  };

  const sendMessages = async (
    scope: Scope,
    messages: readonly MessageRow[],
    rows: ReadonlyMap<string, ExecutionRow>,
    lastId: string | undefined,
  ): Promise<void> => {
    for (const message of messages) {
      const row = message.role === 'assistant' ? rows.get(message.execution_id ?? '') : undefined;
      if (row) await sendExecution(scope, row, row.id === lastId);
      place = { ...place, position: message.position };
      send({ type: 'message', message: presentMessage(message) });
    }
  };

  return {
    active: () => active,
    next: async (scope) => {
      frames = [];
      const conversation = await getConversation(scope, conversationId);
      if (!conversation) return { frames, isIdle: true };
      active = conversation.active_execution_id;
      // Read before the messages: what has ended is then among them.
      const found = await executionsOfConversation(scope, conversationId, place.execution, active, PAGE);
      const messages = await listMessages(scope, conversationId, place.position, PAGE);
      const rows = new Map(found.map((row) => [row.id, row]));
      const lastId = found.length < PAGE ? found.at(-1)?.id : undefined;
      await sendMessages(scope, messages.slice(0, PAGE), rows, lastId);
      for (const row of found) await sendExecution(scope, row, row.id === lastId);
      return { frames, isIdle: active === null && messages.length <= PAGE && found.length < PAGE };
    },
  };
};
