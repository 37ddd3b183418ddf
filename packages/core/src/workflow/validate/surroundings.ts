/** Whether what a workflow names is there: agents, tools, secrets, other workflows, people who could approve. */
import type { JsonObject } from '../../json.ts';
import { impossibleStages } from '../../quorum/count-votes.ts';
import { parseRule } from '../../quorum/expression.ts';
import type { Standing } from '../../quorum/requirement.ts';
import type { Graph } from '../regions.ts';
import type { NodeOf } from '../schema.ts';
import type { SecretUse } from './expressions.ts';
import type { Report } from './problems.ts';
import { typeOfSchema } from './types.ts';

/** What the workspace has, of what the workflow names. */
export type Surroundings = {
  /** Versions of each agent, under its id and its name. */
  readonly agents: ReadonlyMap<string, readonly number[]>;
  readonly workflows: ReadonlyMap<string, readonly number[]>;
  /** Ids and names of workflows that come back to this one. */
  readonly callers: ReadonlySet<string>;
  /** The schema of each tool's arguments. */
  readonly tools: ReadonlyMap<string, JsonObject>;
  readonly secrets: ReadonlySet<string>;
  readonly calendars: ReadonlySet<string>;
  /** Everybody who may approve. */
  readonly approvers: readonly Standing[];
  /** What is wrong with a JSON Schema, or null. */
  readonly schemaProblem: (schema: JsonObject) => string | null;
};

export const checkSurroundings = (
  graph: Graph,
  secrets: readonly SecretUse[],
  around: Surroundings,
  report: Report,
): void => {
  for (const { node, pointer, name } of secrets)
    if (!around.secrets.has(name)) report('unknown_secret', node, pointer, `there is no secret named ${name}`);
  for (const [index, node] of graph.workflow.nodes.entries()) {
    const here = `/nodes/${index}`;
    if (node.type === 'agent')
      checkNamed(
        'unknown_agent',
        'agent',
        around.agents,
        node.id,
        `${here}/agent_id`,
        node.agent_id,
        node.version,
        here,
        report,
      );
    if (node.type === 'workflow') {
      checkNamed(
        'unknown_workflow',
        'workflow',
        around.workflows,
        node.id,
        `${here}/workflow_id`,
        node.workflow_id,
        node.version,
        here,
        report,
      );
      if (around.callers.has(node.workflow_id))
        report('workflow_cycle', node.id, `${here}/workflow_id`, 'this workflow would be its own part');
    }
    if (node.type === 'tool') checkTool(node, here, around, report);
    if (node.type === 'approval') checkApproval(node, here, around, report);
  }
};

const checkNamed = (
  code: 'unknown_agent' | 'unknown_workflow',
  word: string,
  known: ReadonlyMap<string, readonly number[]>,
  node: string,
  pointer: string,
  name: string,
  version: number | undefined,
  here: string,
  report: Report,
): void => {
  const versions = known.get(name);
  if (!versions) report(code, node, pointer, `there is no ${word} with the id or name ${name}`);
  else if (version !== undefined && !versions.includes(version))
    report('unknown_version', node, `${here}/version`, `the ${word} has no version ${version}`);
  else if (versions.length === 0) report('unknown_version', node, pointer, `the ${word} has no version yet`);
};

const checkTool = (node: NodeOf<'tool'>, here: string, around: Surroundings, report: Report): void => {
  const schema = around.tools.get(node.tool);
  if (!schema) return report('unknown_tool', node.id, `${here}/tool`, `there is no tool named ${node.tool}`);
  const required = schema['required'];
  if (Array.isArray(required))
    for (const name of required)
      if (typeof name === 'string' && !(name in node.arguments))
        report('argument_missing', node.id, `${here}/arguments`, `the tool ${node.tool} needs the argument ${name}`);
  const type = typeOfSchema(schema);
  if (type.kind !== 'object' || !('members' in type) || type.rest || schema['additionalProperties'] !== false)
    return undefined;
  for (const name of Object.keys(node.arguments))
    if (!type.members.has(name))
      report(
        'argument_unknown',
        node.id,
        `${here}/arguments/${name}`,
        `the tool ${node.tool} takes no argument ${name}`,
      );
  return undefined;
};

const checkApproval = (node: NodeOf<'approval'>, here: string, around: Surroundings, report: Report): void => {
  const { hold } = node;
  if (node.form) {
    const problem = around.schemaProblem(node.form);
    if (problem) report('form', node.id, `${here}/form`, problem);
  }
  if (hold?.calendar !== undefined && !around.calendars.has(hold.calendar))
    report('unknown_calendar', node.id, `${here}/hold/calendar`, `there is no calendar named ${hold.calendar}`);
  const stages = hold?.stages ?? [{ approvers: 'anyone', rejections: 1 }];
  for (const [index, stage] of stages.entries()) {
    const rule = stage.approvers === undefined ? null : parseRule(stage.approvers);
    if (rule?.ok && impossible([{ name: '', rule: rule.value, rejections: 1 }], false, around))
      report(
        'approval_unmeetable',
        node.id,
        `${here}/hold/stages/${index}/approvers`,
        `nobody, or too few people, could fill "${stage.approvers}"`,
      );
  }
  if (hold?.distinct_people && hold.stages) {
    const rules = hold.stages.flatMap(({ approvers }) => {
      const rule = approvers === undefined ? null : parseRule(approvers);
      return rule?.ok ? [{ name: '', rule: rule.value, rejections: 1 }] : [];
    });
    if (rules.length === hold.stages.length && impossible(rules, true, around))
      report('approval_unmeetable', node.id, `${here}/hold/stages`, 'too few different people could fill all stages');
  }
  for (const [index, level] of (hold?.escalate_to ?? []).entries()) {
    const rule = parseRule(level.approvers);
    if (rule.ok && impossible([{ name: '', rule: rule.value, rejections: 1 }], false, around))
      report(
        'approval_unmeetable',
        node.id,
        `${here}/hold/escalate_to/${index}/approvers`,
        `nobody, or too few people, could fill "${level.approvers}"`,
      );
  }
  checkTime(node, here, report);
};

const impossible = (
  stages: Parameters<typeof impossibleStages>[0]['stages'],
  isDistinct: boolean,
  around: Surroundings,
): boolean =>
  impossibleStages({ stages, isDistinctAcrossStages: isDistinct, isReasonRequired: false }, around.approvers).length >
  0;

const checkTime = ({ id, hold, risk }: NodeOf<'approval'>, here: string, report: Report): void => {
  if (!hold) return;
  if (hold.on_timeout !== 'reject' && hold.timeout_seconds === undefined)
    report('approval_timeout', id, `${here}/hold/timeout_seconds`, `is needed for on_timeout ${hold.on_timeout}`);
  if (hold.on_timeout === 'escalate' && hold.escalate_to.length === 0)
    report('approval_timeout', id, `${here}/hold/escalate_to`, 'is needed to escalate');
  if (hold.remind_after.length > 0 && hold.timeout_seconds === undefined)
    report('approval_timeout', id, `${here}/hold/remind_after`, 'are parts of a time that is not given');
  // T16: silence never approves what can not be undone.
  if (hold.on_timeout === 'approve' && risk !== 'reversible' && risk !== 'read_only')
    report(
      'approval_timeout',
      id,
      `${here}/hold/on_timeout`,
      `silence approves only what is reversible, and the risk is ${risk}`,
    );
};
