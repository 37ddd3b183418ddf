-- The first schema: workspaces, people and keys, agents and tools, executions, approvals, events, jobs.
-- Text columns named action, arguments, output, input, result hold JSON or text as it was digested or received,
-- never re-written by jsonb; jsonb holds only what is carried along for reading.

-- Roles: the application never connects as the owner of the tables. Row-level security is the second lock beside the
-- workspace in every query; the worker, which runs agents, may not write a vote or an outcome (trust.md, B14).
do $$
begin
  if not exists (select from pg_roles where rolname = 'countersign_api') then
    create role countersign_api login noinherit;
  end if;
  if not exists (select from pg_roles where rolname = 'countersign_worker') then
    create role countersign_worker login noinherit;
  end if;
end $$;

create table workspace (
  id text primary key,
  name text not null,
  created_at timestamptz not null default now()
);

create table person (
  id text primary key,
  email text not null unique,
  name text not null,
  created_at timestamptz not null default now()
);

create table member (
  workspace_id text not null references workspace,
  person_id text not null references person,
  roles text[] not null check (roles <@ array['owner', 'admin', 'builder', 'approver', 'auditor', 'viewer']),
  created_at timestamptz not null default now(),
  primary key (workspace_id, person_id)
);

-- Tokens are stored as SHA-256: a copy of the database signs nobody in.
create table sign_in_link (
  token_hash bytea primary key,
  workspace_id text not null,
  person_id text not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  foreign key (workspace_id, person_id) references member
);

create table session (
  id text primary key,
  token_hash bytea not null unique,
  workspace_id text not null,
  person_id text not null,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  foreign key (workspace_id, person_id) references member
);

create table api_key (
  workspace_id text not null references workspace,
  id text primary key,
  secret_hash bytea not null unique,
  name text not null,
  kind text not null check (kind in ('agent', 'reviewer', 'service')),
  prefix text not null,
  scopes text[] not null,
  owner_id text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  foreign key (workspace_id, owner_id) references member,
  -- trust.md, B2: a key asks or configures, or decides, or governs; never two of these.
  check (((scopes && array['approvals:decide'])::int
    + (scopes && array['approvals:create', 'gate:call', 'receipts:consume', 'executions:run', 'agents:write', 'tools:write',
                       'keys:write'])::int
    + (scopes && array['members:write', 'policies:write'])::int) <= 1)
);
create index api_key_list on api_key (workspace_id, created_at desc, id desc);

create table agent (
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
create unique index agent_name on agent (workspace_id, lower(name)) where archived_at is null;
create index agent_list on agent (workspace_id, created_at desc, id desc);

create table agent_version (
  workspace_id text not null,
  id text not null,
  agent_id text not null,
  version integer not null,
  message text not null,
  config jsonb not null,
  created_at timestamptz not null default now(),
  created_by jsonb not null,
  primary key (workspace_id, id),
  unique (workspace_id, agent_id, version),
  foreign key (workspace_id, agent_id) references agent
);
alter table agent add foreign key (workspace_id, current_version_id) references agent_version;

create table secret (
  workspace_id text not null references workspace,
  name text not null,
  ciphertext bytea not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, name)
);

create table mcp_server (
  workspace_id text not null references workspace,
  id text not null,
  name text not null,
  transport text not null check (transport in ('http', 'stdio')),
  config jsonb not null,
  created_at timestamptz not null default now(),
  synced_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, name)
);

create table tool (
  workspace_id text not null references workspace,
  id text not null,
  kind text not null check (kind in ('http', 'mcp')),
  name text not null,
  version integer not null default 1,
  description text not null,
  parameters text not null,
  annotations jsonb not null,
  approval text not null check (approval in ('default', 'always')),
  summary_template text,
  http jsonb,
  mcp_server_id text,
  -- the tool's name at its MCP server
  remote_name text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, mcp_server_id) references mcp_server,
  check ((kind = 'http') = (http is not null)),
  check ((kind = 'mcp') = (mcp_server_id is not null))
);
create unique index tool_name on tool (workspace_id, name) where deleted_at is null;
create index tool_list on tool (workspace_id, created_at desc, id desc);

create table conversation (
  workspace_id text not null references workspace,
  id text not null,
  agent_id text not null,
  version integer,
  title text not null,
  on_behalf_of text,
  active_execution_id text,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id),
  foreign key (workspace_id, agent_id) references agent
);
create index conversation_list on conversation (workspace_id, created_at desc, id desc);

