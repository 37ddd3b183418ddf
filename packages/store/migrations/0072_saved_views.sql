-- What a person likes to look at in the queue, on every device.
create table saved_view (
  workspace_id text not null references workspace,
  id text not null,
  person_id text not null,
  name text not null,
  filter jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, id),
  foreign key (workspace_id, person_id) references member (workspace_id, person_id) on delete cascade
);
create unique index saved_view_name on saved_view (workspace_id, person_id, lower(name));
alter table saved_view enable row level security;
alter table saved_view force row level security;
create policy tenant on saved_view using (workspace_id = current_setting('app.workspace', true))
  with check (workspace_id = current_setting('app.workspace', true));
grant select, insert, update, delete on saved_view to countersign_api;
