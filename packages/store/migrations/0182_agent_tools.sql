-- An agent as a tool of another one: the call is an execution of its own, and the step waits for its end.
alter table tool add column agent jsonb;
alter table tool drop constraint tool_kind_check;
alter table tool add constraint tool_kind_check check (kind in ('http', 'mcp', 'agent'));
alter table tool add constraint tool_agent_check check ((kind = 'agent') = (agent is not null));

alter table step drop constraint step_status_check;
alter table step add constraint step_status_check check (status in ('ready', 'running', 'waiting', 'awaiting_approval',
  'completed', 'failed', 'refused', 'rejected', 'expired', 'cancelled'));
