-- Browsers somebody signed in with, by the SHA-256 of a random value in their cookie. They sign nobody in: failures there are
-- counted apart, so that guessing elsewhere does not keep the owner waiting.
create table known_device (
  device_hash bytea primary key,
  subject_id text not null references subject (id) on delete cascade,
  expires_at timestamptz not null
);
create index known_device_of on known_device (subject_id, expires_at);
