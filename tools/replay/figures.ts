/**
 * The figures of a replay, and which promises were broken: from the steps that the API shows, the decisions it
 * confirmed, and the tool server's own ledger.
 */
import type { WireStep } from '@countersign/contract';
import { canonicalize } from '@countersign/core';
import type { RecordedCall } from '../../examples/recorded-model/transcript.ts';
import { type LedgerLine, duplicatesIn } from '../../examples/tool-server/ledger.ts';
import { writes } from './airline.ts';
import { expectedCalls } from './expected-calls.ts';
import type { DecideMode } from './options.ts';
import type { PlayedRun } from './play.ts';
import type { Decided } from './reviewer.ts';

export type Played = {
  readonly decide: DecideMode;
  readonly runs: readonly PlayedRun[];
  readonly decided: readonly Decided[];
  readonly ledger: readonly LedgerLine[];
  readonly kills: number;
  readonly seconds: number;
};

export type Figures = {
  readonly runs: number;
  readonly tool_calls: number;
  readonly held: number;
  readonly proceeded_without_asking: number;
  readonly write_calls_executed: number;
  readonly write_calls_expected_and_executed: number;
  readonly write_calls_unexpected_and_executed: number;
  readonly rejected: number;
  readonly duplicates_in_ledger: number;
  readonly lost: number;
  readonly kills: number;
  readonly seconds: number;
  readonly median_decision_to_tool_call_ms: number | null;
  readonly p99_decision_to_tool_call_ms: number | null;
};

/** A tool call as the product shows it, with what is known of it from elsewhere. */
type Traced = {
  readonly runId: string;
  readonly executionId: string;
  readonly step: WireStep;
  readonly tool: string;
  readonly recorded: RecordedCall | undefined;
  readonly decided: Decided | undefined;
  readonly executed: LedgerLine | undefined;
};

export const judge = (played: Played): { figures: Figures; broken: string[] } => {
  const calls = trace(played);
  const executedWrites = played.ledger.filter(({ what, tool }) => what === 'executed' && writes(tool));
  const expected = countExpected(played, executedWrites);
  const approved = calls.filter(({ decided }) => decided?.outcome === 'approved');
  const delays = approved
    .flatMap(({ decided, executed }) => (decided && executed ? [executed.receivedAtMs - decided.atMs] : []))
    .toSorted((a, b) => a - b);
  const messages = played.runs.flatMap((run) => run.messages);
  const unplayed = messages.filter(({ execution }) => execution === null || execution.status === 'failed').length;
  const untraced = played.decided.filter(
    ({ approvalId }) => !calls.some(({ step }) => step.approval_id === approvalId),
  ).length;

  const figures: Figures = {
    runs: played.runs.length,
    tool_calls: calls.length,
    held: calls.filter(({ step }) => step.approval_id !== null).length,
    proceeded_without_asking: calls.filter(({ step }) => step.gate?.outcome === 'proceed').length,
    write_calls_executed: executedWrites.length,
    write_calls_expected_and_executed: expected,
    write_calls_unexpected_and_executed: executedWrites.length - expected,
    rejected: calls.filter(({ decided }) => decided?.outcome === 'rejected').length,
    duplicates_in_ledger: duplicatesIn(played.ledger),
    lost: unplayed + untraced + approved.filter(({ executed }) => !executed).length,
    kills: played.kills,
    seconds: Math.round(played.seconds * 10) / 10,
    median_decision_to_tool_call_ms: percentile(delays, 50),
    p99_decision_to_tool_call_ms: percentile(delays, 99),
  };
  return { figures, broken: brokenPromises(played, calls, figures) };
};

const trace = ({ runs, decided, ledger }: Played): Traced[] => {
  const decisions = new Map(decided.map((decision) => [decision.approvalId, decision]));
  const executed = new Map(
    ledger.filter(({ what }) => what === 'executed').map((line) => [`${line.execution} ${line.call}`, line]),
  );
  return runs.flatMap(({ run, messages }) => {
    const recorded = new Map(recordedCalls(run).map((call) => [call.id, call]));
    return messages.flatMap(({ executionId, steps }) =>
      steps
        .filter(({ kind }) => kind === 'tool_call')
        .map((step) => ({
          runId: run.runId,
          executionId: executionId ?? '',
          step,
          tool: step.tool ?? '',
          recorded: recorded.get(step.call_id ?? ''),
          decided: decisions.get(step.approval_id ?? ''),
          executed: executed.get(`${executionId} ${step.call_id}`),
        })),
    );
  });
};

