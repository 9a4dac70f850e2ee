-- One row per finding of a rule. Ids are derived from what was found, so that finding it again writes nothing.
create table detection (
  id text primary key,
  position int8 not null unique,
  time timestamptz not null,
  first_event_at timestamptz not null,
  last_event_at timestamptz not null,
  rule_id text not null,
  rule_title text not null,
  rule_version text not null,
  severity text not null,
  risk_points int4 not null check (risk_points between 0 and 100),
  phrase text,
  actor_ip text,
  user_name text,
  sensor_id text,
  sensor_name text,
  correlation boolean not null,
  group_key jsonb not null,
  event_ids text[] not null,
  event_count int8 not null,
  recorded_at timestamptz not null
);
create index detection_by_actor on detection (actor_ip, position);
create index detection_by_rule on detection (rule_id, position);
create index detection_by_time on detection (time);
create index detection_by_event on detection using gin (event_ids);

-- One row per (source event, technique, rule). The id is a UUIDv5 over exactly source_kind to sub_technique.
create table tag (
  id text primary key,
  detection_id text not null references detection (id),
  source_kind text not null,
  source_id text not null,
  rule_id text not null,
  rule_version text not null,
  technique text not null,
  sub_technique text,
  tactic text not null,
  confidence float8 not null check (confidence between 0.3 and 1),
  evidence jsonb not null,
  attack_release text not null,
  observation text,
  identity text,
  created_at timestamptz not null,
  constraint tag_has_anchor check (observation is not null or identity is not null)
);
create index tag_by_detection on tag (detection_id);
create index tag_by_technique on tag (technique, created_at);

-- Windows of correlations as of correlation_checkpoint.position; the events after it are fed again at start.
create table correlation_group (
  id text primary key,
  correlation_id text not null,
  group_key text not null,
  state text not null
);
create index correlation_group_by_correlation on correlation_group (correlation_id);

create table correlation_checkpoint (
  consumer text primary key,
  position int8 not null,
  checkpoint text not null
);

-- The pack last in force, to say what changed when another one is loaded.
create table rule_in_force (
  rule_id text primary key,
  version text not null,
  state_digest text not null,
  pack_digest text not null
);

-- Counted in the transaction that stores the detections, so that screens never count rows.
create table rule_hit (
  rule_id text primary key,
  detections int8 not null,
  last_at timestamptz not null
);
create table detection_hour (
  hour timestamptz primary key,
  detections int8 not null
);
create table technique_hit (
  technique text not null,
  tactic text not null,
  detections int8 not null,
  last_at timestamptz not null,
  primary key (technique, tactic)
);
