-- Workflows: graphs in versions, and what runs of them. docs/spec/workflow.md.
create table workflow (
  workspace_id text not null references workspace,
  id text not null,
  name text not null,
  description text not null,
  current_version_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  archived_at timestamptz,
  primary key (workspace_id, id)
);
create unique index workflow_name on workflow (workspace_id, lower(name)) where archived_at is null;
create index workflow_list on workflow (workspace_id, created_at desc, id desc);

create table workflow_version (
  workspace_id text not null,
  id text not null,
  workflow_id text not null,
  version int not null,
  message text not null,
  -- as text: members stay in the order in which they were written
  definition text not null,
  created_at timestamptz not null default now(),
  created_by jsonb not null,
  primary key (workspace_id, id),
  unique (workspace_id, workflow_id, version),
  foreign key (workspace_id, workflow_id) references workflow
);
alter table workflow add foreign key (workspace_id, current_version_id) references workflow_version;

-- An execution runs an agent's version or a workflow's; one that a step of another started has that step.
alter table execution
  alter column agent_id drop not null,
  alter column agent_version_id drop not null,
  add column workflow_id text,
  add column workflow_version_id text,
  add column parent_execution_id text,
  add column parent_step_id text,
  add column root_execution_id text,
  -- how many executions stand above it
  add column depth int not null default 0,
  -- the stricter gate that its parent's node asks for
  add column gate jsonb,
  -- the highest risk of the steps that led here
  add column chain_risk text,
  add foreign key (workspace_id, workflow_id) references workflow,
  add foreign key (workspace_id, workflow_version_id) references workflow_version,
  add constraint execution_runs_one check ((agent_version_id is null) <> (workflow_version_id is null)
    and (agent_id is null) = (agent_version_id is null) and (workflow_id is null) = (workflow_version_id is null));
create index execution_of_workflow on execution (workspace_id, workflow_id, created_at desc, id desc)
  where workflow_id is not null;
create index execution_of_parent on execution (workspace_id, parent_execution_id) where parent_execution_id is not null;

-- The outermost execution shows what waits anywhere below it. No foreign key: its check would lock that execution from
-- within one below, against the order in which they are locked.
alter table approval add column root_execution_id text;
create index approval_of_root on approval (workspace_id, root_execution_id) where root_execution_id is not null;

-- A node at work in one scope; `scope` is the way through branches and rounds, such as `each[3]/`.
create table node_run (
  workspace_id text not null,
  execution_id text not null,
  position int not null,
  id text not null,
  node text not null,
  scope text not null,
  type text not null,
  status text not null check (status in
    ('ready', 'running', 'awaiting_approval', 'waiting', 'completed', 'failed', 'rejected', 'expired', 'cancelled')),
  attempt int not null default 0,
  input text,
  output text,
  error jsonb,
  leads_to text,
  is_left boolean not null default false,
  items text,
  assigned text,
  approval_id text,
  child_execution_id text,
  tool_id text,
  gate jsonb,
  -- when it goes on by itself: a delay, the next attempt, what follows after a pause
  wake_at timestamptz,
  -- when its time is over
  timeout_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  finished_at timestamptz,
  primary key (workspace_id, execution_id, position),
  foreign key (workspace_id, execution_id) references execution
) with (fillfactor = 70);

-- What reaches an execution from outside, until it takes it: a decision, the end of a child. Without a foreign key, for
-- the same reason as above.
create table execution_signal (
  workspace_id text not null references workspace,
  execution_id text not null,
  id bigint generated always as identity,
  kind text not null,
  run_id text,
  data text,
  primary key (workspace_id, execution_id, id)
);

-- Events that were sent to an execution; one that comes before the step that waits for it is kept for it.
create table sent_event (
  workspace_id text not null,
  execution_id text not null,
  id bigint generated always as identity,
  name text not null,
  data text not null,
  sent_by jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  taken_by text,
  primary key (workspace_id, execution_id, id),
  foreign key (workspace_id, execution_id) references execution
);

do $$
declare
  name text;
begin
  foreach name in array array['workflow', 'workflow_version', 'node_run', 'execution_signal', 'sent_event'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy tenant on %I using (workspace_id = current_setting(''app.workspace'', true))
         with check (workspace_id = current_setting(''app.workspace'', true))', name);
  end loop;
end $$;

grant select on workflow, workflow_version, node_run, execution_signal, sent_event to countersign_api, countersign_worker;
grant insert on workflow, workflow_version, sent_event to countersign_api;
grant update on workflow to countersign_api;
grant insert, update on node_run to countersign_api, countersign_worker;
grant delete on node_run to countersign_worker;
grant insert, delete on execution_signal to countersign_api, countersign_worker;
grant update (taken_by) on sent_event to countersign_worker;

-- Building a workflow is asking for what it will do (trust.md, B2): a scope of the same family as those it joins here.
do $$
declare
  rule record;
begin
  for rule in select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
    where conrelid = 'api_key'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%tools:write%'
  loop
    execute format('alter table api_key drop constraint %I', rule.name);
    execute format('alter table api_key add constraint %I %s', rule.name,
      replace(rule.definition, '''tools:write''::text', '''tools:write''::text, ''workflows:write''::text'));
  end loop;
end $$;
