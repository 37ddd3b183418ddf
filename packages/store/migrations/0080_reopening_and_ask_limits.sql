-- What was taken up again is found by what it was.
create index approval_reopened on approval (workspace_id, reopened_from) where reopened_from is not null;
-- What an asker has waiting: looked at where the workspace limits it.
create index approval_pending_of_asker on approval (workspace_id, (requested_by ->> 'id')) where status = 'pending';
