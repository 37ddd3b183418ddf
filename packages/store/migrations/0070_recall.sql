-- A decision that is held back for a while, so that its author can take it back (I39): the canonical text of what it will do.
alter table approval
  add column recall_seconds integer,
  add column held text;
-- It becomes votes and an outcome by itself: the role that runs agents writes none of it, with a new request either (I14).
alter policy worker_insert on approval with check (status = 'pending' and held is null);
