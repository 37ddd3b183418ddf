/**
 * Which recorded answer comes next, from nothing but the request: the server keeps no state, so it can be killed and a
 * request repeated at any time.
 */
import type { Alternative, Answer, Run } from './transcript.ts';

export type ChatMessage = { readonly role: string; readonly content: string };

export type Next =
  | { readonly found: 'answer'; readonly answer: Pick<Answer, 'content' | 'calls'>; readonly run: Run }
  /** The run is known, and the recorded model says nothing more in this turn. */
  | { readonly found: 'end'; readonly run: Run }
  | { readonly found: 'none'; readonly why: string };

/** A model name that names a run: needed only where two runs begin alike. */
const RUN_IN_MODEL = /^recorded\/(.+)$/s;

/**
 * The run is the one that the model name carries, else the first whose user messages begin with those of the request.
 * The turn is the number of user messages. The answer is counted by the model's messages since the last user message:
 * not by their content, nor by the tool messages', because a reviewer may have edited or rejected a call, and not over
 * the whole conversation, because a turn may have ended otherwise than it was recorded.
 */
export const findNext = (runs: readonly Run[], model: string, messages: readonly ChatMessage[]): Next => {
  const said = messages.filter(({ role }) => role === 'user').map(({ content }) => content);
  if (said.length === 0) return { found: 'none', why: 'the request holds no user message' };

  const named = RUN_IN_MODEL.exec(model)?.[1];
  const run = runs.find(named === undefined ? (each) => beginsWith(each, said) : ({ runId }) => runId === named);
  if (!run)
    return { found: 'none', why: named === undefined ? 'no run begins like this' : `no run is called ${named}` };

  const sinceUser = messages.slice(messages.findLastIndex(({ role }) => role === 'user') + 1);
  const answered = sinceUser.filter(({ role }) => role === 'assistant').length;
  const answer = run.turns[said.length - 1]?.answers[answered];
  if (!answer) return { found: 'end', run };
  const lastResult = sinceUser.findLast(({ role }) => role === 'tool')?.content ?? '';
  return { found: 'answer', run, answer: choose(answer, lastResult) };
};

const beginsWith = (run: Run, said: readonly string[]): boolean =>
  said.every((content, index) => run.turns[index]?.user.trim() === content.trim());

const choose = (answer: Answer, lastResult: string): Pick<Answer, 'content' | 'calls'> => {
  for (const alternative of answer.alternatives) {
    const match = alternative.when.exec(lastResult);
    if (match) return fill(alternative, match.groups ?? {});
  }
  return answer;
};

const fill = (
  { content, calls }: Alternative,
  groups: Readonly<Record<string, string>>,
): Pick<Answer, 'content' | 'calls'> => {
  const filled = (text: string): string =>
    text.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => groups[name] ?? whole);
  return {
    content: content === null ? null : filled(content),
    calls: calls.map((call) => ({ ...call, argumentsText: filled(call.argumentsText) })),
  };
};

/** Runs that begin like another one: only the model name tells these apart from their first message on. */
export const ambiguousRuns = (runs: readonly Run[]): ReadonlySet<string> => {
  const byOpening = Map.groupBy(runs, ({ turns }) => turns[0]?.user.trim() ?? '');
  return new Set([...byOpening.values()].flatMap((alike) => (alike.length > 1 ? alike.map(({ runId }) => runId) : [])));
};
