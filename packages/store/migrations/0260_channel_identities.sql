-- Who people are where a channel is (docs/guide/slack.md): decisions made there are those of a member.

-- Who posts to a channel names no workspace; seen is the one row whose id was named, and only by the process that answers requests.
create policy named on channel for select to countersign_api using (id = nullif(current_setting('app.channel', true), ''));
create index channel_id on channel (id);

create table channel_identity (
  workspace_id text not null references workspace,
  id text not null,
  -- a kind of channel, and its provider's own ids, which never change hands
  kind text not null,
  team text not null,
  external_id text not null,
  person_id text not null,
  -- what they were called there
  name text not null,
  how text not null check (how in ('email', 'code')),
  linked_at timestamptz not null default clock_timestamp(),
  last_used_at timestamptz,
  -- taken back by its person: an address does not link it again, only a code does
  removed_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, kind, team, external_id),
  foreign key (workspace_id, person_id) references member (workspace_id, person_id) on delete cascade
);
create index channel_identity_of_person on channel_identity (workspace_id, person_id);

-- What a member who is signed in was given, to say there who they are. One at a time, for some minutes, once.
create table channel_link_code (
  workspace_id text not null,
  person_id text not null,
  code_hash bytea not null,
  expires_at timestamptz not null,
  primary key (workspace_id, person_id),
  unique (workspace_id, code_hash),
  foreign key (workspace_id, person_id) references member (workspace_id, person_id) on delete cascade
);

-- Which message a reply was written under.
create index delivery_of_reference on delivery (workspace_id, reference) where reference is not null;

do $$
declare
  name text;
begin
  foreach name in array array['channel_identity', 'channel_link_code'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy tenant on %I using (workspace_id = current_setting(''app.workspace'', true))
         with check (workspace_id = current_setting(''app.workspace'', true))', name);
  end loop;
end $$;

grant select, insert, update on channel_identity to countersign_api;
grant select, insert, update, delete on channel_link_code to countersign_api;
