-- Two accounts with the same mailbox (ann@example.com, Ann+second@example.com) are one person to every rule that counts people.
alter table person add column mailbox text generated always as (
  lower(split_part(split_part(email, '@', 1), '+', 1) || '@' || split_part(email, '@', 2))
) stored;
create index person_mailbox on person (mailbox);
