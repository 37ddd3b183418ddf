-- Lets a page of somebody else's show one conversation, and say something in it, for a short time (docs/adr/0055).
create table chat_token (
  workspace_id text not null references workspace,
  id text not null,
  secret_hash bytea not null unique,
  conversation_id text not null,
  -- the one web page's origin that may use it
  origin text not null,
  -- whose right to run the agent it lends: looked up at every use, so that it ends with the key
  key_id text not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, conversation_id) references conversation
);
create index chat_token_of_conversation on chat_token (conversation_id, origin);

alter table chat_token enable row level security;
alter table chat_token force row level security;
create policy tenant on chat_token using (workspace_id = current_setting('app.workspace', true))
  with check (workspace_id = current_setting('app.workspace', true));
-- Whoever presents one sees it, before its workspace is known.
create policy credential on chat_token for select to countersign_api
  using (secret_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex'));
-- A browser that asks whether a page may call names the conversation alone.
create policy preflight on chat_token for select to countersign_api
  using (conversation_id = nullif(current_setting('app.chat', true), ''));
grant select, insert on chat_token to countersign_api;
