-- Texts people may sign about an action, by their SHA-256. Each counts once, for one person, until `expires_at`.
create table action_statement (
  digest text primary key,
  action_id text not null references action (id),
  subject_id text not null,
  statement text not null,
  nonce text not null,
  text text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index action_statement_of on action_statement (subject_id, created_at);

-- Public halves of the Ed25519 keys people sign with where no browser is. Never deleted and never registered twice: what
-- was signed with one stays somebody's.
create table approval_key (
  id text primary key,
  subject_id text not null,
  name text not null,
  public_key bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index approval_key_of on approval_key (subject_id);

-- What was signed, with what, and everything somebody else needs to check it. Null: given before approvals were signed.
alter table approval add column statement text;
alter table approval add column signature jsonb;
alter table approval add column key_id text;
create index approval_by_key on approval (key_id) where withdrawn_at is null;
