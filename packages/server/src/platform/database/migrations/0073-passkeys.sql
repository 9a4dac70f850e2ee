-- Passkeys (WebAuthn credentials): the public key as COSE, the last counter, and since when a copy of one is suspected.
create table passkey (
  id text primary key,
  subject_id text not null references subject (id),
  credential_id bytea not null unique,
  public_key bytea not null,
  counter int8 not null,
  transports jsonb not null,
  synced boolean not null,
  name text not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  refused_since timestamptz
);
create index passkey_of on passkey (subject_id);

-- Challenges on their way through an authenticator, by the SHA-256 of a random handle. Each counts once, for one purpose and,
-- where somebody is signed in, for that session.
create table webauthn_challenge (
  handle_hash bytea primary key,
  challenge bytea not null,
  purpose text not null,
  session_id text references session (id) on delete cascade,
  expires_at timestamptz not null
);
create index webauthn_challenge_over on webauthn_challenge (expires_at);
