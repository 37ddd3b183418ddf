-- Who must approve, by when, under which policy; standing permissions; what people say to each other about a request.

alter table workspace add column settings jsonb not null default '{}';

create table people_group (
  workspace_id text not null references workspace,
  id text not null,
  name text not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id)
);
create unique index people_group_name on people_group (workspace_id, lower(name));

create table group_member (
  workspace_id text not null,
  group_id text not null,
  person_id text not null,
  primary key (workspace_id, group_id, person_id),
  foreign key (workspace_id, group_id) references people_group on delete cascade,
  foreign key (workspace_id, person_id) references member
);
create index group_member_person on group_member (workspace_id, person_id);

create table delegation (
  workspace_id text not null,
  id text not null,
  from_person text not null,
  to_person text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  reason text,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id),
  foreign key (workspace_id, from_person) references member,
  foreign key (workspace_id, to_person) references member,
  check (from_person <> to_person),
  check (starts_at < ends_at)
);
create index delegation_active on delegation (workspace_id, ends_at);

create table calendar (
  workspace_id text not null references workspace,
  name text not null,
  definition jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (workspace_id, name)
);

create table policy (
  workspace_id text not null references workspace,
  id text not null,
  name text not null,
  -- policies are read in this order, their rules as if they were one list
  position integer not null,
  is_enabled boolean not null default true,
  current_version integer,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, id)
);
create unique index policy_name on policy (workspace_id, lower(name));

create table policy_version (
  workspace_id text not null,
  policy_id text not null,
  version integer not null,
  -- as it was written: YAML or JSON
  source text not null,
  definition jsonb not null,
  message text not null,
  created_at timestamptz not null default now(),
  created_by jsonb not null,
  primary key (workspace_id, policy_id, version),
  foreign key (workspace_id, policy_id) references policy
);

alter table approval drop constraint approval_kind_check;
alter table approval add constraint approval_kind_check check (kind in ('tool_call', 'output', 'action', 'question'));
alter table approval
  add column requirement jsonb,
  add column timeout jsonb,
  add column edits jsonb not null default '[]',
  add column is_overdue boolean not null default false,
  add column claim jsonb,
  add column assigned_to text[] not null default '{}',
  add column calendar text,
  add column risk text,
  add column policy jsonb,
  -- moments of reminders still to come
  add column remind_at timestamptz[] not null default '{}',
  add column response_schema text,
  -- tool and the names and types of the arguments: what is alike has the same
  add column shape text,
  add column reopened_from text;
create index approval_shape on approval (workspace_id, shape, created_at desc) where status = 'approved';
create index approval_by_tool on approval (workspace_id, tool, created_at desc);
create index approval_by_agent on approval (workspace_id, agent_id, created_at desc) where agent_id is not null;

alter table vote
  add column stage integer not null default 0,
  add column represents text,
  add column standing jsonb;
create unique index vote_represents on vote (workspace_id, approval_id, digest, stage, represents) where represents is not null;
alter table vote drop constraint vote_pkey;
alter table vote add primary key (workspace_id, approval_id, digest, stage, person_id);

-- An answer that came after the end: kept, and good for a fresh request about the same content.
create table late_answer (
  workspace_id text not null,
  approval_id text not null,
  person_id text not null,
  vote text not null check (vote in ('approved', 'rejected')),
  digest text,
  reason text,
  at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, approval_id, person_id),
  foreign key (workspace_id, approval_id) references approval
);

create table comment (
  workspace_id text not null,
  id text not null,
  approval_id text not null,
  author jsonb not null,
  body text not null,
  is_question boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, id),
  foreign key (workspace_id, approval_id) references approval
);
create index comment_list on comment (workspace_id, approval_id, created_at, id);

create table standing_grant (
  workspace_id text not null references workspace,
  id text not null,
  agent_id text,
  tool text not null,
  bounds jsonb not null,
  reason text,
  created_by jsonb not null,
  approval_id text,
  uses integer not null default 0,
  total numeric not null default 0,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  primary key (workspace_id, id)
);
create index standing_grant_live on standing_grant (workspace_id, tool, expires_at) where revoked_at is null;

create table grant_use (
  workspace_id text not null,
  grant_id text not null,
  id bigint generated always as identity,
  subject text not null,
  arguments text not null,
  amount numeric not null,
  at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, grant_id, id),
  foreign key (workspace_id, grant_id) references standing_grant
);

-- Every question to a gate and its answer: what rules about the past count, and what a back-test runs on.
create table gate_answer (
  workspace_id text not null references workspace,
  id bigint generated always as identity,
  tool text not null,
  agent_id text,
  caller text not null,
  arguments text not null,
  risk text not null,
  outcome text not null check (outcome in ('proceed', 'hold', 'block')),
  approval_id text,
  at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, id)
);
create index gate_answer_lately on gate_answer (workspace_id, tool, at desc);

do $$
declare
  name text;
begin
  foreach name in array array['people_group', 'group_member', 'delegation', 'calendar', 'policy', 'policy_version',
                              'late_answer', 'comment', 'standing_grant', 'grant_use', 'gate_answer'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy tenant on %I using (workspace_id = current_setting(''app.workspace'', true))
         with check (workspace_id = current_setting(''app.workspace'', true))', name);
  end loop;
end $$;

grant select on people_group, group_member, delegation, calendar, policy, policy_version, late_answer, comment,
  standing_grant, grant_use, gate_answer to countersign_api, countersign_worker;
grant insert on people_group, group_member, delegation, calendar, policy, policy_version, late_answer, comment,
  standing_grant, grant_use, gate_answer to countersign_api;
grant update on people_group, calendar, policy, standing_grant, workspace to countersign_api;
grant delete on people_group, group_member, delegation, calendar, policy to countersign_api;

-- The worker uses grants up and records what gates answered; it gives no grants and writes no policies.
grant insert on grant_use, gate_answer to countersign_worker;
grant update (uses, total) on standing_grant to countersign_worker;
grant update (claim) on approval to countersign_worker;
create index event_escalated on event (workspace_id, at) where type = 'approval.escalated';

-- Figures read what they need of a decision from the index alone, not from the wide rows.
alter table approval
  add column seconds double precision generated always as (extract(epoch from decided_at - created_at)::double precision) stored,
  add column by_people boolean generated always as (status in ('approved', 'rejected') and decision ->> 'assurance' <> 'automated') stored,
  add column is_edited boolean generated always as (original_action is not null) stored,
  add column agent_name text generated always as (agent ->> 'name') stored,
  add column decided_by text generated always as (decision -> 'by' ->> 'id') stored,
  add column decided_by_name text generated always as (decision -> 'by' ->> 'name') stored;
drop index approval_decided;
create index approval_decided on approval (workspace_id, decided_at)
  include (status, seconds, by_people, is_edited, tool, agent_id, agent_name, decided_by, decided_by_name, checkpoint)
  where status <> 'pending';
-- The queue: what it is filtered by stands in the key, so that rows that do not match are never fetched.
drop index approval_pending;
create index approval_pending on approval
  (workspace_id, created_at desc, id desc, priority, tool, agent_id, checkpoint, risk, expires_at, is_overdue) where status = 'pending';
