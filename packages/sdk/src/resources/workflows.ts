import type { Body, Call, Query } from '../call.ts';
import { eachItem } from '../page.ts';
import type { CallOptions } from '../transport.ts';

const versionMethods = (call: Call) => ({
  /** Adds an immutable version, which becomes the current one unless `promote` is false. */
  create: (workflowId: string, body: Body<'createWorkflowVersion'>, options?: CallOptions) =>
    call('createWorkflowVersion', { id: workflowId, body }, options),
  /** Without their definitions. */
  list: (workflowId: string, query: Query<'listWorkflowVersions'> = {}, options?: CallOptions) =>
    call('listWorkflowVersions', { id: workflowId, query }, options),
  iterate: (workflowId: string, query: Omit<Query<'listWorkflowVersions'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listWorkflowVersions', { id: workflowId, query: { ...query, ...cursor } }, options)),
  get: (workflowId: string, version: number, options?: CallOptions) =>
    call('getWorkflowVersion', { id: workflowId, version: String(version) }, options),
});

export const workflowMethods = (call: Call) => ({
  /** Creates a workflow, with a first version if a definition is given. */
  create: (body: Body<'createWorkflow'>, options?: CallOptions) => call('createWorkflow', { body }, options),
  list: (query: Query<'listWorkflows'> = {}, options?: CallOptions) => call('listWorkflows', { query }, options),
  iterate: (query: Omit<Query<'listWorkflows'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listWorkflows', { query: { ...query, ...cursor } }, options)),
  /** One workflow with its current version. */
  get: (id: string, options?: CallOptions) => call('getWorkflow', { id }, options),
  /** Changes its name or description. Not sent again by itself, since it carries no idempotency key. */
  update: (id: string, body: Body<'updateWorkflow'>, options?: CallOptions) =>
    call('updateWorkflow', { id, body }, options),
  /** Archives it; its executions stay. */
  archive: (id: string, options?: CallOptions) => call('archiveWorkflow', { id }, options),
  versions: versionMethods(call),
  /** Makes a version the current one. */
  promote: (id: string, body: Body<'promoteWorkflowVersion'>, options?: CallOptions) =>
    call('promoteWorkflowVersion', { id, body }, options),
  /** Starts an execution. */
  execute: (id: string, body: Body<'executeWorkflow'>, options?: CallOptions) =>
    call('executeWorkflow', { id, body }, options),
  /** All that is wrong with a definition, each problem named at its node; changes nothing. */
  validate: (body: Body<'validateWorkflow'>, options?: CallOptions) => call('validateWorkflow', { body }, options),
  /** Workflows to begin with. */
  templates: (options?: CallOptions) => call('listWorkflowTemplates', {}, options),
});
