-- People who may sign in. `name_key` is the lower-case name: two spellings are one account.
create table subject (
  id text primary key,
  name text not null,
  name_key text not null unique,
  password text not null,
  roles jsonb not null,
  active boolean not null,
  created_at timestamptz not null,
  last_seen_at timestamptz
);

-- A session's token is kept as its SHA-256: whoever reads this table cannot sign in with it.
create table session (
  id text primary key,
  token_hash bytea not null unique,
  subject_id text not null references subject (id),
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  user_agent text,
  address text
);
create index session_subject on session (subject_id);
create index session_last_seen on session (last_seen_at);

-- Failed sign-ins by the SHA-256 of the name that was typed, whether such an account exists or not.
create table login_delay (
  name_hash bytea primary key,
  failures int4 not null,
  not_before timestamptz not null,
  updated_at timestamptz not null
);
