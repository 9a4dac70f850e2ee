-- Sensors: who may send events. Only the SHA-256 of a key is kept.
create table sensor (
  id uuid primary key,
  name text not null unique,
  kind text not null check (kind in ('ssh', 'web', 'database', 'custom')),
  location text,
  metadata jsonb not null,
  active boolean not null,
  key_id text not null unique,
  key_hash text not null,
  created_at timestamptz not null
);

-- What each sensor sent, counted in the transaction that stores it: received = stored + duplicate + rejected.
create table sensor_counter (
  sensor_id uuid primary key references sensor (id),
  received int8 not null default 0,
  stored int8 not null default 0,
  duplicate int8 not null default 0,
  rejected int8 not null default 0,
  late int8 not null default 0,
  seq int8 not null default 0,
  newest_at timestamptz,
  last_seen_at timestamptz
);

-- Events. `fields` and `ecs` are json, not jsonb: attackers send NUL and lone surrogates, which jsonb refuses.
-- `raw_exact` (base64) only where text cannot hold the bytes as they came.
-- No foreign key to sensor: its check costs a tenth of the write, and the write joins the sensor's counters anyway.
create table event (
  position int8 primary key,
  id uuid not null unique,
  time timestamptz not null,
  observed_at timestamptz not null,
  sensor_id uuid not null,
  kind text not null,
  session text,
  src_ip inet,
  src_port int4,
  dst_ip inet,
  dst_port int4,
  transport text,
  user_name text,
  action text not null,
  outcome text not null,
  severity text not null,
  logsource json not null,
  fields json,
  ecs json not null,
  raw text not null,
  raw_exact text,
  raw_ref text,
  late boolean not null,
  seq int8 not null
);
create index event_src on event (src_ip, position) where src_ip is not null;
create index event_session on event (session, position) where session is not null;
create index event_user on event (user_name, position) where user_name is not null;
create index event_sensor on event (sensor_id, position);
create index event_kind on event (kind, position);
create index event_time on event (time);

-- Events per hour of event time, kept in the transaction that stores them, so that the overview never counts rows.
create table event_hour (
  hour timestamptz primary key,
  events int8 not null
);

-- Input nobody could read, kept whole up to a limit.
create table quarantine (
  id uuid primary key,
  sensor_id uuid not null references sensor (id),
  at timestamptz not null,
  reason text not null,
  raw_ref text,
  raw bytea not null,
  raw_bytes int8 not null
);
create index quarantine_sensor on quarantine (sensor_id, id);

-- What was answered to an idempotency key. Kept for a while; the events' own ids outlive it.
create table intake_receipt (
  sensor_id uuid not null references sensor (id),
  key text not null,
  digest text not null,
  receipt jsonb not null,
  at timestamptz not null,
  primary key (sensor_id, key)
);
create index intake_receipt_at on intake_receipt (at);

-- How far a followed file or a bundled log has been read; moved in the transaction that stores its lines.
create table bookmark (
  source text primary key,
  fingerprint text not null,
  position int8 not null,
  lines int8 not null,
  finished boolean not null,
  updated_at timestamptz not null
);
