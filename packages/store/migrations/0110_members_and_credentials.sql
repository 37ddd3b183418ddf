-- Credentials and members come under row-level security like everything else of a workspace. A credential is looked up
-- before its workspace is known: whoever presents one sees the row that its hash names, and no other (ADR 0034).
do $$
declare
  name text;
begin
  foreach name in array array['api_key', 'session', 'sign_in_link', 'member'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy tenant on %I using (workspace_id = current_setting(''app.workspace'', true))
         with check (workspace_id = current_setting(''app.workspace'', true))', name);
  end loop;
end $$;

create policy credential on session for select to countersign_api
  using (token_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex'));
create policy credential on sign_in_link to countersign_api
  using (token_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex'));
-- In which workspaces somebody is a member, and when they were last there, is asked by them, not by a workspace.
create policy person on session for select to countersign_api using (person_id = nullif(current_setting('app.person', true), ''));
create policy person on member for select to countersign_api using (person_id = nullif(current_setting('app.person', true), ''));

-- A key that is rotated stays the same key: its id, its limits, its requests. The secret before goes on until the overlap ends.
alter table api_key
  add column previous_hash bytea unique,
  add column previous_until timestamptz,
  add column rotated_at timestamptz,
  add column last_used_address text,
  -- null: no limit
  add column agents text[],
  add column tools text[],
  add column networks text[],
  add check ((previous_hash is null) = (previous_until is null));
create policy credential on api_key for select to countersign_api
  using (secret_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex')
    or previous_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex'));
grant update (secret_hash, prefix, expires_at, previous_hash, previous_until, rotated_at, last_used_address) on api_key to countersign_api;

-- trust.md, B2 and B13: a key asks or configures, or decides, or governs; never two of these. (An older, shorter check stays.)
alter table api_key add constraint api_key_one_family check (((scopes && array['approvals:decide'])::int
  + (scopes && array['approvals:create', 'gate:call', 'receipts:consume', 'executions:run', 'agents:write', 'tools:write',
                     'keys:write', 'keys:manage'])::int
  + (scopes && array['members:invite', 'members:write', 'groups:write', 'policies:write', 'scim:write', 'workspaces:create',
                     'receipts:revoke'])::int) <= 1);

-- Somebody who leaves stays on record with what they decided.
alter table member
  add column status text not null default 'active' check (status in ('active', 'deactivated', 'removed')),
  add column status_at timestamptz,
  -- since when they have each role; one that is not here they have had from the beginning
  add column role_since jsonb not null default '{}',
  -- as the directory that provisions them says it (SCIM)
  add column scim jsonb;
create unique index member_user_name on member (workspace_id, lower(scim ->> 'userName')) where status <> 'removed';
create index member_external_id on member (workspace_id, (scim ->> 'externalId')) where status <> 'removed';
create index member_of_person on member (person_id);
grant update (email) on person to countersign_api;

alter table group_member add column joined_at timestamptz not null default now();
grant delete on group_member to countersign_api;
alter table people_group
  add column external_id text,
  -- the directory's name for it, where that is none of ours
  add column display_name text;
create index people_group_external_id on people_group (workspace_id, external_id) where external_id is not null;

create table invitation (
  workspace_id text not null references workspace,
  id text not null,
  token_hash bytea not null unique,
  email text not null,
  name text,
  roles text[] not null check (roles <@ array['owner', 'admin', 'builder', 'approver', 'auditor', 'viewer']),
  groups text[] not null,
  invited_by jsonb not null,
  created_at timestamptz not null default now(),
  sent_at timestamptz not null default now(),
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by text,
  revoked_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, accepted_by) references member
);
create unique index invitation_open on invitation (workspace_id, lower(email)) where accepted_at is null and revoked_at is null;
create index invitation_list on invitation (workspace_id, created_at desc, id desc);
alter table invitation enable row level security;
alter table invitation force row level security;
create policy tenant on invitation using (workspace_id = current_setting('app.workspace', true))
  with check (workspace_id = current_setting('app.workspace', true));
create policy credential on invitation for select to countersign_api
  using (token_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex'));
grant select, insert, update on invitation to countersign_api;
