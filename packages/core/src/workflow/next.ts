/** What a run that is ready does: goes on by itself, or asks for something outside. */
import type { Json, JsonObject } from '../json.ts';
import type { Bindings } from '../policy/expression.ts';
import { type Result, ok, refuse } from '../result.ts';
import { bindingsFor } from './bindings.ts';
import { evaluateExpression } from './expression.ts';
import { type Graph, nodeAt } from './regions.ts';
import type { NodeOf, WorkflowNode } from './schema.ts';
import { type Emit, complete, emitterOf, enterBranch, fail, goOnLooping } from './settle.ts';
import { type Run, type State, type WorkflowEvent, isOpen, runAt } from './state.ts';
import { render, textOfValue } from './template.ts';

/** What has to be done outside of the state for a run. */
export type Action =
  | { readonly type: 'call_tool'; readonly node: NodeOf<'tool'>; readonly arguments: JsonObject }
  | { readonly type: 'start_agent'; readonly node: NodeOf<'agent'>; readonly input: Json }
  | { readonly type: 'start_workflow'; readonly node: NodeOf<'workflow'>; readonly input: Json }
  | { readonly type: 'ask'; readonly node: NodeOf<'approval'>; readonly request: ApprovalContent }
  | {
      readonly type: 'sleep';
      readonly node: NodeOf<'delay'>;
      readonly seconds: number | null;
      readonly until: string | null;
    }
  | { readonly type: 'await_event'; readonly node: NodeOf<'wait_event'> };

export type ApprovalContent = {
  readonly title: string;
  readonly details: JsonObject;
  readonly request: string | null;
  readonly impactIfApproved: string | null;
  readonly impactIfDenied: string | null;
  readonly evidence: readonly { readonly label: string; readonly content: string; readonly source?: string }[];
};

export type Notification = {
  readonly key: string;
  readonly channels: readonly string[];
  readonly title: string | null;
  readonly text: string;
};

/** One step: what happened inside, what is to be told, and what must be done outside (`action`), if anything. */
export type Stepped = {
  readonly key: string;
  readonly events: readonly WorkflowEvent[];
  readonly notification: Notification | null;
  readonly action: Action | null;
};

/** Begins: the start is entered. */
export const begin = (graph: Graph, state: State): WorkflowEvent[] => {
  const events: WorkflowEvent[] = [];
  emitterOf(state, events)({ type: 'entered', scope: '', node: graph.start });
  return events;
};

/** A run that is ready takes its step. Where none is, the execution waits for something outside, or has ended. */
export const next = (graph: Graph, state: State, key: string): Stepped => {
  const run = runAt(state, key);
  const events: WorkflowEvent[] = [];
  const emit = emitterOf(state, events);
  const node = nodeAt(graph, run.node);
  const result = take(graph, state, emit, run, node);
  if (!result.ok) {
    fail(graph, state, emit, run, {
      type: 'failed',
      status: 'failed',
      error: { code: 'expression_failed', message: result.refusal },
    });
    return { key: run.key, events, notification: null, action: null };
  }
  const { action = null, notification = null } = result.value;
  // It is no longer ready: whoever does what it asks for says what became of it.
  if (action && isOpen(run.status)) emit({ type: 'moved', key: run.key, status: 'running' });
  return { key: run.key, events, notification, action };
};

type Taken = { readonly action?: Action; readonly notification?: Notification };
const DONE: Result<Taken, string> = ok({});

