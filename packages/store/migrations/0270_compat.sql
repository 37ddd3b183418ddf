-- Ids of ours as a published API shows them that has ids of another form: whole numbers, which rise, or UUIDs. Given out when
-- first shown, and kept.
create table compat_id (
  workspace_id text not null references workspace,
  dialect text not null check (dialect in ('promptrails', 'agentflow', 'thinnest', 'hookpulse')),
  id text not null,
  number bigint not null,
  uuid uuid not null default gen_random_uuid(),
  primary key (workspace_id, dialect, id),
  unique (workspace_id, dialect, number),
  unique (workspace_id, dialect, uuid)
);
alter table compat_id enable row level security;
alter table compat_id force row level security;
create policy tenant on compat_id using (workspace_id = current_setting('app.workspace', true))
  with check (workspace_id = current_setting('app.workspace', true));
grant select, insert on compat_id to countersign_api;

-- What a published API keeps with a thing of ours and we have no place for, so that its clients read back what they wrote.
create table compat_note (
  workspace_id text not null references workspace,
  dialect text not null check (dialect in ('promptrails', 'agentflow', 'thinnest', 'hookpulse')),
  id text not null,
  note text not null,
  primary key (workspace_id, dialect, id)
);
alter table compat_note enable row level security;
alter table compat_note force row level security;
create policy tenant on compat_note using (workspace_id = current_setting('app.workspace', true))
  with check (workspace_id = current_setting('app.workspace', true));
grant select, insert, update, delete on compat_note to countersign_api;
