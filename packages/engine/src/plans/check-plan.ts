/** Whether a plan can mean anything: its tools are there, and each bound is one that the tool's arguments can meet. */
import {
  type Json,
  type JsonObject,
  PLAN_TOOL,
  type Plan,
  type PlanBound,
  type PlanLine,
  PlanSchema,
  type PlanToolReference,
  type Result,
  type RiskClass,
  higherRisk,
  isArray,
  isObject,
  ok,
  refuse,
  riskOf,
} from '@countersign/core';
import { type Scope, type ToolRow, toolsByName } from '@countersign/store';
import { parseSchema } from '../executions/agent-config.ts';
import { type ArgumentProblem, validateArguments } from '../tools/validate-arguments.ts';

export type CheckedPlan = {
  readonly plan: Plan;
  readonly tools: readonly PlanToolReference[];
  /** The highest of its tools'; what nobody described here may be anything. */
  readonly risk: RiskClass;
};

/** Which tools a plan may name: those of an agent; or any, where a program outside has tools of its own. */
export type PlanTools = { readonly type: 'of_agent'; readonly names: readonly string[] } | { readonly type: 'any' };

export const checkPlan = async (
  scope: Scope,
  written: JsonObject,
  allowed: PlanTools,
): Promise<Result<CheckedPlan, readonly ArgumentProblem[]>> => {
  const parsed = PlanSchema.safeParse(written);
  if (!parsed.success)
    return refuse(parsed.error.issues.map(({ path, message }) => ({ pointer: pointerOf(path), detail: message })));
  const plan = parsed.data;
  const names = [...new Set(plan.lines.map(({ tool }) => tool))];
  const known = new Map((await toolsByName(scope, names)).map((tool) => [tool.name, tool]));
  const problems = plan.lines.flatMap((line, index) =>
    (whyNoTool(line, known.get(line.tool), allowed) ?? boundProblems(line, known.get(line.tool))).map(
      ({ pointer, detail }) => ({ pointer: `/lines/${index}${pointer}`, detail }),
    ),
  );
  if (problems.length > 0) return refuse(problems);
  return ok({
    plan,
    tools: names.map((name) => {
      const tool = known.get(name);
      return { name, id: tool?.id ?? null, version: tool?.version ?? null };
    }),
    risk: names.reduce<RiskClass>((risk, name) => {
      const tool = known.get(name);
      return higherRisk(tool ? riskOf(tool.annotations) : 'irreversible', risk);
    }, 'read_only'),
  });
};

const pointerOf = (path: readonly PropertyKey[]): string => path.map((part) => `/${String(part)}`).join('');

const whyNoTool = (
  { tool: name }: PlanLine,
  tool: ToolRow | undefined,
  allowed: PlanTools,
): ArgumentProblem[] | null => {
  if (name === PLAN_TOOL) return [{ pointer: '/tool', detail: 'a plan holds no plan' }];
  if (allowed.type === 'any' || (tool && allowed.names.includes(name))) return null;
  return [{ pointer: '/tool', detail: `there is no tool named ${name} that may be called here` }];
};

const boundProblems = (line: PlanLine, tool: ToolRow | undefined): ArgumentProblem[] => {
  if (!tool) return [];
  const schema = parseSchema(tool.parameters);
  return [
    ...line.bounds.flatMap((bound, index) =>
      whyNotBound(schema, bound).map((detail) => ({ pointer: `/bounds/${index}`, detail })),
    ),
    ...namesIn(schema['required'])
      .filter((name) => !line.bounds.some(({ argument }) => argument === name || argument.startsWith(`${name}.`)))
      // A call without it is refused, and one with it departs from the line: nothing would ever match.
      .map((name) => ({ pointer: '/bounds', detail: `has none for ${name}, which ${tool.name} needs` })),
  ];
};

const namesIn = (value: Json | undefined): string[] =>
  isArray(value ?? null) ? (value as readonly Json[]).filter((name) => typeof name === 'string') : [];

const whyNotBound = (root: JsonObject, bound: PlanBound): string[] => {
  const found = argumentSchema(root, bound.argument);
  if (found === 'unknown') return [];
  if (found === 'missing') return [`the tool has no argument ${bound.argument}`];
  const types = typeof found['type'] === 'string' ? [found['type']] : namesIn(found['type']);
  const isOf = (...names: readonly string[]): boolean =>
    types.length === 0 || names.some((name) => types.includes(name));
  const { argument } = bound;
  if ((bound.at_least !== undefined || bound.at_most !== undefined) && !isOf('number', 'integer'))
    return [`${argument} is no number: at_least and at_most say nothing about it`];
  if (bound.like !== undefined && !isOf('string')) return [`${argument} is no text: like says nothing about it`];
  const values = bound.equals === undefined ? (bound.one_of ?? []) : [bound.equals];
  return values.flatMap((value) =>
    validateArguments(withDefinitions(found, root), value).map(
      ({ pointer, detail }) => `${argument}${pointer} can not be ${JSON.stringify(value).slice(0, 100)}: ${detail}`,
    ),
  );
};

/** References in an argument's schema are to places in the tool's. */
const withDefinitions = (schema: JsonObject, root: JsonObject): JsonObject => ({
  ...(root['$defs'] === undefined ? {} : { $defs: root['$defs'] }),
  ...(root['definitions'] === undefined ? {} : { definitions: root['definitions'] }),
  ...(root['$schema'] === undefined ? {} : { $schema: root['$schema'] }),
  ...schema,
});

/** What a schema says of an argument; `unknown` where that is not said in one place. */
const argumentSchema = (root: JsonObject, path: string): JsonObject | 'unknown' | 'missing' => {
  let at: JsonObject = root;
  for (const name of path.split('.')) {
    const properties = at['properties'];
    if (at['$ref'] !== undefined || !isObject(properties ?? null)) return 'unknown';
    const members = properties as JsonObject;
    const next = Object.hasOwn(members, name) ? members[name] : undefined;
    if (next === undefined) return mayHaveOthers(at, members) ? 'unknown' : 'missing';
    if (!isObject(next)) return 'unknown';
    at = next;
  }
  return at;
};

/**
 * A model that names an argument which is not described has mistaken itself, unless nothing is described at all or the
 * schema says that there are others.
 */
const mayHaveOthers = (schema: JsonObject, described: JsonObject): boolean =>
  (schema['additionalProperties'] === undefined && Object.keys(described).length === 0) ||
  ['patternProperties', 'allOf', 'anyOf', 'oneOf', 'if'].some((keyword) => schema[keyword] !== undefined) ||
  (schema['additionalProperties'] !== undefined && schema['additionalProperties'] !== false);