const take = (graph: Graph, state: State, emit: Emit, run: Run, node: WorkflowNode): Result<Taken, string> => {
  const done = (output: Json, to?: string): Result<Taken, string> => {
    complete(graph, state, emit, run, output, to);
    return DONE;
  };
  const see = (): Bindings => bindingsFor(graph, state, run);
  switch (node.type) {
    case 'start':
      return done(state.input);
    case 'join': {
      // It is entered when its parallel is done, whose results are its own.
      const parallel = [...graph.joins].find(([, join]) => join === node.id)?.[0] ?? '';
      return done(runAt(state, run.scope + parallel).output);
    }
    case 'condition': {
      const answer = truth(node.when, see(), 'when');
      return answer.ok ? done(answer.value, answer.value ? node.on_true : node.on_false) : answer;
    }
    case 'switch':
      return takeSwitch(node, see(), done);
    case 'transform':
      return takeTransform(node, see(), emit, run, done);
    case 'parallel':
      emit({ type: 'opened', key: run.key, size: node.branches.length, items: null });
      for (const [index, first] of node.branches.entries())
        if (isOpen(run.status)) enterBranch(graph, state, emit, run, index, first);
      return DONE;
    case 'loop':
      return takeLoop(graph, state, emit, run, node, see());
    case 'delay':
      return takeDelay(node, see());
    case 'wait_event':
      return ok({ action: { type: 'await_event', node } });
    case 'tool': {
      const args = filled(node.arguments, see(), 'arguments');
      return args.ok ? ok({ action: { type: 'call_tool', node, arguments: args.value as JsonObject } }) : args;
    }
    case 'agent':
    case 'workflow': {
      const input = filled(node.input, see(), 'input');
      if (!input.ok) return input;
      return ok({
        action:
          node.type === 'agent'
            ? { type: 'start_agent', node, input: input.value }
            : { type: 'start_workflow', node, input: input.value },
      });
    }
    case 'approval':
      return takeApproval(node, see(), done);
    case 'notify':
      return takeNotify(node, see(), run, done);
    case 'end':
      return takeEnd(node, see(), emit, run);
  }
};

const filled = (template: Json | undefined, bindings: Bindings, name: string): Result<Json, string> => {
  if (template === undefined) return ok(null);
  const result = render(template, bindings);
  return result.ok ? result : refuse(`${name}${result.refusal.pointer} ${result.refusal.detail}`);
};

const truth = (source: string, bindings: Bindings, name: string): Result<boolean, string> => {
  const result = evaluateExpression(source, bindings);
  if (!result.ok) return refuse(`${name}: ${result.refusal}`);
  return typeof result.value === 'boolean' ? ok(result.value) : refuse(`${name}: is neither true nor false`);
};

type Done = (output: Json, to?: string) => Result<Taken, string>;

const takeSwitch = (node: NodeOf<'switch'>, bindings: Bindings, done: Done): Result<Taken, string> => {
  for (const [index, { when, next: to }] of node.cases.entries()) {
    const answer = truth(when, bindings, `cases/${index}/when`);
    if (!answer.ok) return answer;
    if (answer.value) return done(index, to);
  }
  return done(-1, node.otherwise);
};

const takeTransform = (
  node: NodeOf<'transform'>,
  bindings: Bindings,
  emit: Emit,
  run: Run,
  done: Done,
): Result<Taken, string> => {
  const set = filled(node.set, bindings, 'set');
  if (!set.ok) return set;
  const output = filled(node.output ?? node.set, bindings, 'output');
  if (!output.ok) return output;
  const values = set.value as JsonObject;
  if (Object.keys(values).length > 0) emit({ type: 'assigned', key: run.key, values });
  return done(output.value);
};

/** A list that a program outside sends must not fill the database. */
export const LOOP_ITEMS_MAX = 10_000;

const takeLoop = (
  graph: Graph,
  state: State,
  emit: Emit,
  run: Run,
  node: NodeOf<'loop'>,
  bindings: Bindings,
): Result<Taken, string> => {
  const items = evaluateExpression(node.items, bindings);
  if (!items.ok) return refuse(`items: ${items.refusal}`);
  if (!Array.isArray(items.value)) return refuse('items: is no list');
  if (items.value.length > LOOP_ITEMS_MAX) return refuse(`items: has more than ${LOOP_ITEMS_MAX} items`);
  emit({ type: 'opened', key: run.key, size: items.value.length, items: items.value as readonly Json[] });
  goOnLooping(graph, state, emit, run, node);
  return DONE;
};

