/** An execution on its graph: which node did what, in the rounds that were chosen. */
import type { WireExecution, WireStep } from '@countersign/contract';
import { type Graph, type Region, graphOf } from '@countersign/core';
import { formatDuration } from '../../live/time.ts';
import type { RunMark } from '../canvas/node-card.tsx';
import { type Draft, asWorkflow } from '../graph/draft.ts';
import { linesOf } from '../graph/ports.ts';

type NodeStep = WireStep & { readonly node: NonNullable<WireStep['node']> };
export type Round = { readonly index: number; readonly status: WireStep['status'] };
/** A loop in the scope that is looked at, with its rounds so far. */
export type LoopRounds = { readonly loop: string; readonly rounds: readonly Round[]; readonly chosen: number };

export type RunState = {
  readonly marks: ReadonlyMap<string, RunMark>;
  /** Lines that were taken, as `from>to`. */
  readonly taken: ReadonlySet<string>;
  readonly steps: ReadonlyMap<string, NodeStep>;
  readonly loops: readonly LoopRounds[];
};

const ENDED: ReadonlySet<WireStep['status']> = new Set([
  'completed',
  'failed',
  'refused',
  'rejected',
  'expired',
  'cancelled',
]);
/** What somebody would look at first. */
const WEIGHT: Readonly<Record<WireStep['status'], number>> = {
  failed: 9,
  refused: 8,
  rejected: 7,
  expired: 6,
  awaiting_approval: 5,
  running: 4,
  waiting: 3,
  ready: 2,
  cancelled: 1,
  completed: 0,
};

const gravest = (steps: readonly NodeStep[]): WireStep['status'] =>
  steps.map(({ status }) => status).toSorted((a, b) => WEIGHT[b] - WEIGHT[a])[0] ?? 'completed';

const roundsOf = (steps: readonly NodeStep[], prefix: string): Round[] => {
  const byIndex = new Map<number, NodeStep[]>();
  for (const step of steps) {
    if (!step.node.scope.startsWith(prefix)) continue;
    const index = Number.parseInt(step.node.scope.slice(prefix.length), 10);
    byIndex.set(index, [...(byIndex.get(index) ?? []), step]);
  }
  return [...byIndex].map(([index, own]) => ({ index, status: gravest(own) })).toSorted((a, b) => a.index - b.index);
};

/** A round that did not simply complete, else the last one. */
const usual = (rounds: readonly Round[]): number =>
  rounds.toSorted((a, b) => WEIGHT[b.status] - WEIGHT[a.status] || b.index - a.index)[0]?.index ?? 0;

/** The scope of each region, with the chosen round of every loop around it. */
const scopesIn = (
  graph: Graph,
  steps: readonly NodeStep[],
  wanted: ReadonlyMap<string, number>,
): { readonly scopeOf: (region: Region) => string; readonly loops: LoopRounds[] } => {
  const scopes = new Map<Region, string>();
  const loops: LoopRounds[] = [];
  const scopeOf = (region: Region): string => {
    if (region.opener === null) return '';
    const before = scopes.get(region);
    if (before !== undefined) return before;
    const around = region.parent === null ? '' : scopeOf(region.parent);
    const isLoop = graph.nodes.get(region.opener)?.type === 'loop';
    const prefix = `${around}${region.opener}[`;
    let index = region.branch;
    if (isLoop) {
      const rounds = roundsOf(steps, prefix);
      const chosen = wanted.get(region.opener);
      index = chosen !== undefined && rounds.some((round) => round.index === chosen) ? chosen : usual(rounds);
      loops.push({ loop: region.opener, rounds, chosen: index });
    }
    const scope = `${prefix}${index}]/`;
    scopes.set(region, scope);
    return scope;
  };
  return { scopeOf, loops };
};

const noteOf = (step: NodeStep, rounds: readonly Round[] | undefined, now: number): string => {
  const notes: string[] = [];
  if (rounds !== undefined)
    notes.push(`${rounds.filter(({ status }) => ENDED.has(status)).length} of ${rounds.length} rounds`);
  if (step.attempt > 1) notes.push(`attempt ${step.attempt}`);
  const start = step.started_at ?? step.created_at;
  if (step.finished_at !== null) notes.push(formatDuration(Date.parse(step.finished_at) - Date.parse(start)));
  else if (step.node.wake_at !== null && Date.parse(step.node.wake_at) > now)
    notes.push(`in ${formatDuration(Date.parse(step.node.wake_at) - now)}`);
  else notes.push(`for ${formatDuration(now - Date.parse(start))}`);
  return notes.join(' · ');
};

/** Everything that the nodes at work can still come to. */
const reachable = (draft: Draft, graph: Graph, active: readonly string[]): ReadonlySet<string> => {
  const next = Map.groupBy(linesOf(draft), ({ from }) => from);
  const seen = new Set<string>();
  const queue = [...active];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    for (const { to } of next.get(id) ?? [])
      if (!seen.has(to)) {
        seen.add(to);
        queue.push(to);
      }
    const join = graph.joins.get(id);
    if (join !== undefined && !seen.has(join)) {
      seen.add(join);
      queue.push(join);
    }
  }
  return seen;
};

/** @param wanted the round to look at, by loop @param now in milliseconds of the server's clock */
export const runState = (
  draft: Draft,
  execution: Pick<WireExecution, 'finished_at'>,
  all: readonly WireStep[],
  wanted: ReadonlyMap<string, number>,
  now: number,
): RunState => {
  const graph = graphOf(asWorkflow(draft));
  const nodeSteps = all.filter((step): step is NodeStep => step.node !== null);
  const { scopeOf, loops } = scopesIn(graph, nodeSteps, wanted);
  const byKey = new Map(nodeSteps.map((step) => [`${step.node.scope}${step.node.id}`, step]));
  const steps = new Map<string, NodeStep>();
  for (const [id, region] of graph.regions) {
    const step = byKey.get(`${scopeOf(region)}${id}`);
    if (step !== undefined) steps.set(id, step);
  }
  const active = [...steps.values()].filter(({ status }) => !ENDED.has(status)).map(({ node }) => node.id);
  const toCome = execution.finished_at === null ? reachable(draft, graph, active) : new Set<string>();
  const marks = new Map<string, RunMark>();
  for (const { id } of draft.nodes) {
    const step = steps.get(id);
    if (step !== undefined)
      marks.set(id, { status: step.status, note: noteOf(step, loops.find(({ loop }) => loop === id)?.rounds, now) });
    else if (!toCome.has(id) && (execution.finished_at !== null || nodeSteps.length > 0))
      marks.set(id, { status: 'not_run', note: '' });
  }
  const taken = new Set<string>();
  for (const { from, port, to } of linesOf(draft)) {
    const step = steps.get(from);
    if (step === undefined) continue;
    const opens = port.kind === 'branch' || port.kind === 'body';
    if (opens ? steps.has(to) : step.node.leads_to === to) taken.add(`${from}>${to}`);
  }
  return { marks, taken, steps, loops };
};
