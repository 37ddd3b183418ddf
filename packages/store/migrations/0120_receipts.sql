-- Receipts: what was decided, by whom and on what, as a signed statement. What it says is written down when it happens.

alter table vote
  -- SHA-256 of the view model that was served (trust.md, T10)
  add column view_digest text,
  -- how the voter's session had begun, and when they last proved again who they are; null for keys
  add column sign_in jsonb,
  -- what the vote says, as canonical JSON; the bytes that a passkey signs
  add column intent text,
  -- the passkey's assertion over it, where there is one
  add column webauthn jsonb;

-- Every content that an edit made. Number 0 is what was asked for, and stands on the approval itself.
create table approval_revision (
  workspace_id text not null,
  approval_id text not null,
  revision integer not null check (revision > 0),
  action text not null,
  digest text not null,
  made_by jsonb not null,
  made_at timestamptz not null,
  primary key (workspace_id, approval_id, revision),
  foreign key (workspace_id, approval_id) references approval
);

-- An approved call that must not be taken any more (T22). Once, as its taking is.
create table revocation (
  workspace_id text not null,
  approval_id text not null,
  revoked_by jsonb not null,
  reason text,
  at timestamptz not null,
  primary key (workspace_id, approval_id),
  foreign key (workspace_id, approval_id) references approval
);

create table receipt (
  workspace_id text not null,
  approval_id text not null,
  -- the whole of it: a JWS in compact form
  jws text not null,
  kid text not null,
  issued_at timestamptz not null,
  primary key (workspace_id, approval_id),
  foreign key (workspace_id, approval_id) references approval
);

do $$
declare
  name text;
begin
  foreach name in array array['approval_revision', 'revocation', 'receipt'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy tenant on %I using (workspace_id = current_setting(''app.workspace'', true))
         with check (workspace_id = current_setting(''app.workspace'', true))', name);
  end loop;
end $$;

grant select on approval_revision, revocation, receipt to countersign_api, countersign_worker;
grant insert on approval_revision, revocation, receipt to countersign_api;
-- The worker may end what it runs, and so revoke; it signs nothing and edits nothing (T73).
grant insert on revocation to countersign_worker;
create policy worker_revocation on revocation as restrictive for insert to countersign_worker
  with check (revoked_by ->> 'kind' in ('execution', 'system'));

-- Taking a use away belongs to those who govern: no key has that beside asking or deciding.
alter table api_key drop constraint if exists api_key_scopes_check, add constraint api_key_scopes_check check (
  ((scopes && array['approvals:decide'])::int
    + (scopes && array['approvals:create', 'gate:call', 'receipts:consume', 'executions:run', 'agents:write', 'tools:write',
                       'keys:write'])::int
    + (scopes && array['members:write', 'policies:write', 'receipts:revoke'])::int) <= 1);

-- What was decided before there were receipts gets one.
insert into job (kind, subject, workspace_id) select 'seal_receipt', id, workspace_id from approval where status <> 'pending';
