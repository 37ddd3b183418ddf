-- Whoever has no credential and names an approval tries something in its workspace: the log of that workspace says so. Seen is the
-- one row whose id was named, and only by the process that answers requests.
create policy named on approval for select to countersign_api using (id = nullif(current_setting('app.approval', true), ''));
create index approval_id on approval (id);
