import type { Workflow as Definition } from '@countersign/core';
import {
  type Scope,
  type WorkflowRow,
  compatIds,
  findWorkflows,
  getWorkflow,
  getWorkflowVersion,
  pageOfTemplates,
} from '@countersign/store';
import { z } from 'zod';
import { Problem } from '../../http/problem.ts';
import type { Answer, Asked, DialectRoute } from '../dialect.ts';
import { numberedPage } from '../page.ts';
import { PAGE } from './approvals.ts';
import { done, inZone, list, readAs, refused } from './answers.ts';
import { domainsOf, idOf, putNote, templatesOf, timeZoneOf, uuidsOf } from './kept.ts';
import { RUN_TYPES, type Step, type Template } from './template.ts';

const NewTemplate = z.object({
  workflow_name: z.string().min(1).max(100),
  workflow_description: z.string().max(2000).default(''),
  runtype: z.enum(RUN_TYPES),
});
type NewTemplate = z.infer<typeof NewTemplate>;

/** A workflow of this name that is what the caller asks for and has no steps: of a request whose answer got lost. */
const unfinished = async (scope: Scope, asked: NewTemplate, kind: Template['kind']): Promise<string | undefined> => {
  const [named] = await findWorkflows(scope, [asked.workflow_name]);
  const row = named && (await getWorkflow(scope, named.id));
  if (!row || row.name !== asked.workflow_name || row.description !== asked.workflow_description) return undefined;
  const template = (await templatesOf(scope, [row.id])).get(row.id);
  const isEmpty = template
    ? template.steps.length === 0 && template.runtype === asked.runtype && template.kind === kind
    : true;
  return isEmpty && row.current_version_id === null ? row.id : undefined;
};

/** @throws Problem `invalid` for a name that something else has */
export const createTemplate = async (
  asked: Asked,
  wanted: NewTemplate,
  kind: Template['kind'],
): Promise<{ readonly id: string; readonly uuid: string }> => {
  const { workflow_name: name, workflow_description: description, runtype } = wanted;
  const id = await asked.call('createWorkflow', { body: { name, description } }).then(
    (made) => made.id,
    async (error: unknown) => {
      if (!(error instanceof Problem) || error.code !== 'name_taken') throw error;
      const before = await asked.read('createWorkflow', (scope) => unfinished(scope, wanted, kind));
      if (before === undefined) throw refused('A workflow of this name exists already');
      return before;
    },
  );
  return asked.write('createWorkflow', async (scope) => {
    await putNote(scope, id, { kind, runtype, steps: [] });
    return { id, uuid: (await uuidsOf(scope, [id]))(id) };
  });
};

const addTemplate = async (asked: Asked): Promise<Answer> => {
  const { uuid } = await createTemplate(asked, readAs(NewTemplate, await asked.body()), 'workflow');
  return done({ details: 'Webhook Template added', workflow_uuid: uuid });
};

/** Steps of a workflow that was made otherwise. */
const stepsIn = async (scope: Scope, row: WorkflowRow): Promise<Definition['nodes']> => {
  const version = row.current_version_id === null ? undefined : await getWorkflowVersion(scope, row.current_version_id);
  const { nodes } = JSON.parse(version?.definition ?? '{"nodes":[]}') as Definition;
  return nodes.filter(({ type }) => type !== 'start' && type !== 'end');
};

const listTemplates = (asked: Asked): Promise<Answer> =>
  asked.write('listWorkflows', async (scope) => {
    const page = numberedPage(asked.query, PAGE);
    const { rows, total } = await pageOfTemplates(scope, page);
    const ids = rows.map(({ id }) => id);
    const [uuidOf, templates, timeZone] = [
      await uuidsOf(scope, ids),
      await templatesOf(scope, ids),
      await timeZoneOf(scope),
    ];
    const data = [];
    for (const id of ids) {
      const row = await getWorkflow(scope, id);
      if (!row) continue;
      const template = templates.get(id);
      data.push({
        inserted_at: inZone(row.created_at, timeZone),
        workflow_name: row.name,
        workflow_uuid: uuidOf(id),
        workflow_description: row.description,
        runtype: template?.runtype ?? 'fifo_sequential',
        total_workflow_steps: (template?.steps ?? (await stepsIn(scope, row))).length,
      });
    }
    return list(data, total, page, timeZone);
  });

/** As it was written; a condition comes back in a list. */
const presentStep = async (scope: Scope, step: Step, ids: ReadonlyMap<string, string>, timeZone: string) => {
  const domain = (await domainsOf(scope, [step.domain_uuid])).get(step.domain_uuid);
  const uuid = ids.get(step.tool) ?? '';
  return {
    index: step.index,
    timezone: timeZone,
    inserted_at: inZone(new Date(step.inserted_at), timeZone),
    step_uuid: uuid,
    step_identifier: step.step_identifier,
    human_approval_required: step.human_approval_required,
    delay_to_next_step: step.delay_to_next_step,
    on_success_next_step_identifier: step.on_success_next_step_identifier ?? null,
    on_fail_next_step_identifier: step.on_fail_next_step_identifier ?? null,
    execution_conditions: step.execution_condition ? [step.execution_condition] : [],
    webhook: {
      webhook_uuid: uuid,
      webhook_name: step.webhook_name,
      webhook_description: step.webhook_description,
      method: step.method,
      path: step.path,
      domain: { protocol: domain?.protocol_type, domain: domain?.domain },
      headers_json: step.headers_json,
      query_params_json: step.query_params_json,
      request_body_json: step.request_body_json,
      retry_delay: step.retry_delay,
      retry_backoff_mode: step.retry_backoff_mode,
      max_retries: step.max_retries,
      request_timeout_in_milliseconds: step.request_timeout_in_milliseconds,
      expected_system_variables: [],
    },
  };
};

const detail = async (asked: Asked): Promise<Answer> => {
  const { workflow_uuid: uuid } = readAs(z.object({ workflow_uuid: z.string() }), await asked.body());
  return asked.write('getWorkflow', async (scope) => {
    const id = await idOf(scope, 'workflow', uuid, 'Workflow');
    const row = await getWorkflow(scope, id);
    if (!row) throw new Problem('not_found', 'Workflow not found');
    const timeZone = await timeZoneOf(scope);
    const template = (await templatesOf(scope, [id])).get(id);
    const steps = (template?.steps ?? []).toSorted((a, b) => a.index - b.index);
    const ids = await compatIds(
      scope,
      'hookpulse',
      steps.map(({ tool }) => `step/${id}/${tool}`),
    );
    const uuids = new Map(steps.map(({ tool }) => [tool, ids.get(`step/${id}/${tool}`)?.uuid ?? '']));
    const shown = [];
    for (const step of steps) shown.push(await presentStep(scope, step, uuids, timeZone));
    return done({
      data: {
        timezone: timeZone,
        inserted_at: inZone(row.created_at, timeZone),
        workflow_name: row.name,
        workflow_uuid: uuid,
        workflow_description: row.description,
        runtype: template?.runtype ?? 'fifo_sequential',
        workflow_steps: shown as never,
      },
    });
  });
};

export const templateRoutes: readonly DialectRoute[] = [
  { method: 'POST', path: '/v1/api/add_workflow_template', answer: addTemplate },
  { method: 'GET', path: '/v1/api/get_workflow_template_paginated', answer: listTemplates },
  { method: 'POST', path: '/v1/api/single_workflow_template_detail', answer: detail },
];
