-- When a page last said that the request is before this reader: whoever has said so within a minute has it open now.
alter table approval_reader add column last_at timestamptz not null default clock_timestamp();
