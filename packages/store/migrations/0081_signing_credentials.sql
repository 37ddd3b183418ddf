-- What people sign decisions with (trust.md, 3.2): credentials of their own, which never sign anybody in, and the intents that
-- they are asked to sign, each good once. The role that runs agents has no right to any of it (T73).
create table signing_credential (
  workspace_id text not null,
  id text not null,
  person_id text not null,
  -- base64url, as browsers name it; the same authenticator may hold another for signing in
  credential_id text not null,
  -- SubjectPublicKeyInfo (RFC 5280, 4.1): what anybody checks a signature with
  public_key bytea not null,
  -- as the library that checks an assertion wants it (COSE, RFC 9052)
  cose_key bytea not null,
  counter bigint not null,
  transports text[] not null default '{}',
  name text not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, person_id) references member,
  unique (workspace_id, credential_id)
);
create index signing_credential_person on signing_credential (workspace_id, person_id);

-- One open registration a person: a second one takes the place of the first.
create table signing_registration (
  workspace_id text not null,
  person_id text not null,
  challenge text not null,
  expires_at timestamptz not null,
  primary key (workspace_id, person_id),
  foreign key (workspace_id, person_id) references member
);

create table signing_intent (
  workspace_id text not null,
  id text not null,
  approval_id text not null,
  person_id text not null,
  -- canonical JSON: the bytes that are signed
  text text not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, approval_id) references approval,
  foreign key (workspace_id, person_id) references member
);

do $$
declare
  name text;
begin
  foreach name in array array['signing_credential', 'signing_registration', 'signing_intent'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy tenant on %I using (workspace_id = current_setting(''app.workspace'', true))
         with check (workspace_id = current_setting(''app.workspace'', true))', name);
  end loop;
end $$;

grant select, insert on signing_credential, signing_registration, signing_intent to countersign_api;
grant update (counter, last_used_at, revoked_at) on signing_credential to countersign_api;
grant update (challenge, expires_at) on signing_registration to countersign_api;
grant update (used_at) on signing_intent to countersign_api;
grant delete on signing_registration to countersign_api;
