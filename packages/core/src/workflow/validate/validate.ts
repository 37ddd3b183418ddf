/** What is wrong with a workflow as it is written, all of it at once. docs/spec/workflow.md, "Validation". */
import type { Json } from '../../json.ts';
import { type NodeOf, type Workflow, WorkflowSchema } from '../schema.ts';
import { checkExpressions } from './expressions.ts';
import type { Report, WorkflowProblem } from './problems.ts';
import { checkStructure } from './structure.ts';
import { type Surroundings, checkSurroundings } from './surroundings.ts';

export type Validation = {
  readonly problems: readonly WorkflowProblem[];
  /** The definition with its defaults, where it is at least of the right form. */
  readonly workflow: Workflow | null;
};

const PROBLEMS_MAX = 200;

export const validateWorkflow = (definition: Json, around: Surroundings): Validation => {
  const parsed = WorkflowSchema.safeParse(definition);
  if (!parsed.success)
    return {
      workflow: null,
      problems: parsed.error.issues.slice(0, PROBLEMS_MAX).map(({ path, message }) => ({
        code: 'schema',
        node: nodeNamed(definition, path),
        pointer: path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
        detail: message,
      })),
    };
  const workflow = parsed.data;
  const problems: WorkflowProblem[] = [];
  const report: Report = (code, node, pointer, detail) => {
    if (problems.length < PROBLEMS_MAX) problems.push({ code, node, pointer, detail });
  };
  if (workflow.input_schema) {
    const problem = around.schemaProblem(workflow.input_schema);
    if (problem) report('input_schema', null, '/input_schema', problem);
  }
  checkSettings(workflow, report);
  const graph = checkStructure(workflow, report);
  if (graph) checkSurroundings(graph, checkExpressions(graph, report), around, report);
  return { problems, workflow };
};

const nodeNamed = (definition: Json, path: readonly PropertyKey[]): string | null => {
  if (path[0] !== 'nodes' || typeof path[1] !== 'number') return null;
  const nodes =
    typeof definition === 'object' && definition !== null && 'nodes' in definition ? definition['nodes'] : null;
  const node: unknown = Array.isArray(nodes) ? nodes[path[1]] : null;
  const id: unknown = typeof node === 'object' && node !== null && 'id' in node ? node.id : null;
  return typeof id === 'string' ? id : null;
};

const checkSettings = (workflow: Workflow, report: Report): void => {
  for (const [index, node] of workflow.nodes.entries()) {
    if (node.type === 'delay') checkDelay(node, `/nodes/${index}`, report);
    if (node.type !== 'transform') continue;
    for (const name of Object.keys(node.set))
      if (!(name in workflow.variables))
        report('unknown_variable', node.id, `/nodes/${index}/set/${name}`, `variables does not declare ${name}`);
  }
};

const checkDelay = (node: NodeOf<'delay'>, here: string, report: Report): void => {
  if ((node.seconds === undefined) === (node.until === undefined))
    report('delay_setting', node.id, here, 'names seconds or until, one of them');
};
