-- Words in a title, a tool's name, a checkpoint or an id are found by their groups of three letters. Where the extension is
-- not to be had, the search reads rows instead, and finds the same.
do $$
declare
  place text;
begin
  create schema if not exists trigram;
  create extension if not exists pg_trgm with schema trigram;
  select n.nspname into place from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
  execute format(
    'create index approval_words on approval
       using gin ((title || '' '' || coalesce(tool, '''') || '' '' || checkpoint || '' '' || id) %I.gin_trgm_ops)', place);
exception when insufficient_privilege or undefined_file or feature_not_supported then
  raise notice 'without pg_trgm: %', sqlerrm;
end $$;

-- Planned for this pattern: a rare one comes from the index, a frequent one need not.
create function find_approvals(pattern text) returns setof text language plpgsql stable security definer
  set search_path = public as $$
begin
  return query execute
    'select id from approval where workspace_id = current_setting(''app.workspace'', true)
       and (title || '' '' || coalesce(tool, '''') || '' '' || checkpoint || '' '' || id) ilike $1' using pattern;
end $$;
revoke execute on function find_approvals from public;
grant execute on function find_approvals to countersign_api;

-- Under row-level security PostgreSQL compares no text before it knows the row's workspace, and so takes no such index
-- (`ilike` is not leakproof). So the function runs as a role that nobody becomes otherwise: no policy hides rows from it, it
-- sees these five columns and nothing else, and the function names the workspace itself. It gives ids; what they stand for is read
-- under row-level security, as everything is. Where the role can not be made, the function is the owner's, and reads rows.
do $$
begin
  if not exists (select from pg_roles where rolname = 'countersign_search') then
    create role countersign_search nologin noinherit;
  end if;
  grant countersign_search to current_user with inherit false, set true;
  grant select (workspace_id, id, title, tool, checkpoint) on approval to countersign_search;
  create policy search on approval for select to countersign_search using (true);
  grant create on schema public to countersign_search;
  alter function find_approvals owner to countersign_search;
  revoke create on schema public from countersign_search;
exception when insufficient_privilege or duplicate_object then
  raise notice 'words are searched without their index: %', sqlerrm;
end $$;
