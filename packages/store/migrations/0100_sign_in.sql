-- What a person proves who they are with (ADR 0030). It belongs to the person, in whichever workspaces they are. The role
-- that runs agents sees nothing of it: no right is granted to it (trust.md, B14).
create table password (
  person_id text primary key references person,
  -- scrypt with its salt, as better-auth writes it
  hash text not null,
  changed_at timestamptz not null default now()
);

create table passkey (
  id text primary key,
  person_id text not null references person,
  -- base64url, as browsers name it
  credential_id text not null unique,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null default '{}',
  name text not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz
);
create index passkey_person on passkey (person_id);

create table totp (
  person_id text primary key references person,
  -- sealed under COUNTERSIGN_SECRET
  secret bytea not null,
  -- null while nobody has shown that their device knows it
  confirmed_at timestamptz,
  -- the time step of the last code that was accepted: none is accepted twice (RFC 6238, 5.2)
  last_step bigint not null default 0
);

create table recovery_code (
  person_id text not null references person,
  code_hash bytea not null,
  used_at timestamptz,
  primary key (person_id, code_hash)
);

-- Who somebody is at a provider of single sign-on. Equal addresses make no link (trust.md, B5).
create table identity (
  issuer text not null,
  subject text not null,
  person_id text not null references person,
  linked_at timestamptz not null default now(),
  last_used_at timestamptz,
  primary key (issuer, subject)
);
create unique index identity_person on identity (person_id, issuer);

-- Attempts that failed or are under way, by account and by address; only those of the last 15 minutes count.
create table sign_in_failure (
  subject text primary key,
  at timestamptz[] not null
);

-- A challenge or a redirect that was answered is not answered again, for as long as its sealed cookie would open.
create table used_attempt (
  id_hash bytea primary key,
  expires_at timestamptz not null
);

grant select, insert, update, delete on password, passkey, totp, recovery_code, identity, sign_in_failure, used_attempt to countersign_api;

create index session_of_person on session (workspace_id, person_id) where ended_at is null;