create table execution (
  workspace_id text not null references workspace,
  id text not null,
  agent_id text not null,
  agent_version_id text not null,
  conversation_id text,
  status text not null check (status in ('queued', 'running', 'awaiting_approval', 'waiting', 'completed', 'failed',
                                         'rejected', 'cancelled', 'expired')),
  input text not null,
  output text,
  error jsonb,
  -- who asked for the work, by every relation: none of them may decide what it does
  requesters text[] not null,
  started_by jsonb not null,
  turns integer not null default 0,
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  pending_approvals integer not null default 0,
  next_attempt_at timestamptz,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, agent_id) references agent,
  foreign key (workspace_id, agent_version_id) references agent_version,
  foreign key (workspace_id, conversation_id) references conversation
);
create index execution_list on execution (workspace_id, created_at desc, id desc);
create index execution_of_agent on execution (workspace_id, agent_id, created_at desc, id desc);
create index execution_not_completed on execution (workspace_id, status, created_at desc, id desc)
  where status in ('failed', 'rejected', 'cancelled', 'expired');
create index execution_of_conversation on execution (workspace_id, conversation_id, created_at) where conversation_id is not null;
-- One execution at a time in a conversation.
create unique index execution_active_in_conversation on execution (workspace_id, conversation_id)
  where conversation_id is not null and status in ('queued', 'running', 'awaiting_approval', 'waiting');

create table message (
  workspace_id text not null,
  id text not null,
  conversation_id text not null,
  role text not null check (role in ('user', 'assistant')),
  content text not null,
  execution_id text,
  position bigint generated always as identity,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id),
  foreign key (workspace_id, conversation_id) references conversation
);
create index message_list on message (workspace_id, conversation_id, position);

create table step (
  workspace_id text not null,
  id text not null,
  execution_id text not null,
  position integer not null,
  turn integer not null,
  kind text not null check (kind in ('model_turn', 'tool_call', 'output')),
  status text not null check (status in ('ready', 'running', 'awaiting_approval', 'completed', 'failed', 'refused',
                                         'rejected', 'expired', 'cancelled')),
  attempt integer not null default 0,
  tool text,
  tool_id text,
  call_id text,
  arguments text,
  original_arguments text,
  -- SHA-256 of tool and arguments as asked: the same call again is recognised by it
  call_digest text,
  result text,
  is_error boolean not null default false,
  gate jsonb,
  approval_id text,
  input_tokens integer,
  output_tokens integer,
  error jsonb,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, execution_id, position),
  foreign key (workspace_id, execution_id) references execution
);

create table approval (
  workspace_id text not null references workspace,
  id text not null,
  kind text not null check (kind in ('tool_call', 'output', 'action')),
  status text not null default 'pending' check (status in ('pending', 'approved', 'rejected', 'expired', 'cancelled')),
  title text not null,
  checkpoint text not null,
  priority text not null check (priority in ('low', 'medium', 'high', 'critical')),
  -- the canonical JSON (RFC 8785) of what is approved, and its digest; an edit replaces both
  action text not null,
  digest text not null,
  original_action text,
  call_digest text not null,
  tool text,
  arguments_schema text,
  agent jsonb,
  agent_id text,
  execution_id text,
  step_id text,
  conversation_id text,
  requested_by jsonb not null,
  requesters text[] not null,
  input text,
  gate_reason text not null,
  explanation text,
  impact jsonb,
  evidence jsonb not null default '[]',
  metadata jsonb not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz,
  decided_at timestamptz,
  decision jsonb,
  primary key (workspace_id, id),
  foreign key (workspace_id, execution_id) references execution,
  check ((status = 'pending') = (decided_at is null)),
  check ((status = 'pending') = (decision is null)),
  -- I3: nothing is approved after its deadline
  check (status <> 'approved' or expires_at is null or decided_at <= expires_at)
);
create index approval_list on approval (workspace_id, created_at desc, id desc);
-- The queue; priority and deadline come along so that its figures are counted without the rows.
create index approval_pending on approval (workspace_id, created_at desc, id desc) include (priority, expires_at)
  where status = 'pending';
create index approval_pending_priority on approval (workspace_id, priority, created_at desc, id desc) where status = 'pending';
create index approval_not_approved on approval (workspace_id, status, created_at desc, id desc)
  where status not in ('pending', 'approved');
create index approval_of_agent on approval (workspace_id, agent_id, created_at desc, id desc) where agent_id is not null;
create index approval_of_tool on approval (workspace_id, tool, created_at desc, id desc) where tool is not null;
create index approval_of_checkpoint on approval (workspace_id, checkpoint, created_at desc, id desc);
create index approval_of_conversation on approval (workspace_id, conversation_id, created_at desc, id desc)
  where conversation_id is not null;
create index approval_of_execution on approval (workspace_id, execution_id) where execution_id is not null;
create index approval_rejected_call on approval (workspace_id, call_digest, decided_at) where status = 'rejected';
create index approval_decided on approval (workspace_id, decided_at) where status <> 'pending';

-- An approved call is taken for execution by inserting its row here: once, whoever tries how often.
create table consumption (
  workspace_id text not null,
  approval_id text not null,
  digest text not null,
  consumed_by jsonb not null,
  at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, approval_id),
  foreign key (workspace_id, approval_id) references approval
);

