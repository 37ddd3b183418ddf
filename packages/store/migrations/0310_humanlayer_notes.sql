-- HumanLayer's notes under its own name: they stood among PromptRails', whose own are under ids of ours.
alter table compat_note drop constraint compat_note_dialect_check;
alter table compat_note add constraint compat_note_dialect_check
  check (dialect in ('promptrails', 'agentflow', 'thinnest', 'hookpulse', 'humanlayer'));
-- The owner of the table is held to a workspace's rows as well, unless told otherwise.
alter table compat_note no force row level security;
update compat_note set dialect = 'humanlayer', id = substr(id, length('humanlayer/') + 1)
  where dialect = 'promptrails' and id like 'humanlayer/%';
alter table compat_note force row level security;
