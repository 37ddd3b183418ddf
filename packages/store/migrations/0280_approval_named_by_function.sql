-- The second policy of `approval` (0171) had every statement look at each row's id, which no index of lists or figures has:
-- PostgreSQL read the whole table where an index had been enough. One function that gives the workspace of the one approval that is
-- named does the same for whoever has no credential, and costs the others nothing. It runs as the role of 0162, which sees these columns.
drop policy named on approval;
create function workspace_of_approval(named text) returns text
language sql stable security definer set search_path = public
as 'select workspace_id from approval where id = named';
revoke execute on function workspace_of_approval from public;
grant execute on function workspace_of_approval to countersign_api;
do $$
begin
  grant create on schema public to countersign_search;
  alter function workspace_of_approval owner to countersign_search;
  revoke create on schema public from countersign_search;
exception when insufficient_privilege or undefined_object then
  raise notice 'attempts without a credential are not told to the workspace of the approval that they name: %', sqlerrm;
end $$;
