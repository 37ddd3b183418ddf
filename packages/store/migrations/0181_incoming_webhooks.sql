-- Addresses that others post to, and what came to each. docs/guide/incoming-webhooks.md.
create table incoming_webhook (
  workspace_id text not null references workspace,
  id text not null,
  name text not null,
  agent_id text,
  workflow_id text,
  version int,
  -- a template over the body; null: the body as it is
  input text,
  -- how a delivery is signed; the secret itself is a secret of the workspace
  signature jsonb,
  delivery_header text,
  on_behalf_of text,
  askers text[] not null,
  token_hash bytea not null unique,
  token_prefix text not null,
  created_by jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  last_used_at timestamptz,
  disabled_at timestamptz,
  deleted_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, agent_id) references agent,
  foreign key (workspace_id, workflow_id) references workflow,
  check ((agent_id is null) <> (workflow_id is null))
);
create unique index incoming_webhook_name on incoming_webhook (workspace_id, lower(name)) where deleted_at is null;
create index incoming_webhook_list on incoming_webhook (workspace_id, created_at desc, id desc) where deleted_at is null;

create table incoming_delivery (
  workspace_id text not null,
  webhook_id text not null,
  id text not null,
  -- the sender's own
  delivery_id text,
  status text not null check (status in ('started', 'refused')),
  code text,
  reason text,
  execution_id text,
  -- how often the same came again
  repeats int not null default 0,
  address text not null,
  received_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, id),
  foreign key (workspace_id, webhook_id) references incoming_webhook
);
-- One delivery starts one execution. What was refused may come again.
create unique index incoming_delivery_once on incoming_delivery (workspace_id, webhook_id, delivery_id)
  where status = 'started' and delivery_id is not null;
create index incoming_delivery_list on incoming_delivery (workspace_id, webhook_id, received_at desc, id desc);

do $$
declare
  name text;
begin
  foreach name in array array['incoming_webhook', 'incoming_delivery'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy tenant on %I using (workspace_id = current_setting(''app.workspace'', true))
         with check (workspace_id = current_setting(''app.workspace'', true))', name);
  end loop;
end $$;
-- Who posts to an address names no workspace.
create policy credential on incoming_webhook for select
  using (token_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex'));

grant select, insert, update on incoming_webhook to countersign_api;
grant select, insert, update, delete on incoming_delivery to countersign_api;
grant select on incoming_webhook, incoming_delivery to countersign_worker;
