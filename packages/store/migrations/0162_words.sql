-- Words in a title, a tool's name, a checkpoint or an id are found by their groups of three letters. Where the extension is
-- not to be had, the search reads rows instead, and finds the same.
do $$
begin
  create schema trigram;
  create extension pg_trgm with schema trigram;
  create index approval_words on approval
    using gin ((title || ' ' || coalesce(tool, '') || ' ' || checkpoint || ' ' || id) trigram.gin_trgm_ops);
exception when insufficient_privilege or undefined_file or feature_not_supported then
  raise notice 'without pg_trgm: %', sqlerrm;
end $$;

-- Under row-level security PostgreSQL compares no text before it knows the row's workspace, and so takes no such index
-- (`ilike` is not leakproof). This function is the owner's, whom no policy hides rows from when it reads approvals, and names
-- the workspace itself. It gives ids; what they stand for is read under row-level security, as everything is.
create policy search on approval for select to current_user using (true);
create function find_approvals(pattern text) returns setof text language plpgsql stable security definer
  set search_path = public as $$
begin
  -- Planned for this pattern: a rare one comes from the index, a frequent one need not.
  return query execute
    'select id from approval where workspace_id = current_setting(''app.workspace'', true)
       and (title || '' '' || coalesce(tool, '''') || '' '' || checkpoint || '' '' || id) ilike $1' using pattern;
end $$;
revoke execute on function find_approvals from public;
grant execute on function find_approvals to countersign_api;
