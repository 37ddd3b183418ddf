/** What agents and workflows have called, as thinnest's audit log lists it. */
import { type Scope, statement } from './database.ts';

export type MadeCallRow = {
  at: Date;
  node: string;
  tool: string;
  arguments: string | null;
  status: string;
  is_error: boolean;
};

/** Calls are looked for in so many of the latest executions: there is no index over the calls of all. */
const EXECUTIONS_MAX = 500;

const called = statement<MadeCallRow>(
  'thinnest_called',
  `with latest as (
     select id, agent_id, workflow_id from execution
     where workspace_id = $1 and ($2::text[] is null or agent_id = any ($2))
     order by created_at desc, id desc limit ${EXECUTIONS_MAX})
   select coalesce(s.started_at, s.created_at) as at, a.name as node, s.tool, s.arguments, s.status, s.is_error
   from latest e join step s on s.workspace_id = $1 and s.execution_id = e.id and s.kind = 'tool_call'
     join agent a on a.workspace_id = $1 and a.id = e.agent_id
   where s.status <> 'ready'
   union all
   select coalesce(n.started_at, n.created_at), n.node, t.name, n.input, n.status, false
   from latest e join node_run n on n.workspace_id = $1 and n.execution_id = e.id and n.type = 'tool'
     join tool t on t.workspace_id = $1 and t.id = n.tool_id
   where n.status <> 'ready'
   order by 1 desc limit $3 offset $4`,
);

/** Newest first. @param agents only of these; null: of all, and of workflows */
export const callsMade = (
  scope: Scope,
  agents: readonly string[] | null,
  { page, size }: { readonly page: number; readonly size: number },
): Promise<MadeCallRow[]> => called.all(scope, scope.workspaceId, agents, size, (page - 1) * size);
