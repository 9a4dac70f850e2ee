-- One row per source address, derived from the streams of events and detections. `state` holds bounded sets (traces);
-- `dirty`: the clustering has not looked at what changed. Ids are UUIDv5 over the canonical address.
create table observation (
  id text primary key,
  address text not null unique,
  is_private boolean not null,
  identity_id text not null unique,
  first_position int8,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  event_count int8 not null,
  detection_count int8 not null,
  severity text,
  risk int4 not null check (risk between 0 and 100),
  behaviour text,
  asn text,
  services text[] not null,
  sensors text[] not null,
  state jsonb not null,
  points jsonb not null,
  phases jsonb not null,
  dirty boolean not null
);
create index observation_by_last_seen on observation (last_seen_at desc, id desc);
create index observation_by_risk on observation (risk desc, id desc);
create index observation_by_events on observation (event_count desc, id desc);
create index observation_dirty on observation (first_position) where dirty;

-- Exact traces by value: which addresses share one. How many do is counted, so that asking never counts rows.
create table actor_trace (
  kind text not null,
  value text not null,
  observation_id text not null references observation (id) on delete cascade,
  first_position int8 not null,
  primary key (kind, value, observation_id)
);
create index actor_trace_by_age on actor_trace (kind, value, first_position);
create index actor_trace_by_observation on actor_trace (observation_id);
create table actor_trace_count (
  kind text not null,
  value text not null,
  observations int8 not null,
  primary key (kind, value)
);

-- Phases of the kill chain by sensor: who could have handed over to whom.
create table observation_phase (
  sensor_id text not null,
  phase text not null,
  observation_id text not null references observation (id) on delete cascade,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (sensor_id, phase, observation_id)
);
create index observation_phase_by_observation on observation_phase (observation_id);
create index observation_phase_by_first on observation_phase (sensor_id, first_at);
create index observation_phase_by_last on observation_phase (sensor_id, last_at);

-- One identity per address whose hands left a trace, merged softly: a loser keeps its row and says into whom. Likewise each
-- identity founds a campaign, and `campaign_into` names the identity whose campaign it counts to.
create table actor_identity (
  id text primary key,
  observation_id text not null unique,
  first_position int8 not null,
  merged_into text,
  campaign_id text not null unique,
  campaign_into text,
  dirty boolean not null
);
create index actor_identity_by_winner on actor_identity (merged_into) where merged_into is not null;
create index actor_identity_by_campaign on actor_identity (campaign_into) where campaign_into is not null;
create index actor_identity_dirty on actor_identity (first_position) where dirty;

-- Why: links of at least the threshold, `rung` identity (between addresses) or campaign (between identities).
create table ladder_link (
  rung text not null check (rung in ('identity', 'campaign')),
  a text not null,
  b text not null,
  weight float8 not null,
  reasons jsonb not null,
  primary key (rung, a, b),
  check (a < b)
);
create index ladder_link_by_b on ladder_link (rung, b);

-- What people decided: stands above links. One per pair; deciding again replaces it.
create table ladder_ruling (
  rung text not null check (rung in ('identity', 'campaign')),
  a text not null,
  b text not null,
  kind text not null check (kind in ('together', 'apart')),
  decided_by jsonb not null,
  decided_at timestamptz not null,
  reason text not null,
  primary key (rung, a, b),
  check (a < b)
);
create index ladder_ruling_by_b on ladder_ruling (rung, b);

-- Rises with every change of who belongs to whom: who planned on an older one plans again.
create table ladder_version (
  only_row boolean primary key check (only_row),
  version int8 not null
);
insert into ladder_version (only_row, version) values (true, 0);
