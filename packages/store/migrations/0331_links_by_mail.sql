-- Asked for at the sign-in page and mailed: whoever can read the mail is not yet who has the authenticator app.
alter table sign_in_link add column is_mailed boolean not null default false;
