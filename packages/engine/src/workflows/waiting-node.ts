/** Delays and events: what a step waits for without anybody working on it. */
import { type Json, type NodeOf, leaveDelayed, matchesEvent } from '@countersign/core';
import { keptEvents, takeSentEvent } from '@countersign/store';
import { endChild } from './child-node.ts';
import { factsOf, setTimes } from './live.ts';
import { type Round, failRun, follow, later, moveRun, nodeOf, settleRun } from './round.ts';

export const beginDelay = async (
  round: Round,
  key: string,
  seconds: number | null,
  until: string | null,
): Promise<void> => {
  const wakeAt = until === null ? later(round, seconds ?? 0) : new Date(until);
  if (wakeAt <= round.now) return settleRun(round, key, { type: 'completed', output: null });
  moveRun(round, key, 'waiting');
  setTimes(round.live, key, { wakeAt });
};

/** Takes an event that has come already (it is not lost), or waits for one. */
export const beginWait = async (round: Round, key: string, node: NodeOf<'wait_event'>): Promise<void> => {
  moveRun(round, key, 'waiting');
  setTimes(round.live, key, {
    timeoutAt: node.timeout_seconds === undefined ? null : later(round, node.timeout_seconds),
  });
  await takeEvents(round, node.event, [key]);
};

/** Gives the kept events of a name to the runs that wait for them, both in their order; each event to one run. */
const takeEvents = async (round: Round, name: string, keys: readonly string[]): Promise<void> => {
  const { live, scope, execution } = round;
  for (const event of await keptEvents(scope, execution.id, name)) {
    const data = JSON.parse(event.data) as Json;
    const key = keys.find(
      (candidate) =>
        live.state.runs.get(candidate)?.status === 'waiting' &&
        matchesEvent(live.graph, live.state, candidate, name, data),
    );
    if (key === undefined) continue;
    await takeSentEvent(scope, execution.id, event.id, factsOf(live, key).id);
    await settleRun(round, key, { type: 'completed', output: data });
  }
};

/** An event of this name has come: who waits for it? */
export const recordEvent = (round: Round, name: string): Promise<void> => {
  const { state, graph } = round.live;
  const keys = [...state.runs.values()]
    .filter(({ status, node }) => {
      const waits = status === 'waiting' ? graph.nodes.get(node) : undefined;
      return waits?.type === 'wait_event' && waits.event === name;
    })
    .map(({ key }) => key);
  return keys.length === 0 ? Promise.resolve() : takeEvents(round, name, keys);
};

/** Everything whose moment has come. */
export const wakeDue = async (round: Round): Promise<void> => {
  const { live, now } = round;
  const due = [...live.timed].filter((key) => {
    const { wakeAt, timeoutAt } = factsOf(live, key);
    return (wakeAt !== null && wakeAt <= now) || (timeoutAt !== null && timeoutAt <= now);
  });
  const order = (key: string): number => live.state.runs.get(key)?.position ?? 0;
  for (const key of due.toSorted((a, b) => order(a) - order(b))) {
    const facts = factsOf(live, key);
    const run = live.state.runs.get(key);
    if (!run || live.state.ending) continue;
    const node = nodeOf(round, key);
    if (facts.wakeAt !== null && facts.wakeAt <= now) {
      setTimes(live, key, { wakeAt: null });
      if (run.status === 'waiting' && node.type === 'delay')
        await settleRun(round, key, { type: 'completed', output: null });
      else if (run.status === 'waiting') moveRun(round, key, 'ready');
      else follow(round, leaveDelayed(live.graph, live.state, key));
    } else if (node.type === 'wait_event')
      await failRun(round, key, 'timed_out', `No event ${node.event} came in time.`);
    else await endChild(round, key);
  }
};
