-- Key-encryption keys by name. The keys themselves are in a file; `check_value` tells a wrong file before it does harm.
create table secret_key (
  name text primary key,
  check_value bytea not null check (octet_length(check_value) = 32),
  active boolean not null,
  created_at timestamptz not null
);
create unique index secret_key_active on secret_key (active) where active;

-- Secrets that must be readable again, each under a data key of its own, which is wrapped by the key `key_name`.
create table sealed_secret (
  owner_table text not null,
  owner_column text not null,
  owner_record text not null,
  format int2 not null,
  key_name text not null references secret_key (name),
  wrapped_key bytea not null check (octet_length(wrapped_key) = 60),
  sealed bytea not null check (octet_length(sealed) >= 28),
  primary key (owner_table, owner_column, owner_record)
);
create index sealed_secret_key on sealed_secret (key_name);
