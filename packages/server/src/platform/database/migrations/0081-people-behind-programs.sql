-- Who was shown a secret of a key: with it they act as its service account.
alter table api_key_secret add column made_by text[] not null default '{}';

-- The people behind a program that asked for an action: its owner and whoever made the secret it came with. They do not decide about it.
alter table action add column people_behind text[] not null default '{}';
