-- A group that was renamed is still the one that policies and waiting requests mean by its earlier name.
alter table people_group add column former_names text[] not null default '{}';
