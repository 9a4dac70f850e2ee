-- Keys that access tokens are signed with, by RFC 7638 thumbprint. The pair itself is in sealed_secret: what is not sealed there verifies nothing.
create table token_key (
  kid text primary key,
  algorithm text not null check (algorithm in ('ES256', 'RS256')),
  created_at timestamptz not null,
  signs_from timestamptz not null
);

-- All tokens that came from one use of an API key.
create table token_family (
  id text primary key,
  key_id text not null references api_key (id) on delete cascade,
  scopes jsonb not null,
  -- Who owned the key, and who was shown the secrets it was used with: none of them approves what its tokens ask for.
  behind jsonb not null,
  renewable boolean not null,
  refreshes int4 not null,
  created_at timestamptz not null,
  refreshed_at timestamptz,
  expires_at timestamptz not null,
  ended_at timestamptz,
  ended_why text
);
create index token_family_key on token_family (key_id);
create index token_family_over on token_family (expires_at);

-- Refresh tokens by SHA-256. Used ones stay while their family lives: that is how a second use is noticed.
create table refresh_token (
  token_hash bytea primary key,
  family_id text not null references token_family (id) on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index refresh_token_family on refresh_token (family_id);
