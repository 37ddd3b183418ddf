-- The orders of the queue, so that a page of any of them is read from an index. A request is as urgent as its deadline (in
-- seconds since 1970), with a head start by priority: a critical one comes before a low one that is due a little earlier.
-- One without a deadline counts as due a week after it was made, so that it can not starve.
alter table approval
  add column urgency double precision generated always as (
    coalesce(
      extract(epoch from expires_at - timestamptz '1970-01-01 00:00:00+00'),
      extract(epoch from created_at - timestamptz '1970-01-01 00:00:00+00') + 604800)
    - case priority when 'critical' then 14400 when 'high' then 3600 when 'medium' then 0 else -3600 end
  ) stored,
  add column priority_order smallint generated always as (
    case priority when 'critical' then 0 when 'high' then 1 when 'medium' then 2 else 3 end
  ) stored;
create index approval_by_urgency on approval (workspace_id, urgency, id) where status = 'pending';
create index approval_by_deadline on approval (workspace_id, (coalesce(expires_at, 'infinity')), id) where status = 'pending';
-- Serves the filter by one priority, too.
drop index approval_pending_priority;
create index approval_pending_priority on approval (workspace_id, priority_order, urgency, id) where status = 'pending';
