-- Agents on the phone (docs/guide/voice.md): numbers on which one answers, and the calls that came. A call's talk is a conversation
-- and its executions; the socket that carries the words keeps nothing.

create table voice_line (
  workspace_id text not null references workspace,
  id text not null,
  name text not null,
  agent_id text not null,
  version int,
  -- the account at Twilio; its token is sealed
  account_sid text not null,
  auth_token bytea not null,
  api_url text not null,
  number text not null,
  mode text not null check (mode in ('relay', 'gather')),
  greeting text not null,
  language text not null,
  voice text,
  hold_message text not null,
  music_url text,
  update_message text not null,
  update_seconds int not null check (update_seconds between 10 and 120),
  timeout_seconds int not null check (timeout_seconds between 120 and 300),
  fallback text not null check (fallback in ('return_to_agent', 'voicemail', 'callback', 'transfer')),
  fallback_message text not null,
  sorry_message text not null,
  transfer_to text,
  on_hangup text not null check (on_hangup in ('cancel', 'keep_open')),
  askers text[] not null,
  created_by jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  disabled_at timestamptz,
  deleted_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, agent_id) references agent,
  check (fallback <> 'transfer' or transfer_to is not null)
);
create unique index voice_line_name on voice_line (workspace_id, lower(name)) where deleted_at is null;
create index voice_line_list on voice_line (workspace_id, created_at desc, id desc) where deleted_at is null;
create index voice_line_id on voice_line (id);

create table voice_call (
  workspace_id text not null,
  id text not null,
  line_id text not null,
  -- Twilio's; null until it is known of a call that we make
  sid text,
  direction text not null check (direction in ('inbound', 'callback')),
  -- the caller's, who proves nothing by it
  number text not null,
  conversation_id text not null,
  status text not null default 'active' check (status in ('calling', 'active', 'ended')),
  -- while a request waits for its decision and the caller for us
  held_since timestamptz,
  held_execution_id text,
  -- what nobody's decision in time led to
  fallback text check (fallback in ('return_to_agent', 'voicemail', 'callback', 'transfer')),
  -- of a call after which we call back: until we have
  callback text check (callback in ('wanted', 'calling', 'done', 'failed')),
  callback_attempts int not null default 0,
  -- the last message that was said to the caller, and the execution that it ended
  spoken_position bigint not null default 0,
  spoken_execution_id text,
  -- what the caller said while the agent was at work
  unsaid text not null default '',
  -- how often they were heard: the same again is not heard twice
  heard int not null default 0,
  -- the one connection that speaks
  session text,
  reconnects int not null default 0,
  voicemail_url text,
  end_reason text,
  started_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, line_id) references voice_line,
  foreign key (workspace_id, conversation_id) references conversation
);
create unique index voice_call_sid on voice_call (workspace_id, line_id, sid) where sid is not null;
create index voice_call_list on voice_call (workspace_id, line_id, started_at desc, id desc);
create index voice_call_of_conversation on voice_call (workspace_id, conversation_id, started_at desc);

do $$
declare
  name text;
begin
  foreach name in array array['voice_line', 'voice_call'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy tenant on %I using (workspace_id = current_setting(''app.workspace'', true))
         with check (workspace_id = current_setting(''app.workspace'', true))', name);
  end loop;
end $$;
-- Who calls a line names no workspace.
create policy named on voice_line for select to countersign_api using (id = nullif(current_setting('app.channel', true), ''));

grant select, insert, update on voice_line, voice_call to countersign_api;
-- How long a caller waits, for what an agent asks on a call; and nothing of the account.
grant select (workspace_id, id, timeout_seconds, fallback) on voice_line to countersign_worker;
