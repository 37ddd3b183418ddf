-- How people and programs outside are told (docs/guide/channels.md): channels, deliveries with their attempts, and what each
-- person prefers. The event table is the outbox: nothing here is written on the way of a request (ADR 0060).

create table channel (
  workspace_id text not null references workspace,
  id text not null,
  kind text not null,
  name text not null,
  -- what may be read by whoever may read channels
  settings jsonb not null,
  -- sealed; a secret that is being rotated goes on beside the new one until its time is over
  secret bytea,
  previous_secret bytea,
  previous_secret_until timestamptz,
  -- empty: every event that the kind tells of
  event_types text[] not null default '{}',
  priority_min text not null default 'low' check (priority_min in ('low', 'medium', 'high', 'critical')),
  -- whether what is about one thing goes out in its order
  is_ordered boolean not null default false,
  -- null: what the kind takes
  rate_per_second double precision check (rate_per_second >= 0.01),
  status text not null default 'active' check (status in ('active', 'paused', 'disabled')),
  status_reason text,
  -- since when nothing got through, and how often in a row
  failing_since timestamptz,
  failures integer not null default 0,
  last_success_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  deleted_at timestamptz,
  primary key (workspace_id, id),
  check ((previous_secret is null) = (previous_secret_until is null))
);
create unique index channel_name on channel (workspace_id, lower(name)) where deleted_at is null;
create index channel_list on channel (workspace_id, created_at desc, id desc) where deleted_at is null;

create table delivery (
  workspace_id text not null references workspace,
  id text not null,
  channel_id text not null,
  -- the event that is told, or what else it is for; once a channel, cause and recipient
  cause text not null,
  -- a member; empty where the channel is a place of its own
  recipient text not null,
  event_type text not null,
  subject text not null,
  -- what happened, thin: the same in every attempt
  notice jsonb not null,
  -- what only its reader may see, such as a one-time link; sealed
  sealed bytea,
  position bigint generated always as identity,
  status text not null default 'queued' check (status in ('queued', 'sent', 'delivered', 'failed', 'skipped')),
  attempts integer not null default 0,
  next_at timestamptz not null default clock_timestamp(),
  -- waits to be told together with others
  is_digest boolean not null default false,
  problem text,
  -- what the other side calls it, such as a message's id
  reference text,
  created_at timestamptz not null default clock_timestamp(),
  sent_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, channel_id, cause, recipient),
  foreign key (workspace_id, channel_id) references channel
);
create index delivery_due on delivery (workspace_id, channel_id, next_at, position) where status = 'queued';
create index delivery_list on delivery (workspace_id, created_at desc, id desc);
create index delivery_of_channel on delivery (workspace_id, channel_id, created_at desc, id desc);
create index delivery_of_subject on delivery (workspace_id, subject, position);
create index delivery_of_recipient on delivery (workspace_id, channel_id, recipient, sent_at) where recipient <> '';

create table delivery_attempt (
  workspace_id text not null,
  delivery_id text not null,
  attempt integer not null,
  outcome text not null check (outcome in ('sent', 'delivered', 'retry', 'refused')),
  -- as sent and as answered, without secrets; cut at a few KiB
  request text not null,
  response text,
  problem text,
  duration_ms integer not null,
  at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, delivery_id, attempt),
  foreign key (workspace_id, delivery_id) references delivery
);

-- Who of those who may decide has had a request before them: opened, all of it shown, and acted on.
create table approval_reader (
  workspace_id text not null,
  approval_id text not null,
  person_id text not null,
  opened_at timestamptz not null default clock_timestamp(),
  seen_whole_at timestamptz,
  acted_at timestamptz,
  primary key (workspace_id, approval_id, person_id),
  foreign key (workspace_id, approval_id) references approval,
  foreign key (workspace_id, person_id) references member (workspace_id, person_id)
);

-- Up to which event everything is fanned out.
create table fan_out (
  workspace_id text primary key references workspace,
  transaction xid8 not null,
  position bigint not null
);

-- What a person wants to hear, and when not.
create table notification_preference (
  workspace_id text not null,
  person_id text not null,
  preference jsonb not null,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, person_id),
  foreign key (workspace_id, person_id) references member (workspace_id, person_id) on delete cascade
);

-- What came in and was taken, so that it is taken once (trust.md, B6).
create table inbound_seen (
  workspace_id text not null,
  channel_id text not null,
  key text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, channel_id, key),
  foreign key (workspace_id, channel_id) references channel
);

do $$
declare
  name text;
begin
  foreach name in array array['channel', 'delivery', 'delivery_attempt', 'approval_reader', 'fan_out', 'notification_preference', 'inbound_seen'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy tenant on %I using (workspace_id = current_setting(''app.workspace'', true))
         with check (workspace_id = current_setting(''app.workspace'', true))', name);
  end loop;
end $$;

grant select, insert, update on channel, delivery, approval_reader, fan_out, notification_preference to countersign_api;
grant select, insert on delivery_attempt to countersign_api;
grant select, insert, delete on inbound_seen to countersign_api;

-- Which channels a request is told on; empty: every one whose own rules fit.
alter table approval add column channels text[] not null default '{}';

-- Where people are told is as much a rule as who is asked: a scope of the same family.
do $$
declare
  rule record;
begin
  for rule in select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
    where conrelid = 'api_key'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%policies:write%'
  loop
    execute format('alter table api_key drop constraint %I', rule.name);
    execute format('alter table api_key add constraint %I %s', rule.name,
      replace(rule.definition, '''policies:write''::text', '''policies:write''::text, ''channels:write''::text'));
  end loop;
end $$;
