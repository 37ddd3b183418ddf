/** A definition against the workspace: what it names is looked up, then core says all that is wrong with it. */
import {
  type Json,
  type JsonObject,
  SECRET_REFERENCE,
  type Surroundings,
  type Validation,
  type Workflow,
  WorkflowSchema,
  expressionsOf,
  validateWorkflow,
} from '@countersign/core';
import { checkSchema } from '@countersign/engine';
import {
  type NamedRow,
  type Scope,
  approverStandings,
  calendarsThatExist,
  findAgents,
  findWorkflows,
  getWorkflowVersion,
  secretsThatExist,
  toolsByName,
} from '@countersign/store';

/** @param workflowId of the workflow that it will be a version of, if there is one yet */
export const checkDefinition = async (
  scope: Scope,
  definition: Json,
  workflowId: string | null,
): Promise<Validation> => {
  const parsed = WorkflowSchema.safeParse(definition);
  return validateWorkflow(definition, parsed.success ? await surroundingsOf(scope, parsed.data, workflowId) : NOTHING);
};

const schemaProblem = (schema: JsonObject): string | null => {
  // Any type: what the checker wants an object for is the whole, so it becomes a part.
  const [problem] = checkSchema({ type: 'object', properties: { value: schema } });
  return problem ? `${problem.pointer.replace(/^\/properties\/value/, '') || '/'}: ${problem.detail}` : null;
};

const NOTHING: Surroundings = {
  agents: new Map(),
  workflows: new Map(),
  callers: new Set(),
  tools: new Map(),
  secrets: new Set(),
  calendars: new Set(),
  approvers: [],
  schemaProblem,
};

const surroundingsOf = async (scope: Scope, workflow: Workflow, workflowId: string | null): Promise<Surroundings> => {
  const named = <T>(pick: (node: Workflow['nodes'][number]) => T[]): T[] => [...new Set(workflow.nodes.flatMap(pick))];
  const agents = named((node) => (node.type === 'agent' ? [node.agent_id] : []));
  const workflows = named((node) => (node.type === 'workflow' ? [node.workflow_id] : []));
  const tools = named((node) => (node.type === 'tool' ? [node.tool] : []));
  const secrets = named((node) =>
    node.type === 'tool'
      ? expressionsOf(node.arguments).flatMap(({ source }) => SECRET_REFERENCE.exec(source)?.[1] ?? [])
      : [],
  );
  const calendars = named((node) =>
    node.type === 'approval' && node.hold?.calendar !== undefined ? [node.hold.calendar] : [],
  );
  return {
    agents: versionsByName(agents, agents.length > 0 ? await findAgents(scope, agents) : []),
    workflows: versionsByName(workflows, workflows.length > 0 ? await findWorkflows(scope, workflows) : []),
    callers: workflowId === null ? new Set() : await callersOf(scope, workflowId, workflows),
    tools: new Map(
      tools.length === 0
        ? []
        : (await toolsByName(scope, tools)).map((tool) => [tool.name, JSON.parse(tool.parameters) as JsonObject]),
    ),
    secrets: new Set(secrets.length > 0 ? await secretsThatExist(scope, secrets) : []),
    calendars: new Set(calendars.length > 0 ? await calendarsThatExist(scope, calendars) : []),
    approvers: workflow.nodes.some(({ type }) => type === 'approval') ? await approverStandings(scope) : [],
    schemaProblem,
  };
};

const isNamed = (row: NamedRow, name: string): boolean =>
  row.id === name || row.name.toLowerCase() === name.toLowerCase();

const versionsByName = (names: readonly string[], rows: readonly NamedRow[]): Map<string, readonly number[]> =>
  new Map(
    names.flatMap((name) => {
      const row = rows.find((candidate) => isNamed(candidate, name));
      return row ? [[name, row.versions] as const] : [];
    }),
  );

/** Those of the named workflows that are this one, or whose current versions come to it. */
const callersOf = async (scope: Scope, workflowId: string, names: readonly string[]): Promise<Set<string>> => {
  const leads = new Map<string, boolean>();
  const comesBack = async (row: NamedRow): Promise<boolean> => {
    if (row.id === workflowId) return true;
    const before = leads.get(row.id);
    if (before !== undefined) return before;
    leads.set(row.id, false);
    const version =
      row.current_version_id === null ? undefined : await getWorkflowVersion(scope, row.current_version_id);
    const definition = version && (JSON.parse(version.definition) as Workflow);
    const called = (definition?.nodes ?? []).flatMap((node) => (node.type === 'workflow' ? [node.workflow_id] : []));
    let found = false;
    for (const next of called.length > 0 ? await findWorkflows(scope, called) : []) found ||= await comesBack(next);
    leads.set(row.id, found);
    return found;
  };
  const callers = new Set<string>();
  if (names.length === 0) return callers;
  const rows = await findWorkflows(scope, names);
  for (const name of names) {
    const row = rows.find((candidate) => isNamed(candidate, name));
    if (row && (await comesBack(row))) callers.add(name);
  }
  return callers;
};
