-- Principals that are not people. They count only while their owner may sign in.
create table service_account (
  id text primary key,
  name text not null,
  name_key text not null unique,
  about text not null,
  owner_id text not null references subject (id),
  active boolean not null,
  created_at timestamptz not null
);
create index service_account_owner on service_account (owner_id);

-- An API key acts as one person or as one service account, within its scopes.
create table api_key (
  id text primary key,
  name text not null,
  subject_id text references subject (id),
  service_id text references service_account (id),
  scopes jsonb not null,
  networks jsonb not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  rotated_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  last_used_from text,
  check ((subject_id is null) <> (service_id is null))
);
create index api_key_subject on api_key (subject_id);
create index api_key_service on api_key (service_id);

-- A key has one secret, and beside it for a while the one before its rotation. Only the SHA-256 is kept.
create table api_key_secret (
  public_id text primary key,
  key_id text not null references api_key (id),
  secret_hash bytea not null,
  created_at timestamptz not null,
  ends_at timestamptz
);
create index api_key_secret_key on api_key_secret (key_id);
