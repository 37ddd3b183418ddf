-- What starts work by itself: schedules. docs/guide/schedules.md.
create table schedule (
  workspace_id text not null references workspace,
  id text not null,
  name text not null,
  agent_id text,
  workflow_id text,
  -- null: the current one
  version int,
  -- a template: JSON with expressions in its texts
  input text not null,
  timing jsonb not null,
  overlap text not null check (overlap in ('skip', 'queue', 'allow')),
  missed text not null check (missed in ('skip', 'run_once', 'run_all')),
  on_behalf_of text,
  -- everybody who said what it does: none of them decides what it asks for
  askers text[] not null,
  created_by jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  paused_at timestamptz,
  deleted_at timestamptz,
  -- the moment it waits for; null while it is paused, or if none is left
  next_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, agent_id) references agent,
  foreign key (workspace_id, workflow_id) references workflow,
  check ((agent_id is null) <> (workflow_id is null))
);
create unique index schedule_name on schedule (workspace_id, lower(name)) where deleted_at is null;
create index schedule_list on schedule (workspace_id, created_at desc, id desc) where deleted_at is null;

-- What became of each moment of a schedule: one row, written with the execution that it started.
create table schedule_run (
  workspace_id text not null,
  schedule_id text not null,
  id text not null,
  planned_at timestamptz not null,
  status text not null check (status in ('queued', 'started', 'skipped', 'missed', 'failed')),
  -- how many moments it stands for
  count int not null,
  reason text,
  execution_id text,
  created_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, id),
  unique (workspace_id, schedule_id, planned_at),
  foreign key (workspace_id, schedule_id) references schedule
);
create index schedule_run_queued on schedule_run (workspace_id, schedule_id, planned_at) where status = 'queued';

-- The schedule or webhook that started it.
alter table execution add column trigger_id text;
create index execution_of_trigger on execution (workspace_id, trigger_id, created_at desc, id desc)
  where trigger_id is not null;

do $$
declare
  name text;
begin
  foreach name in array array['schedule', 'schedule_run'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy tenant on %I using (workspace_id = current_setting(''app.workspace'', true))
         with check (workspace_id = current_setting(''app.workspace'', true))', name);
  end loop;
end $$;

grant select on schedule, schedule_run to countersign_api, countersign_worker;
grant insert, update on schedule, schedule_run to countersign_api;

-- Making a schedule is asking for what it will start (trust.md, B2): a scope of the family of those that ask.
do $$
declare
  rule record;
begin
  for rule in select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
    where conrelid = 'api_key'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%tools:write%'
  loop
    execute format('alter table api_key drop constraint %I', rule.name);
    execute format('alter table api_key add constraint %I %s', rule.name,
      replace(rule.definition, '''tools:write''::text', '''tools:write''::text, ''triggers:write''::text'));
  end loop;
end $$;
