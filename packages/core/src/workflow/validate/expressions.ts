/** Every expression of a workflow, checked against what it can name at its node. */
import type { Json } from '../../json.ts';
import type { Graph } from '../regions.ts';
import type { WorkflowNode } from '../schema.ts';
import { SECRET_REFERENCE, eachText, parseTemplate } from '../template.ts';
import { type Names, checkTypes } from './check-expression.ts';
import { namesIn } from './names.ts';
import type { Report } from './problems.ts';
import { DYN, type ValueType, nameOf } from './types.ts';

type Wanted = 'bool' | 'list' | 'number' | 'moment' | 'string' | null;

type Found =
  | { readonly kind: 'expression'; readonly pointer: string; readonly source: string; readonly wanted: Wanted }
  | { readonly kind: 'template'; readonly pointer: string; readonly value: Json; readonly takesSecrets: boolean };

const expression = (pointer: string, source: string | undefined, wanted: Wanted): Found[] =>
  source === undefined ? [] : [{ kind: 'expression', pointer, source, wanted }];
const template = (pointer: string, value: Json | undefined, takesSecrets = false): Found[] =>
  value === undefined ? [] : [{ kind: 'template', pointer, value, takesSecrets }];

/** Where a node holds expressions. */
export const expressionsAt = (node: WorkflowNode): Found[] => {
  switch (node.type) {
    case 'agent':
    case 'workflow':
      return template('/input', node.input);
    case 'tool':
      return template('/arguments', node.arguments, true);
    case 'approval':
      return [
        ...template('/title', node.title),
        ...expression('/when', node.when, 'bool'),
        ...template('/details', node.details),
        // As JSON: what zod calls optional is not there.
        ...template('/context', node.context && (JSON.parse(JSON.stringify(node.context)) as Json)),
        ...(node.hold?.stages ?? []).flatMap((stage, index) =>
          expression(`/hold/stages/${index}/approvers_expression`, stage.approvers_expression, null),
        ),
      ];
    case 'condition':
      return expression('/when', node.when, 'bool');
    case 'switch':
      return node.cases.flatMap(({ when }, index) => expression(`/cases/${index}/when`, when, 'bool'));
    case 'transform':
      return [...template('/output', node.output), ...template('/set', node.set)];
    case 'loop':
      return expression('/items', node.items, 'list');
    case 'delay':
      return [
        ...expression('/seconds', typeof node.seconds === 'string' ? node.seconds : undefined, 'number'),
        ...expression('/until', node.until, 'moment'),
      ];
    case 'wait_event':
      return expression('/match', node.match, 'bool');
    case 'notify':
      return [...template('/title', node.title), ...template('/text', node.text)];
    case 'end':
      return template('/output', node.output);
    case 'start':
    case 'parallel':
    case 'join':
      return [];
  }
};

export type SecretUse = { readonly node: string; readonly pointer: string; readonly name: string };

/** @returns the secrets that the workflow refers to */
export const checkExpressions = (graph: Graph, report: Report): SecretUse[] => {
  const secrets: SecretUse[] = [];
  const namesAt = namesIn(graph);
  for (const [index, node] of graph.workflow.nodes.entries()) {
    const found = expressionsAt(node);
    if (found.length === 0 || !graph.regions.has(node.id)) continue;
    const names = withOwn(node, namesAt(node));
    const here = `/nodes/${index}`;
    for (const one of found) {
      if (one.kind === 'expression') check(graph, node, names, `${here}${one.pointer}`, one.source, one.wanted, report);
      else
        eachText(one.value, (text, pointer) =>
          checkText(graph, node, names, `${here}${one.pointer}${pointer}`, text, one.takesSecrets, secrets, report),
        );
    }
  }
  return secrets;
};

const withOwn = (node: WorkflowNode, names: Names): Names =>
  node.type === 'wait_event' ? new Map([...names, ['event', DYN]]) : names;

const checkText = (
  graph: Graph,
  node: WorkflowNode,
  names: Names,
  pointer: string,
  text: string,
  takesSecrets: boolean,
  secrets: SecretUse[],
  report: Report,
): void => {
  const parts = parseTemplate(text);
  if (!parts.ok) return report('template_syntax', node.id, pointer, parts.refusal);
  const sources = parts.value.flatMap((part) => ('source' in part ? [part.source] : []));
  const named = sources.flatMap((source) => SECRET_REFERENCE.exec(source)?.[1] ?? []);
  for (const name of named) secrets.push({ node: node.id, pointer, name });
  if (named.length > 0 && !takesSecrets)
    report('secret_misplaced', node.id, pointer, 'secrets are put into the arguments of tools, and into nothing else');
  else if (named.length > 0 && named.length < sources.length)
    // Else a value from outside could name another secret in the same text.
    report(
      'secret_misplaced',
      node.id,
      pointer,
      'a text with a secret may hold fixed words beside it, and no other expression',
    );
  for (const source of sources)
    if (!SECRET_REFERENCE.test(source)) check(graph, node, names, pointer, source, null, report);
};

const check = (
  graph: Graph,
  node: WorkflowNode,
  names: Names,
  pointer: string,
  source: string,
  wanted: Wanted,
  report: Report,
): void => {
  const { faults, type } = checkTypes(source, names);
  for (const { code, detail } of faults) {
    if (code === 'unknown_identifier' && /\bsecrets\b/.test(detail.slice(0, 40)))
      report(
        'secret_misplaced',
        node.id,
        pointer,
        'a secret is named alone, as {{ secrets.NAME }}: its value is in no expression',
      );
    else if (code === 'unknown_member') reportMember(graph, node, pointer, detail, report);
    else report(code, node.id, pointer, detail);
  }
  if (faults.length === 0 && !isWanted(type, wanted))
    report('type_mismatch', node.id, pointer, `gives a ${nameOf(type)}, and must give ${WORDS[wanted ?? 'string']}`);
};

const WORDS: Readonly<Record<NonNullable<Wanted>, string>> = {
  bool: 'true or false',
  list: 'a list',
  number: 'a number of seconds',
  moment: 'a timestamp or its text',
  string: 'a text',
};

/** A step that is there but can not have run yet is another mistake than one that is not there. */
const reportMember = (graph: Graph, node: WorkflowNode, pointer: string, detail: string, report: Report): void => {
  const name = /^\.(\w+) is not a member/.exec(detail)?.[1] ?? '';
  if (graph.nodes.has(name))
    report('step_not_before', node.id, pointer, `the step ${name} can not have run when ${node.id} does`);
  else report('unknown_member', node.id, pointer, detail);
};

const isWanted = (type: ValueType, wanted: Wanted): boolean => {
  if (wanted === null || type.kind === 'dyn') return true;
  if (wanted === 'moment') return type.kind === 'timestamp' || type.kind === 'string';
  return type.kind === wanted;
};
