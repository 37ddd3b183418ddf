-- What a model has said so far in the turn that it is at, for those who watch. Nobody relies on it: the turn itself is
-- recorded when it has ended, so a crash of the database may empty the table.
create unlogged table turn_draft (
  workspace_id text not null references workspace,
  execution_id text not null,
  step_id text not null,
  -- of the step: what a process that died had shown belongs to an earlier one
  attempt integer not null,
  text text not null,
  primary key (workspace_id, execution_id)
);

-- An archived conversation is kept, and no longer listed.
alter table conversation add column archived_at timestamptz;

alter table turn_draft enable row level security;
alter table turn_draft force row level security;
create policy tenant on turn_draft using (workspace_id = current_setting('app.workspace', true))
  with check (workspace_id = current_setting('app.workspace', true));
grant select, insert, update, delete on turn_draft to countersign_worker;
grant select, delete on turn_draft to countersign_api;
