-- How many requests each credential, or address, has left: one count for all processes, which outlives their restarts.
-- Unlogged: counting must not cost the log a byte. A crash of the database empties it, and everybody begins with a full bucket.
create unlogged table rate_bucket (
  name text primary key,
  -- As of `at`; since then it has been filling up.
  tokens double precision not null,
  -- What the last who asked was given.
  granted int not null,
  at timestamptz not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.5);

grant select, insert, update, delete on rate_bucket to countersign_api;
