-- Whom a request asks now, as a number: equal for all requests whose open stage is the same, 0 where any approver
-- will do. There are few of them, so that "what needs me" is looked up by those that name me, from an index in each order.
alter table approval
  add column audience bigint generated always as (
    coalesce(hashtextextended((requirement -> 'stages' -> open_stage)::text, 0), 0)
  ) stored,
  add column is_held boolean generated always as (held is not null) stored;
create index approval_audience on approval (workspace_id, audience) where status = 'pending';
drop index approval_pending;
create index approval_pending on approval
  (workspace_id, created_at desc, id desc, priority, tool, agent_id, checkpoint, risk, expires_at, is_overdue, agent_key, audience)
  include (requesters, is_held) where status = 'pending';
drop index approval_by_urgency;
create index approval_by_urgency on approval (workspace_id, urgency, id, audience) include (requesters, is_held) where status = 'pending';
drop index approval_by_deadline;
create index approval_by_deadline on approval (workspace_id, (coalesce(expires_at, 'infinity')), id, audience) where status = 'pending';
drop index approval_pending_priority;
create index approval_pending_priority on approval (workspace_id, priority_order, urgency, id, audience)
  include (requesters, is_held) where status = 'pending';
