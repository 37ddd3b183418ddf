-- Percentiles over a million decisions without sorting them: each decision stands in one of 256 classes of how long it
-- took, each class 8.7 % wider than the one before, from 0.05 s to more than a year. Counts and sums by class are added up
-- by several workers at once, where a sort is not.
drop index approval_decided;
alter table approval
  drop column agent_name,
  drop column decided_by_name,
  -- By what figures tell agents apart: the id, or the name of one that runs elsewhere.
  add column agent_key text generated always as (coalesce(agent_id, agent ->> 'name')) stored,
  add column pace smallint generated always as (
    least(255, greatest(0, floor(ln(greatest(extract(epoch from decided_at - created_at)::float8, 0.05) / 0.05) * 12)))::smallint
  ) stored,
  -- The day in UTC.
  add column decided_on date generated always as ((decided_at at time zone 'UTC')::date) stored;
create index approval_decided on approval (workspace_id, decided_at)
  include (status, pace, seconds, by_people, is_edited, decided_on, tool, agent_key, decided_by, checkpoint)
  where status <> 'pending';
-- So that the planner knows how few classes there are in how few days, and lets several workers count.
create statistics approval_days (ndistinct) on decided_on, pace from approval;
