/** How a template's steps become a version of its workflow, whoever else adds one meanwhile. */
import type { RouteBody, Routes } from '@countersign/contract';
import { type Scope, getWorkflow, getWorkflowVersion, lockWorkflow } from '@countersign/store';
import { Problem } from '../../http/problem.ts';
import type { Asked } from '../dialect.ts';
import { refused } from './answers.ts';
import { compileTemplate } from './compile.ts';
import { domainsOf, putNote, templatesOf } from './kept.ts';
import type { Step, Template } from './template.ts';

type Definition = RouteBody<Routes['createWorkflowVersion']>['definition'];

const TRIES = 8;

/** @throws Problem `not_found` for a workflow that is none of these clients' templates */
export const mustGetTemplate = async (scope: Scope, workflowId: string): Promise<Template> => {
  const template = (await templatesOf(scope, [workflowId])).get(workflowId);
  if (!template) throw new Problem('not_found', 'Workflow not found');
  return template;
};

/** The definition that the steps come to. @throws Problem with what is wrong */
export const definitionOf = async (scope: Scope, template: Template): Promise<Definition> => {
  const domains = await domainsOf(
    scope,
    template.steps.map(({ domain_uuid: uuid }) => uuid),
  );
  const compiled = compileTemplate(template, domains);
  if (!compiled.ok) throw refused(compiled.refusal);
  return compiled.value as Definition;
};

/** Under the workflow's lock, so that of two steps that are added at once none is lost. */
export const changeSteps = (
  asked: Asked,
  workflowId: string,
  change: (steps: readonly Step[]) => readonly Step[],
): Promise<void> =>
  asked.write('createWorkflowVersion', async (scope) => {
    await lockWorkflow(scope, workflowId);
    const template = await mustGetTemplate(scope, workflowId);
    await putNote(scope, workflowId, { ...template, steps: change(template.steps) });
  });

/** Makes the steps as they are now the current version: from the start again where another version came in between. */
export const publish = async (asked: Asked, workflowId: string, message: string): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    const { definition, basedOn } = await asked.read('createWorkflowVersion', async (scope) => {
      const workflow = await getWorkflow(scope, workflowId);
      const current = workflow?.current_version_id && (await getWorkflowVersion(scope, workflow.current_version_id));
      return {
        definition: await definitionOf(scope, await mustGetTemplate(scope, workflowId)),
        basedOn: current ? current.version : 0,
      };
    });
    try {
      await asked.call('createWorkflowVersion', {
        params: { id: workflowId },
        body: { definition, message, based_on: basedOn },
      });
      return;
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'version_outdated' || tries === TRIES) throw error;
    }
  }
};
