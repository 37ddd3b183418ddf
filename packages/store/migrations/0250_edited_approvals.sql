-- The few that a decider edited, newest first: without it, a page of them would be looked for among all that were decided.
create index approval_edited on approval (workspace_id, created_at desc, id desc) where is_edited;
