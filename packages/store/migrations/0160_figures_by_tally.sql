-- Everything that figures count of a decision in one number: how it ended and by whom (11 outcomes), times 256, plus the
-- class of its time (migration 0061). Counting by it is one step a row, where it was eleven.
drop index approval_decided;
drop statistics approval_days;
alter table approval
  drop column pace,
  add column tally smallint generated always as (
    256 * (
      case
        when status in ('expired', 'cancelled') then case status when 'expired' then 9 else 10 end
        when coalesce(decision ->> 'assurance', 'automated') = 'automated'
          then case when status = 'rejected' then 8 when original_action is not null then 7 else 6 end
        else case when status = 'rejected' then 4 when original_action is not null then 2 else 0 end
          + case when extract(epoch from decided_at - created_at) < 3 then 1 else 0 end
      end)
    + least(255, greatest(0, floor(ln(greatest(extract(epoch from decided_at - created_at)::float8, 0.05) / 0.05) * 12)))::smallint
  ) stored;
create index approval_decided on approval (workspace_id, decided_at)
  include (tally, seconds, decided_on, created_at, tool, agent_key, decided_by, checkpoint)
  where status <> 'pending';
-- So that the planner knows how few of them there are in how few days, and lets several workers count.
create statistics approval_days (ndistinct) on decided_on, tally from approval;
create statistics approval_agents (ndistinct) on agent_key, tally from approval;
create statistics approval_tools (ndistinct) on tool, tally from approval;
create statistics approval_deciders (ndistinct) on decided_by, tally from approval;
