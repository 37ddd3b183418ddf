/** What the expressions of a node see: input, variables, earlier steps, the items of the loops around it. */
import type { Json, JsonObject } from '../json.ts';
import type { Bindings } from '../policy/expression.ts';
import { type Expr, compileExpression } from './expression.ts';
import { type Graph, nodeAt } from './regions.ts';
import type { WorkflowNode } from './schema.ts';
import { type Run, type State, keyOf, openerOf } from './state.ts';
import { expressionsOf } from './template.ts';
import { expressionsAt } from './validate/expressions.ts';

/** The steps that a node's expressions read; all of them if one reads `steps` as a whole. */
const stepsRead = new WeakMap<WorkflowNode, ReadonlySet<string> | 'all'>();

const readBy = (node: WorkflowNode): ReadonlySet<string> | 'all' => {
  const before = stepsRead.get(node);
  if (before) return before;
  const sources = expressionsAt(node).flatMap((found) =>
    found.kind === 'expression' ? [found.source] : expressionsOf(found.value).map(({ source }) => source),
  );
  const names = new Set<string>();
  let isAll = false;
  for (const source of sources) {
    const compiled = compileExpression(source);
    if (compiled.ok) isAll = collect(compiled.value.expr, names) || isAll;
  }
  const read = isAll ? 'all' : names;
  stepsRead.set(node, read);
  return read;
};

/** @returns whether `steps` is read otherwise than by a fixed name */
const collect = (expr: Expr | undefined, names: Set<string>): boolean => {
  if (!expr) return false;
  const { exprKind: kind } = expr;
  const all = (parts: readonly (Expr | undefined)[]): boolean =>
    parts.map((part) => collect(part, names)).some(Boolean);
  switch (kind.case) {
    case 'identExpr':
      return kind.value.name === 'steps';
    case 'selectExpr': {
      const { operand } = kind.value;
      if (operand?.exprKind.case !== 'identExpr' || operand.exprKind.value.name !== 'steps')
        return collect(operand, names);
      names.add(kind.value.field);
      return false;
    }
    case 'callExpr':
      return all([kind.value.target, ...kind.value.args]);
    case 'listExpr':
      return all(kind.value.elements);
    case 'structExpr':
      return all(
        kind.value.entries.flatMap(({ keyKind, value }) => [
          keyKind.case === 'mapKey' ? keyKind.value : undefined,
          value,
        ]),
      );
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result } = kind.value;
      return all([iterRange, accuInit, loopCondition, loopStep, result]);
    }
    default:
      return false;
  }
};

const NOT_RUN: JsonObject = { status: 'not_run', output: null, error: null };

const stepOf = (run: Run | undefined): JsonObject =>
  run ? { status: run.status, output: run.output, error: run.error && { ...run.error } } : NOT_RUN;

/** The scopes around and including this one, from the inside. */
const scopesFrom = (scope: string): string[] => {
  const scopes = [scope];
  for (let opener = openerOf(scope); opener; opener = openerOf(scopes.at(-1) ?? '')) {
    const at = opener.key.lastIndexOf('/') + 1;
    scopes.push(opener.key.slice(0, at));
  }
  return scopes;
};

export const bindingsFor = (graph: Graph, state: State, run: Run): Bindings => {
  const scopes = scopesFrom(run.scope);
  const node = nodeAt(graph, run.node);
  const read = readBy(node);
  const steps: Record<string, JsonObject> = {};
  for (const name of read === 'all' ? graph.nodes.keys() : read)
    steps[name] = stepOf(
      scopes.map((scope) => state.runs.get(keyOf(scope, name))).find((found) => found !== undefined),
    );
  const bindings: Record<string, Json> = {
    input: state.input,
    vars: Object.assign({}, ...scopes.toReversed().map((scope) => state.variables.get(scope) ?? {})) as JsonObject,
    steps,
    execution: { id: state.executionId },
  };
  for (const scope of scopes.toReversed()) {
    const opener = openerOf(scope);
    const loop = opener && state.runs.get(opener.key);
    const opened = loop && nodeAt(graph, loop.node);
    if (!opener || opened?.type !== 'loop') continue;
    bindings[opened.as] = loop?.items?.[opener.index] ?? null;
    bindings[`${opened.as}_index`] = opener.index;
  }
  return bindings;
};
