-- Credentials attackers tried: one row per address, target, account and secret. The secret is a keyed hash.
create table credential (
  number int8 generated always as identity,
  id uuid primary key,
  pair uuid not null,
  src_ip inet not null,
  sensor_id uuid not null,
  service text not null,
  principal text not null,
  secret_kind text not null,
  secret_hash text not null,
  common boolean not null,
  attempt_count int8 not null,
  outcome text not null check (outcome in ('success', 'failure', 'observed')),
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  recorded_at timestamptz not null
);
create unique index credential_number on credential (number);
create index credential_pair on credential (pair);
create index credential_src on credential (src_ip, number);
create index credential_recorded on credential (recorded_at);
