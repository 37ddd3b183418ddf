-- The sealed audit log (docs/spec/audit-log.md): for each workspace a Merkle tree over its events, which a job of the api
-- role appends to in batches. Nothing here is written on the way of a request (ADR 0043).

-- What the sealer looks for: events after the last position below which everything is sealed.
create index event_unsealed on event (workspace_id, position);

-- The head of each log. A workspace's next epoch is a log of its own, begun after a restore lost entries (ADR 0044).
create table audit_log (
  workspace_id text not null references workspace,
  epoch integer not null check (epoch > 0),
  origin text not null,
  size bigint not null default 0,
  -- the hashes of the perfect subtrees of [0, size), from the left
  hashes bytea[] not null default '{}',
  -- the last signed checkpoint, as a note
  note text,
  sealed_at timestamptz,
  -- every event up to this position is sealed, or belongs to a transaction that was rolled back
  settled bigint not null default 0,
  -- why nothing is signed: the checkpoint kept outside that this database does not lead to
  fork jsonb,
  primary key (workspace_id, epoch)
);

-- Leaf bytes as they were hashed. The columns beside them are for finding, and prove nothing.
create table audit_leaf (
  workspace_id text not null,
  epoch integer not null,
  index bigint not null,
  hash bytea not null,
  leaf text not null,
  position bigint not null,
  event_id text not null,
  type text not null,
  actor_id text not null,
  subject text not null,
  at timestamptz not null,
  primary key (workspace_id, epoch, index),
  -- an event is in the log once, in whichever epoch
  unique (workspace_id, position),
  foreign key (workspace_id, epoch) references audit_log
);
create index audit_leaf_event on audit_leaf (workspace_id, event_id);
create index audit_leaf_type on audit_leaf (workspace_id, type, position);
create index audit_leaf_actor on audit_leaf (workspace_id, actor_id, position);
create index audit_leaf_subject on audit_leaf (workspace_id, subject, position);
create index audit_leaf_at on audit_leaf (workspace_id, at, position);

-- What a leaf commits to, and the salt without which the commitment says nothing. Erasing is deleting a row here.
create table audit_payload (
  workspace_id text not null,
  position bigint not null,
  salt bytea not null,
  payload text not null,
  -- the words to search by
  words tsvector not null,
  primary key (workspace_id, position)
);
create index audit_payload_words on audit_payload using gin (words);

-- The hashes of the subtrees of 256, 256², … leaves: what proofs need, without reading every leaf.
create table audit_node (
  workspace_id text not null,
  epoch integer not null,
  level smallint not null,
  index bigint not null,
  hash bytea not null,
  primary key (workspace_id, epoch, level, index),
  foreign key (workspace_id, epoch) references audit_log
);

create table audit_checkpoint (
  workspace_id text not null,
  epoch integer not null,
  size bigint not null,
  note text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, epoch, size),
  foreign key (workspace_id, epoch) references audit_log
);

do $$
declare
  name text;
begin
  foreach name in array array['audit_log', 'audit_leaf', 'audit_payload', 'audit_node', 'audit_checkpoint'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy tenant on %I using (workspace_id = current_setting(''app.workspace'', true))
         with check (workspace_id = current_setting(''app.workspace'', true))', name);
  end loop;
end $$;

grant select, insert on audit_log, audit_leaf, audit_payload, audit_node, audit_checkpoint to countersign_api;
grant update (size, hashes, note, sealed_at, settled, fork) on audit_log to countersign_api;

-- Erasing one event's payload (trust.md, T47) is the one change an event ever sees, and neither role may make it by
-- itself: this empties what the leaf does not hold, and only for an event that is sealed and whose erasure is being recorded.
create function erase_payload(erased text, recorded_by text) returns boolean language plpgsql security definer
  set search_path = public as $$
declare
  workspace text := current_setting('app.workspace', true);
  place bigint;
begin
  perform from event where workspace_id = workspace and id = recorded_by and type = 'audit.erased' and subject = erased
    and transaction = pg_current_xact_id();
  if not found then
    raise exception 'an erasure is recorded in its own transaction' using errcode = 'check_violation';
  end if;
  delete from audit_payload p using audit_leaf l
    where l.workspace_id = workspace and l.event_id = erased and p.workspace_id = workspace and p.position = l.position
    returning p.position into place;
  if place is null then
    return false;
  end if;
  update event set data = '{}', detail = null, actor = actor || jsonb_build_object('name', actor ->> 'id')
    where workspace_id = workspace and id = erased;
  return true;
end $$;
revoke execute on function erase_payload from public;
grant execute on function erase_payload to countersign_api;
