-- A member's phone number on its way to being proved (docs/guide/sms-and-calls.md). Once it is, it is a channel_identity of the
-- kind `phone`: only its person sees it.
create table phone_code (
  workspace_id text not null,
  person_id text not null,
  number text not null,
  code_hash bytea not null,
  -- how often it may still be entered wrongly
  tries_left integer not null,
  expires_at timestamptz not null,
  primary key (workspace_id, person_id),
  foreign key (workspace_id, person_id) references member (workspace_id, person_id) on delete cascade
);
alter table phone_code enable row level security;
alter table phone_code force row level security;
create policy tenant on phone_code using (workspace_id = current_setting('app.workspace', true))
  with check (workspace_id = current_setting('app.workspace', true));
grant select, insert, update, delete on phone_code to countersign_api;
