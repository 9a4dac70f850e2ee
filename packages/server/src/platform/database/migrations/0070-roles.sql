-- Roles beside the built-in ones. A deleted one keeps its name: whoever still had it must not get a later role of that name.
create table custom_role (
  name text primary key,
  about text not null,
  permissions jsonb not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  deleted_at timestamptz
);
