-- What each run of retention did. Who it was by is a random id: the name is where ids are.
create table retention_run (
  id text primary key,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  actor_kind text not null,
  actor_id text not null,
  reason text not null,
  items jsonb not null,
  failed text
);
