/** Agents that agents call: the steps that wait for them, and what stands above an execution. */
import { type Scope, statement } from './database.ts';
import type { ExecutionRow } from './rows.ts';

const setWaiting = statement(
  'step_wait',
  `update step set status = 'waiting', attempt = attempt + 1, started_at = coalesce(started_at, clock_timestamp()), error = null
   where workspace_id = $1 and id = $2`,
);

/** It waits for an agent that it called. */
export const setStepWaiting = async (scope: Scope, id: string): Promise<void> => {
  setWaiting.send(scope, scope.workspaceId, id);
};

export type CalledRow = Pick<ExecutionRow, 'id' | 'status' | 'output' | 'error'> & { parent_step_id: string };

const called = statement<CalledRow>(
  'execution_called',
  `select id, status, output, error, parent_step_id from execution
   where workspace_id = $1 and parent_execution_id = $2 and parent_step_id = any ($3) order by id`,
);

/** The executions that these steps started. */
export const childrenOfSteps = (scope: Scope, id: string, stepIds: readonly string[]): Promise<CalledRow[]> =>
  called.all(scope, scope.workspaceId, id, stepIds);

const above = statement<{ agent_id: string }>(
  'execution_agents_above',
  `with recursive chain as (
     select id, parent_execution_id, agent_id from execution where workspace_id = $1 and id = $2
     union all
     select e.id, e.parent_execution_id, e.agent_id from execution e join chain c on e.id = c.parent_execution_id
     where e.workspace_id = $1)
   select agent_id from chain where agent_id is not null`,
);

/** The agents of an execution and of those that it stands in. */
export const agentsAbove = async (scope: Scope, id: string): Promise<string[]> =>
  (await above.all(scope, scope.workspaceId, id)).map((row) => row.agent_id);
