-- Who somebody is at a provider of sign-ins: issuer and subject, never a name or an e-mail address (ASVS 5.0 6.8.1, 10.5.2).
create table federated_identity (
  issuer text not null,
  subject text not null,
  subject_id text not null references subject (id),
  linked_at timestamptz not null,
  last_used_at timestamptz,
  primary key (issuer, subject)
);
create index federated_identity_of on federated_identity (subject_id);

-- Sign-ins on their way through a provider, by the SHA-256 of the random value in that browser's cookie. Each counts once.
create table federation_flow (
  seed_hash bytea primary key,
  provider text not null,
  max_age_seconds int4 not null,
  expires_at timestamptz not null
);
create index federation_flow_over on federation_flow (expires_at);

-- Which session came from whom at which provider: for signing out there too, and for what it says of its own end.
create table federated_session (
  session_id text primary key references session (id) on delete cascade,
  issuer text not null,
  subject text not null,
  provider_session text
);
create index federated_session_of on federated_session (issuer, subject);
create index federated_session_there on federated_session (issuer, provider_session);

-- The settings last started with, so that a change of them is logged once.
create table federation_settings (
  only_row int4 primary key check (only_row = 1),
  digest text not null
);
