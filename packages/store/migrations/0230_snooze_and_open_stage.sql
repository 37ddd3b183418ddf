-- What a person has put off in their own queue. Of the approval it changes nothing: no deadline, no reminder, nobody else's queue.
create table snooze (
  workspace_id text not null references workspace,
  approval_id text not null,
  person_id text not null,
  until timestamptz not null,
  primary key (workspace_id, approval_id, person_id),
  foreign key (workspace_id, approval_id) references approval on delete cascade,
  foreign key (workspace_id, person_id) references member (workspace_id, person_id) on delete cascade
);
create index snooze_of_person on snooze (workspace_id, person_id, until);
alter table snooze enable row level security;
alter table snooze force row level security;
create policy tenant on snooze using (workspace_id = current_setting('app.workspace', true))
  with check (workspace_id = current_setting('app.workspace', true));
grant select, insert, update, delete on snooze to countersign_api;

-- Which stage asks now, so that the queue of a person has what waits for them and not what will.
alter table approval add column open_stage smallint not null default 0;
grant update (open_stage) on approval to countersign_worker;
-- How many are alike, on each row of the queue.
create index approval_pending_shape on approval (shape, workspace_id) where status = 'pending' and shape is not null;
