-- Through which service account which identity provider provisions. A removed one stays, for what it made.
create table scim_client (
  service_id text primary key references service_account (id),
  issuer text not null,
  created_at timestamptz not null,
  removed_at timestamptz
);

-- Accounts an identity provider owns: by issuer and its own id for the person, never by a name or an e-mail address (ASVS 5.0 6.8.1).
-- active is what the provider says; the account itself may be disabled here besides. removed_at: off-boarded there.
create table scim_user (
  subject_id text primary key references subject (id),
  issuer text not null,
  external_id text,
  active boolean not null,
  profile jsonb not null,
  version int4 not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  removed_at timestamptz,
  unique (issuer, external_id)
);
create index scim_user_issuer on scim_user (issuer, subject_id);

create table scim_group (
  id text primary key,
  issuer text not null,
  external_id text,
  display_name text not null,
  name_key text not null,
  version int4 not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  unique (issuer, name_key),
  unique (issuer, external_id)
);

create table scim_member (
  group_id text not null references scim_group (id) on delete cascade,
  subject_id text not null references scim_user (subject_id) on delete cascade,
  primary key (group_id, subject_id)
);
create index scim_member_of on scim_member (subject_id);