-- One person, one vote on one content.
create table vote (
  workspace_id text not null,
  approval_id text not null,
  digest text not null,
  person_id text not null,
  vote text not null check (vote in ('approved', 'rejected')),
  key_id text,
  assurance text not null,
  reason text,
  cast_at timestamptz not null,
  primary key (workspace_id, approval_id, digest, person_id),
  foreign key (workspace_id, approval_id) references approval,
  foreign key (workspace_id, person_id) references member
);

-- Everything that happens, appended in the transaction in which it happens. A reader pages by (transaction, position)
-- below the oldest running transaction, so that an event that commits late is never skipped.
create table event (
  workspace_id text not null references workspace,
  id text not null,
  type text not null,
  subject text not null,
  actor jsonb not null,
  data jsonb not null,
  at timestamptz not null default clock_timestamp(),
  -- what an auditor reads and no stream carries: the arguments and the result of a recorded call
  detail jsonb,
  transaction xid8 not null default pg_current_xact_id(),
  position bigint generated always as identity,
  primary key (workspace_id, id)
);
create index event_feed on event (workspace_id, transaction, position);
create index event_of_subject on event (workspace_id, subject, position);

-- What must happen later or again: at run_at, by whoever takes the row. A lock is a lease: it ends at locked_until, or
-- soon after the locker's connection is gone. `wanted` counts requests, so that one arriving while the job runs is not lost.
create table job (
  kind text not null,
  subject text not null,
  workspace_id text not null,
  run_at timestamptz not null default clock_timestamp(),
  wanted bigint not null default 1,
  attempt integer not null default 0,
  -- how often in a row it ended in a bug of ours
  failures integer not null default 0,
  locked_by integer,
  locked_until timestamptz,
  token bigint not null default 0,
  primary key (kind, subject)
);
create index job_due on job (run_at);

create sequence instance_number as integer cycle;

-- The first answer to a request with an Idempotency-Key, written in the transaction of its effect.
create table idempotency (
  workspace_id text not null references workspace,
  principal text not null,
  key text not null,
  fingerprint text not null,
  status integer,
  body bytea,
  created_at timestamptz not null default now(),
  primary key (workspace_id, principal, key)
);
create index idempotency_age on idempotency (created_at);

-- Row-level security: without a workspace set, every tenant table shows no row.
do $$
declare
  name text;
begin
  foreach name in array array['agent', 'agent_version', 'secret', 'mcp_server', 'tool', 'conversation', 'execution',
                              'message', 'step', 'approval', 'vote', 'consumption', 'event', 'idempotency'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy tenant on %I using (workspace_id = current_setting(''app.workspace'', true))
         with check (workspace_id = current_setting(''app.workspace'', true))', name);
  end loop;
end $$;

-- The worker creates approvals only as pending, and may end one only as cancelled or expired.
create policy worker_insert on approval as restrictive for insert to countersign_worker with check (status = 'pending');
create policy worker_update on approval as restrictive for update to countersign_worker
  using (true) with check (status in ('pending', 'cancelled', 'expired'));
-- It writes down what executions do, never what a person or a key is said to have done.
create policy worker_event on event as restrictive for insert to countersign_worker
  with check (actor ->> 'kind' in ('execution', 'system') and type <> 'approval.decided');

-- I1: an outcome stands for ever. A policy can not say so, because taking an approved call locks its row for update.
create function keep_outcome() returns trigger language plpgsql as $$
begin
  raise exception 'the approval % was decided and stays as it is', old.id using errcode = 'check_violation';
end $$;
create trigger approval_outcome before update on approval for each row
  when (old.status <> 'pending' and current_user in ('countersign_api', 'countersign_worker')) execute function keep_outcome();

-- Whoever connects for us must be able to become each of the two.
do $$
begin
  grant countersign_api, countersign_worker to current_user;
exception when insufficient_privilege then
  -- They were made by somebody else, who has to grant them; connecting says so if they have not.
  raise notice 'countersign_api and countersign_worker could not be granted to %', current_user;
end $$;
grant usage on schema public to countersign_api, countersign_worker;
grant select on all tables in schema public to countersign_api, countersign_worker;
grant usage on sequence instance_number to countersign_api, countersign_worker;

grant insert on agent, agent_version, secret, mcp_server, tool, conversation, execution, message, step, approval, vote, consumption,
  event, job, idempotency, session, api_key, sign_in_link, workspace, person, member to countersign_api;
grant update (name) on person to countersign_api;
grant update on agent, secret, mcp_server, tool, conversation, execution, step, approval, job, idempotency, session,
  sign_in_link, member to countersign_api;
grant update (last_used_at, revoked_at) on api_key to countersign_api;
grant delete on secret, mcp_server, job, idempotency to countersign_api;

grant insert on execution, message, step, approval, consumption, event, job to countersign_worker;
grant update on conversation, execution, step, job to countersign_worker;
grant update (status, decided_at, decision) on approval to countersign_worker;
grant delete on job to countersign_worker;
-- What signs somebody in, or answers that may carry a new key, is nothing that runs agents needs to see.
revoke select on session, sign_in_link, api_key, idempotency from countersign_worker;
