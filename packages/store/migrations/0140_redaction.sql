-- Secrets taken out of payloads (trust.md, T46). A marker stands in the payload; what it stands for is sealed here, for the
-- one execution, conversation or approval it was taken in, and opened only right before a call is made.
create table redaction_salt (
  workspace_id text primary key references workspace,
  sealed bytea not null
);

create table redacted_value (
  workspace_id text not null references workspace,
  -- the conversation, execution or approval
  place text not null,
  marker text not null,
  sealed bytea not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, place, marker)
);

do $$
declare
  name text;
begin
  foreach name in array array['redaction_salt', 'redacted_value'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy tenant on %I using (workspace_id = current_setting(''app.workspace'', true))
         with check (workspace_id = current_setting(''app.workspace'', true))', name);
  end loop;
end $$;

grant select, insert on redaction_salt, redacted_value to countersign_api, countersign_worker;
