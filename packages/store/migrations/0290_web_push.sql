-- Web push (docs/guide/web-push.md): the key by which push services know this installation (RFC 8292), and the browsers that
-- members let it write to.

-- A browser holds one subscription for a site, whatever workspaces its person is in: so there is one key for all of them.
create table push_key (
  is_only boolean primary key default true check (is_only),
  -- uncompressed, base64url: what browsers subscribe with
  public_key text not null,
  sealed_key bytea not null,
  created_at timestamptz not null default clock_timestamp()
);
grant select, insert on push_key to countersign_api;

create table push_subscription (
  workspace_id text not null references workspace,
  id text not null,
  person_id text not null,
  -- its address, by which a browser that comes again is known
  endpoint_hash bytea not null,
  -- the address and the browser's keys: whoever holds them and ours can write there
  sealed bytea not null,
  -- what its person calls the browser
  name text not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, id),
  unique (workspace_id, endpoint_hash),
  foreign key (workspace_id, person_id) references member (workspace_id, person_id) on delete cascade
);
create index push_subscription_of_person on push_subscription (workspace_id, person_id);

alter table push_subscription enable row level security;
alter table push_subscription force row level security;
create policy tenant on push_subscription using (workspace_id = current_setting('app.workspace', true))
  with check (workspace_id = current_setting('app.workspace', true));
grant select, insert, update, delete on push_subscription to countersign_api;
