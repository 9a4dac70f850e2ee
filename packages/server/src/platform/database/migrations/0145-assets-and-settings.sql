-- What is ours: addresses with what policies should know about them.
create table asset (
  id text primary key,
  name text not null unique,
  groups text[] not null,
  owner text,
  criticality text not null check (criticality in ('low', 'medium', 'high', 'critical')),
  environment text not null check (environment in ('production', 'staging', 'development')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  updated_by jsonb not null
);
create table asset_address (
  asset_id text not null references asset (id) on delete cascade,
  place int4 not null,
  network cidr not null,
  primary key (asset_id, place)
);
create index asset_address_by_network on asset_address using gist (network inet_ops);

-- What people set, one record; no row: all as shipped.
create table settings (
  only_one boolean primary key default true check (only_one),
  changed jsonb not null,
  updated_at timestamptz not null,
  updated_by jsonb not null
);

-- What spoke for an action when it was asked for; null in what was asked for before.
alter table action add column severity text;
alter table action add column confidence int4 check (confidence between 0 and 100);

-- What holds the mode where it is (mode-state.ts), and the incidents that asked for it; null in what came before.
alter table mode_change add column state jsonb;
alter table mode_change add column incidents text[] not null default '{}';
