/** A step is added: its call becomes a tool, its place a node of the workflow's next version. */
import type { WireTool } from '@countersign/contract';
import { type Scope, getWorkflow } from '@countersign/store';
import { Problem } from '../../http/problem.ts';
import type { Answer, Asked, DialectRoute } from '../dialect.ts';
import { done, readAs, refused } from './answers.ts';
import { domainsOf, idOf } from './kept.ts';
import { changeSteps, definitionOf, mustGetTemplate, publish } from './publish.ts';
import { callOf } from './request.ts';
import { NewStep, type Step, type Webhook } from './template.ts';
import { z } from 'zod';

const PART_MAX = 30;

const slug = (text: string): string =>
  text
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, PART_MAX);

/** What reviewers and policies know a step's call by: `Refunds.charge-card`. */
const toolNameOf = (workflowName: string, identifier: string): string =>
  `${slug(workflowName).replace(/^([^A-Za-z])/, 'w$1') || 'workflow'}.${slug(identifier) || 'step'}`;

/** The tool that makes a step's call. A name that is taken gets the beginning of the workflow's UUID behind it. */
const makeTool = async (
  asked: Asked,
  workflow: { readonly name: string; readonly uuid: string },
  identifier: string,
  webhook: Webhook,
): Promise<WireTool> => {
  // The names of variables change nothing of the tool: they stand in the node's arguments.
  const anything = { previous: 'before', nodeOf: () => 'before' };
  const domain = (await asked.read('createTool', (scope) => domainsOf(scope, [webhook.domain_uuid]))).get(
    webhook.domain_uuid,
  );
  const call = domain && callOf(webhook, domain, anything);
  if (!call?.ok) throw refused(call?.refusal ?? 'Domain not found');
  const { http, parameters, annotations } = call.value;
  const body = {
    description: webhook.webhook_description,
    parameters,
    annotations,
    http,
    summary_template: webhook.webhook_name.replaceAll(/[{}]/g, ''),
  };
  const name = toolNameOf(workflow.name, identifier);
  try {
    return await asked.call('createTool', { body: { name, ...body } });
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'name_taken') throw error;
    return asked.call('createTool', { body: { name: `${name.slice(0, 52)}.${workflow.uuid.slice(0, 8)}`, ...body } });
  }
};

const withoutOurs = ({ tool: _tool, inserted_at: _at, ...step }: Step): NewStep => step;

/** In the order in which the schema names them. */
const isSame = (a: NewStep, b: NewStep): boolean =>
  JSON.stringify(NewStep.parse(a)) === JSON.stringify(NewStep.parse(b));

const stepOf = (steps: readonly Step[], identifier: string): Step | undefined =>
  steps.find((step) => step.step_identifier === identifier);

const DONE = done({ details: 'Workflow webhook added successfully' });

const found = async (scope: Scope, uuid: string, step: NewStep) => {
  const id = await idOf(scope, 'workflow', uuid, 'Workflow');
  const workflow = await getWorkflow(scope, id);
  const template = await mustGetTemplate(scope, id);
  const before = stepOf(template.steps, step.step_identifier);
  // What is wrong with it shows before anything is made for it.
  if (!before)
    await definitionOf(scope, { ...template, steps: [...template.steps, { ...step, tool: 'none', inserted_at: '' }] });
  return { id, name: workflow?.name ?? '', before };
};

const addStep = async (asked: Asked): Promise<Answer> => {
  const { workflow_uuid: uuid, ...step } = readAs(NewStep.extend({ workflow_uuid: z.string() }), await asked.body());
  return addStepTo(asked, uuid, step);
};

export const addStepTo = async (asked: Asked, uuid: string, step: NewStep): Promise<Answer> => {
  const { id, name, before } = await asked.read('createWorkflowVersion', (scope) => found(scope, uuid, step));
  if (before) {
    // A client that never got the answer adds it again.
    if (isSame(withoutOurs(before), step)) return DONE;
    throw refused('Invalid field value: step_identifier (another step has it already)');
  }
  const tool = await makeTool(asked, { name, uuid }, step.step_identifier, step);
  const added: Step = { ...step, tool: tool.name, inserted_at: new Date().toISOString() };
  try {
    await changeSteps(asked, id, (steps) => {
      if (stepOf(steps, step.step_identifier))
        throw refused('Invalid field value: step_identifier (another step has it already)');
      return [...steps, added];
    });
  } catch (error) {
    await asked.call('deleteTool', { params: { id: tool.id } });
    throw error;
  }
  try {
    await publish(asked, id, `Step ${step.step_identifier} was added`);
  } catch (error) {
    // It does not fit into the workflow: as if it had never come.
    await changeSteps(asked, id, (steps) => steps.filter((one) => one.tool !== added.tool));
    await asked.call('deleteTool', { params: { id: tool.id } });
    throw error;
  }
  return DONE;
};

export const stepRoutes: readonly DialectRoute[] = [
  { method: 'POST', path: '/v1/api/add_workflow_step', answer: addStep },
];
