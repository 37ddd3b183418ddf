/** A retry by hand takes up what failed, or begins anew, as the workflow's `retry_from` says. What is done stays done. */
import { begin, newState, reopened, restore } from '@countersign/core';
import { dropNodeRuns, newId } from '@countersign/store';
import { factsOf, setTimes } from './live.ts';
import type { Round } from './round.ts';
import { settleUnknown } from './tool-node.ts';

export const retryWorkflow = async (round: Round): Promise<void> => {
  const { live, scope, execution } = round;
  const { graph, state } = live;
  if (graph.workflow.retry_from === 'first') {
    await dropNodeRuns(scope, execution.id);
    for (const part of [live.facts, live.keys, live.timed, live.inFlight]) part.clear();
    live.state = newState(execution.id, state.input, graph.workflow.variables);
    begin(graph, live.state);
    return;
  }
  const list = reopened(state, (key) => factsOf(live, key).toolId !== null && factsOf(live, key).attempt > 0);
  for (const { key, how } of list) {
    const run = state.runs.get(key);
    const facts = factsOf(live, key);
    if (!run) continue;
    // A call whose answer was an error is known to have been made: another one is another call, under a key of its own.
    if (run.error?.code === 'tool_error') {
      live.keys.delete(facts.id);
      facts.id = newId('step');
      live.keys.set(facts.id, key);
    }
    run.status = how === 'ready' ? 'ready' : 'running';
    run.error = null;
    run.output = null;
    if (how === 'ready') Object.assign(facts, { attempt: 0, input: null, approvalId: null, childId: null, gate: null });
    setTimes(live, key, { wakeAt: null, timeoutAt: null });
  }
  live.state = restore(graph, execution.id, state.input, [...state.runs.values()]);
  for (const { key } of list) live.state.touched.add(key);
  for (const { key, how } of list)
    if (how === 'unknown') await settleUnknown(round, key, 'The execution ended before an answer came.');
};
