-- The installation's own keys: one signs receipts, another the checkpoints of the audit log (trust.md, T58). Private keys
-- are sealed under COUNTERSIGN_SECRET. The role that runs agents sees nothing of them (T73): no right is granted to it.
create table signing_key (
  -- the thumbprint of the public key (RFC 7638)
  kid text primary key,
  purpose text not null check (purpose in ('receipt', 'checkpoint')),
  public_jwk jsonb not null,
  sealed_key bytea not null,
  valid_from timestamptz not null default clock_timestamp(),
  -- since when nothing new is signed with it; what it has signed stays good
  retired_at timestamptz
);
-- One current key a purpose, however many processes start at once.
create unique index signing_key_current on signing_key (purpose) where retired_at is null;

grant select, insert on signing_key to countersign_api;
grant update (retired_at) on signing_key to countersign_api;
