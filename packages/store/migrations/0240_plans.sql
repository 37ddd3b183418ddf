-- Plans of calls: a plan is an approval, whose frozen content has its lines. Here is what was used of them: each use of a
-- line has a number of its own, so that none is taken twice.
create table plan_use (
  workspace_id text not null references workspace,
  approval_id text not null,
  line integer not null check (line >= 1),
  number integer not null check (number >= 1),
  subject text not null,
  arguments text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, approval_id, line, number),
  foreign key (workspace_id, approval_id) references approval
);
alter table plan_use enable row level security;
alter table plan_use force row level security;
create policy tenant on plan_use using (workspace_id = current_setting('app.workspace', true))
  with check (workspace_id = current_setting('app.workspace', true));
grant select, insert on plan_use to countersign_api, countersign_worker;

-- How a held call departs from the plans of who asks.
alter table approval add column departures jsonb;
