-- How somebody signed in, and when they last proved it again: each decision says how sure its author is.
alter table session
  add column method text not null default 'link'
    check (method in ('link', 'password', 'passkey', 'oidc')),
  -- A second factor was given when it began.
  add column is_two_factor boolean not null default false,
  add column stepped_up_at timestamptz,
  add column address text,
  add column user_agent text;