const recordedCalls = (run: PlayedRun['run']): RecordedCall[] =>
  run.turns.flatMap(({ answers }) => answers.flatMap(({ calls }) => calls));

const countExpected = ({ runs }: Played, executedWrites: readonly LedgerLine[]): number =>
  runs.reduce((sum, { run, messages }) => {
    const expected = expectedCalls(run.line);
    const executions = new Set(messages.map(({ executionId }) => executionId));
    const ofRun = executedWrites.filter(({ execution }) => execution !== null && executions.has(execution));
    return sum + ofRun.filter((line) => expected.take(line)).length;
  }, 0);

/** Nearest rank; null of nothing. */
const percentile = (sorted: readonly number[], percent: number): number | null =>
  sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? null;

const same = (a: unknown, b: unknown): boolean =>
  // Both came out of JSON.
  canonicalize(a as null) === canonicalize(b as null);

const brokenPromises = (played: Played, calls: readonly Traced[], figures: Figures): string[] => {
  const broken: string[] = [];
  const each = (promise: string, breakers: readonly string[]): void => {
    if (breakers.length > 0) broken.push(`${promise}: ${breakers.length} (${breakers.slice(0, 5).join('; ')})`);
  };
  const where = (wrong: (call: Traced) => boolean): string[] =>
    calls
      .filter(wrong)
      .map(({ runId, tool, step, executionId }) => `${runId} ${tool} ${step.call_id} ${executionId} ${step.status}`);

  each(
    'a write went ahead without asking',
    where(({ tool, step }) => writes(tool) && step.gate?.outcome === 'proceed'),
  );
  each(
    'a read was held',
    where(({ tool, step }) => !writes(tool) && step.approval_id !== null),
  );
  each(
    'an approved call was not executed',
    where(({ decided, executed }) => decided?.outcome === 'approved' && !executed),
  );
  each('a write was executed without an approval', unapproved(played, calls));
  each(
    'something else was executed than was approved',
    where(
      ({ decided, executed }) =>
        decided !== undefined && executed !== undefined && !same(decided.arguments, executed.arguments),
    ),
  );
  each(
    'a result did not reach the step as the tool gave it',
    where(
      ({ executed, step }) =>
        executed !== undefined && (step.status !== 'completed' || step.result !== executed.result),
    ),
  );
  each(
    'a key came with two different calls',
    played.ledger.filter(({ what }) => what === 'conflict').map(({ key }) => String(key)),
  );
  each(
    'a message was not played to its end',
    played.runs.flatMap(({ run, messages }) =>
      messages.flatMap(({ execution, executionId, problem }, index) =>
        execution?.status === 'completed'
          ? []
          : [
              `${run.runId} message ${index + 1} ${executionId ?? ''}: ${problem ?? `${execution?.status} ${execution?.error?.message ?? ''}`}`,
            ],
      ),
    ),
  );
  each('a recorded call was never reached', unreached(played, calls));
  if (figures.duplicates_in_ledger > 0) broken.push(`calls were executed twice: ${figures.duplicates_in_ledger}`);
  if (figures.lost > 0) broken.push(`lost: ${figures.lost}`);
  if (played.decide === 'reject-all' && figures.write_calls_executed > 0) broken.push('reject-all executed a write');
  if (played.decide === 'expected' && figures.write_calls_unexpected_and_executed > 0)
    broken.push('an unexpected write was executed');
  return broken;
};

const unapproved = ({ ledger }: Played, calls: readonly Traced[]): string[] => {
  const approved = new Set(
    calls.flatMap(({ decided, executionId, step }) =>
      decided?.outcome === 'approved' ? [`${executionId} ${step.call_id}`] : [],
    ),
  );
  return ledger
    .filter(
      ({ what, tool, execution, call }) => what === 'executed' && writes(tool) && !approved.has(`${execution} ${call}`),
    )
    .map(({ tool, call, execution }) => `${tool} ${call} ${execution}`);
};

const unreached = ({ runs }: Played, calls: readonly Traced[]): string[] => {
  const reached = new Set(calls.map(({ step }) => step.call_id));
  return runs.flatMap(({ run }) =>
    recordedCalls(run).flatMap(({ id, name }) => (reached.has(id) ? [] : [`${id} ${name}`])),
  );
};
