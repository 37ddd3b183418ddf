/** What the model is told: the conversation so far and this execution's own steps, from their rows. */
import { editedWords, interruptedWords, lostResultWords } from '@countersign/core';
import { type ExecutionRow, type Scope, type StepRow, conversationHistory, listSteps } from '@countersign/store';
import type { ModelMessage, ProviderState } from '../models/model.ts';

/** A model turn's result, as its step keeps it. */
export type KeptTurn = {
  readonly text: string;
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly argumentsText: string }[];
  readonly providerState?: ProviderState;
};

const inputText = (input: string): string => {
  const value: unknown = JSON.parse(input);
  return typeof value === 'string' ? value : input;
};

const assistantMessage = (step: StepRow): ModelMessage => {
  const turn = JSON.parse(step.result ?? '{"text":"","toolCalls":[]}') as KeptTurn;
  return {
    role: 'assistant',
    content: turn.text,
    toolCalls: [...turn.toolCalls],
    ...(turn.providerState ? { providerState: turn.providerState } : {}),
  };
};

/** The model is told of an edit, so that what it says next fits what was really done. */
const editNote = (step: StepRow): string =>
  step.original_arguments !== null && step.status === 'completed'
    ? editedWords(step.original_arguments, step.arguments ?? '')
    : '';

/** An attempt that began may have had its effect, whatever became of the execution: never say then that it had none. */
const missingResultWords = (step: StepRow): string => (step.attempt > 0 ? lostResultWords : interruptedWords);

const toolMessage = (step: StepRow): ModelMessage => ({
  role: 'tool',
  callId: step.call_id ?? step.id,
  name: step.tool ?? '',
  // Every call needs an answer in the transcript, also one that an ended execution left open.
  content: step.result === null ? missingResultWords(step) : `${editNote(step)}${step.result}`,
  isError: step.result === null || step.is_error,
});

/** An edited or rejected output is not what the model said: the conversation goes on from what went out. */
const outputMessages = (steps: readonly StepRow[]): Map<string, string | null> =>
  new Map(
    steps
      .filter((step) => step.kind === 'output')
      .map((step) => [`${step.execution_id}:${step.turn}`, step.status === 'completed' ? step.result : null]),
  );

const messagesOf = (steps: readonly StepRow[]): ModelMessage[] => {
  const outputs = outputMessages(steps);
  return steps.flatMap((step): ModelMessage[] => {
    if (step.kind === 'tool_call') return [toolMessage(step)];
    if (step.kind === 'output' || step.status !== 'completed') return [];
    const output = outputs.get(`${step.execution_id}:${step.turn}`);
    if (output === undefined) return [assistantMessage(step)];
    return output === null ? [] : [{ role: 'assistant', content: inputText(output), toolCalls: [] }];
  });
};

export const buildMessages = async (scope: Scope, execution: ExecutionRow): Promise<ModelMessage[]> => {
  const earlier = execution.conversation_id
    ? await conversationHistory(scope, execution.conversation_id, execution.id)
    : [];
  const turns = Map.groupBy(earlier, (step) => step.execution_id);
  const past = [...turns.values()].flatMap((steps): ModelMessage[] => [
    { role: 'user', content: inputText(steps[0]?.execution_input ?? '""') },
    ...messagesOf(steps),
  ]);
  return [
    ...past,
    { role: 'user', content: inputText(execution.input) },
    ...messagesOf(await listSteps(scope, execution.id)),
  ];
};
