/** Plays a recorded run into a conversation: each user message, and then waiting until its execution has ended. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { WireConversation, WireExecution, WireMessage, WireStep } from '@countersign/contract';
import { hasEnded } from '@countersign/core';
import type { Run } from '../../examples/recorded-model/transcript.ts';
import { type Api, ApiRefusal } from './api.ts';

type PlayedMessage = {
  readonly executionId: string | null;
  /** Null where it did not end, or was not even begun. */
  readonly execution: WireExecution | null;
  readonly steps: readonly WireStep[];
  /** Why it could not be played to its end. */
  readonly problem: string | null;
};

export type PlayedRun = { readonly run: Run; readonly messages: readonly PlayedMessage[] };

export type Stage = {
  readonly api: Api;
  readonly agentId: string;
  readonly versionOf: (run: Run) => number;
  readonly onConversation: (conversationId: string, run: Run) => void;
  /** Resolves at the next sign that the execution has ended. */
  readonly nextSign: (executionId: string) => Promise<void>;
};

const POLL_MS = 1_000;
/** An execution that stays as it is for this long while its calls are being decided does not go on by itself. */
const STALLED_MS = 120_000;

export const playRun = async (stage: Stage, run: Run): Promise<PlayedRun> => {
  const { api } = stage;
  const conversation = await api.call<WireConversation>({
    as: 'agent',
    method: 'POST',
    path: '/v1/conversations',
    key: randomUUID(),
    body: { agent_id: stage.agentId, title: run.runId.slice(0, 200), version: stage.versionOf(run) },
  });
  stage.onConversation(conversation.id, run);

  const messages: PlayedMessage[] = [];
  for (const turn of run.turns) {
    const before = messages.at(-1);
    // A conversation whose execution hangs takes no further message.
    messages.push(
      before && before.execution === null
        ? { executionId: null, execution: null, steps: [], problem: 'an earlier message of the run did not end' }
        : await playMessage(stage, `/v1/conversations/${conversation.id}/messages`, turn.user),
    );
  }
  return { run, messages };
};

const playMessage = async (stage: Stage, path: string, content: string): Promise<PlayedMessage> => {
  const { api } = stage;
  try {
    const posted = await api.call<{ message: WireMessage; execution: WireExecution }>({
      as: 'agent',
      method: 'POST',
      path,
      key: randomUUID(),
      body: { content },
    });
    const executionId = posted.execution.id;
    const execution = await waitForEnd(stage, executionId);
    const steps = await api.call<{ data: WireStep[] }>({
      as: 'agent',
      method: 'GET',
      path: `/v1/executions/${executionId}/steps`,
    });
    const problem = execution ? null : `${executionId} did not end`;
    return { executionId, execution, steps: steps.data, problem };
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    return { executionId: null, execution: null, steps: [], problem: error.message };
  }
};

/** The execution when it has ended; null when nothing has moved in it for too long. */
const waitForEnd = async (stage: Stage, executionId: string): Promise<WireExecution | null> => {
  let lastSeen = '';
  let movedAt = Date.now();
  for (;;) {
    // Asked for before the state is read, so that an end in between is not missed.
    const sign = stage.nextSign(executionId);
    const execution = await stage.api.call<WireExecution>({
      as: 'agent',
      method: 'GET',
      path: `/v1/executions/${executionId}`,
    });
    if (hasEnded(execution.status)) return execution;
    const seen = JSON.stringify([
      execution.status,
      execution.turns,
      execution.pending_approvals,
      execution.next_attempt_at,
    ]);
    if (seen !== lastSeen) movedAt = Date.now();
    else if (Date.now() - movedAt > STALLED_MS) return null;
    lastSeen = seen;
    await Promise.race([sign, delay(POLL_MS)]);
  }
};
