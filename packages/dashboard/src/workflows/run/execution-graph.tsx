/** A workflow's execution on the graph of its version: live while it runs, the same when it is over. */
import type { WireExecution, WireStep } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo, useState } from 'react';
import { useServerNow } from '../../live/clock.ts';
import { statusWord } from '../../ui/glyphs.tsx';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { useMedia } from '../../ui/use-media.ts';
import { Canvas, NOTHING_SELECTED, type Selection } from '../canvas/canvas.tsx';
import { Outline } from '../editor/outline.tsx';
import { draftOf } from '../editor/use-editor.ts';
import { type Draft, nameOf, nodeOf } from '../graph/draft.ts';
import { workflowVersionQuery } from '../queries.ts';
import { type LoopRounds, runState } from './run-state.ts';
import { StepPanel } from './step-panel.tsx';

type GraphProps = { readonly execution: WireExecution; readonly steps: readonly WireStep[] };

/** Whoever comes to look at an execution looks for what waits or went wrong. */
const firstLook = (steps: readonly WireStep[]): Selection => {
  const waiting =
    steps.find(({ status }) => status === 'awaiting_approval') ?? steps.find(({ status }) => status === 'failed');
  return waiting?.node ? { nodes: new Set([waiting.node.id]), line: null } : NOTHING_SELECTED;
};

const RoundChoice = ({
  draft,
  loop,
  onChoose,
}: {
  readonly draft: Draft;
  readonly loop: LoopRounds;
  readonly onChoose: (index: number) => void;
}): ReactNode => {
  const node = nodeOf(draft, loop.loop);
  return (
    <label className="flex items-center gap-2 text-label">
      <span className="text-fg-2">
        Round of <span className="font-medium text-fg">{node === undefined ? loop.loop : nameOf(node)}</span>
      </span>
      <select
        className="field h-7 w-auto! pr-7 text-label"
        value={loop.chosen}
        onChange={(event) => onChoose(Number(event.target.value))}
      >
        {loop.rounds.map(({ index, status }) => (
          <option key={index} value={index}>
            {index + 1}: {statusWord(status)}
          </option>
        ))}
      </select>
    </label>
  );
};

const Graph = ({ draft, execution, steps }: GraphProps & { readonly draft: Draft }): ReactNode => {
  const narrow = useMedia('(max-width: 859.98px)');
  const now = useServerNow();
  const [rounds, setRounds] = useState<ReadonlyMap<string, number>>(new Map());
  const [chosen, setChosen] = useState<Selection | null>(null);
  const selection = chosen ?? firstLook(steps);
  // Time shows in whole seconds; while nothing runs it need not be looked at.
  const at = execution.finished_at === null ? now : 0;
  const run = useMemo(() => runState(draft, execution, steps, rounds, at), [draft, execution, steps, rounds, at]);
  const marks = useMemo(() => ({ runs: run.marks, taken: run.taken }), [run]);
  const [id = null] = selection.nodes.size === 1 ? selection.nodes : [];
  const node = id === null ? undefined : nodeOf(draft, id);
  const loops = run.loops.filter((loop) => loop.rounds.length > 0);
  const open = (next: string): void => setChosen({ nodes: new Set([next]), line: null });
  return (
    <div className="card overflow-hidden">
      {loops.length > 0 && (
        <div className="flex flex-wrap gap-x-5 gap-y-2 border-b px-3.5 py-2">
          {loops.map((loop) => (
            <RoundChoice
              key={loop.loop}
              draft={draft}
              loop={loop}
              onChoose={(index) => setRounds(new Map([...rounds, [loop.loop, index]]))}
            />
          ))}
        </div>
      )}
      {narrow ? (
        <>
          <Outline draft={draft} marks={marks} selected={id} onOpen={open} />
          {node !== undefined && (
            <div className="border-t" data-step>
              <StepPanel node={node} step={run.steps.get(node.id)} />
            </div>
          )}
        </>
      ) : (
        <div className="flex h-160">
          <div className="min-w-0 flex-1">
            <Canvas
              label="Graph of the execution"
              draft={draft}
              marks={marks}
              selection={selection}
              onSelect={setChosen}
              onOpen={open}
            />
          </div>
          <section aria-label="Step" className="w-90 shrink-0 overflow-y-auto border-l" data-step tabIndex={0}>
            {node === undefined ? (
              <p className="p-4 text-fg-2">Choose a node to see what it did.</p>
            ) : (
              <StepPanel node={node} step={run.steps.get(node.id)} />
            )}
          </section>
        </div>
      )}
    </div>
  );
};

export const ExecutionGraph = ({ execution, steps }: GraphProps): ReactNode => {
  const { workflow } = execution;
  const { data, error, refetch } = useQuery({
    ...workflowVersionQuery(workflow?.id ?? '', workflow?.version ?? 0),
    enabled: workflow !== null,
  });
  const draft = useMemo(() => (data === undefined ? null : draftOf(data)), [data]);
  if (draft === null)
    return error === null ? (
      <Skeleton rows={6} className="h-20" />
    ) : (
      <Failure error={error} onRetry={() => void refetch()} />
    );
  return <Graph draft={draft} execution={execution} steps={steps} />;
};