const takeDelay = (node: NodeOf<'delay'>, bindings: Bindings): Result<Taken, string> => {
  if (node.until !== undefined) {
    const until = evaluateExpression(node.until, bindings);
    if (!until.ok) return refuse(`until: ${until.refusal}`);
    if (typeof until.value !== 'string' || Number.isNaN(Date.parse(until.value))) return refuse('until: is no moment');
    return ok({ action: { type: 'sleep', node, seconds: null, until: until.value } });
  }
  const seconds = typeof node.seconds === 'string' ? evaluateExpression(node.seconds, bindings) : ok(node.seconds ?? 0);
  if (!seconds.ok) return refuse(`seconds: ${seconds.refusal}`);
  if (typeof seconds.value !== 'number' || seconds.value < 0) return refuse('seconds: is no number from 0 on');
  return ok({ action: { type: 'sleep', node, seconds: seconds.value, until: null } });
};

/** What an approval that is not asked for gives: the same members, so that what reads them need not care. */
const NOT_ASKED: JsonObject = {
  approved: true,
  asked: false,
  response: null,
  details: null,
  reason: null,
  decided_by: null,
};

const takeApproval = (node: NodeOf<'approval'>, bindings: Bindings, done: Done): Result<Taken, string> => {
  if (node.when !== undefined) {
    const isAsked = truth(node.when, bindings, 'when');
    if (!isAsked.ok) return isAsked;
    if (!isAsked.value) return done(NOT_ASKED);
  }
  const written = filled(
    {
      title: node.title,
      details: node.details,
      request: node.context?.request ?? null,
      approved: node.context?.impact_if_approved ?? null,
      denied: node.context?.impact_if_denied ?? null,
      evidence: (node.context?.evidence ?? []).map(({ label, content, source }) => ({
        label,
        content,
        ...(source === undefined ? {} : { source }),
      })),
    },
    bindings,
    '',
  );
  if (!written.ok) return written;
  const { title, details, request, approved, denied, evidence } = written.value as Record<string, Json>;
  const text = (value: Json | undefined): string | null =>
    value === null || value === undefined ? null : textOfValue(value);
  return ok({
    action: {
      type: 'ask',
      node,
      request: {
        title: text(title) ?? '',
        details: details as JsonObject,
        request: text(request),
        impactIfApproved: text(approved),
        impactIfDenied: text(denied),
        evidence: (evidence as readonly { label: string; content: Json; source?: Json }[]).map((one) => ({
          label: one.label,
          content: textOfValue(one.content),
          ...(one.source === undefined ? {} : { source: textOfValue(one.source) }),
        })),
      },
    },
  });
};

const takeNotify = (node: NodeOf<'notify'>, bindings: Bindings, run: Run, done: Done): Result<Taken, string> => {
  const written = filled({ title: node.title ?? null, text: node.text }, bindings, '');
  if (!written.ok) return written;
  const { title = null, text = null } = written.value as Record<string, Json>;
  const notification = {
    key: run.key,
    channels: node.channels,
    title: title === null ? null : textOfValue(title),
    text: textOfValue(text),
  };
  done({ channels: node.channels, title: notification.title, text: notification.text });
  return ok({ notification });
};

const takeEnd = (node: NodeOf<'end'>, bindings: Bindings, emit: Emit, run: Run): Result<Taken, string> => {
  const output = filled(node.output, bindings, 'output');
  if (!output.ok) return output;
  emit({
    type: 'ended',
    key: run.key,
    status: 'completed',
    output: output.value,
    error: null,
    leadsTo: null,
    delaySeconds: 0,
  });
  emit({
    type: 'finished',
    ending: {
      status: node.outcome,
      output: output.value,
      error:
        node.outcome === 'failed' ? { code: 'ended_as_failed', message: `The workflow ended at ${node.id}.` } : null,
    },
  });
  return DONE;
};

/** Whether an event is the one that a run waits for. An expression that can not be told does not match. */
export const matchesEvent = (graph: Graph, state: State, key: string, name: string, data: Json): boolean => {
  const run = runAt(state, key);
  const node = nodeAt(graph, run.node);
  if (node.type !== 'wait_event' || node.event !== name) return false;
  if (node.match === undefined) return true;
  const result = evaluateExpression(node.match, { ...bindingsFor(graph, state, run), event: data });
  return result.ok && result.value === true;
};
