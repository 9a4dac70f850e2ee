-- One story told by many detections. `key` is what groups them, printed in full.
create table incident (
  id text primary key,
  position int8 not null unique,
  key text not null,
  title text not null,
  state text not null,
  severity text not null,
  category text not null,
  priority int4 not null check (priority between 1 and 5),
  escalated boolean not null,
  actor_ip text,
  risk int4 not null check (risk between 0 and 100),
  contributions jsonb not null,
  techniques text[] not null,
  tactics text[] not null,
  sensors text[] not null,
  detection_count int8 not null,
  first_event_at timestamptz not null,
  last_event_at timestamptz not null,
  opened_at timestamptz not null,
  updated_at timestamptz not null,
  closed_at timestamptz,
  verdict text,
  assignee jsonb
);
create index incident_by_key on incident (key, last_event_at);
create index incident_by_actor on incident (actor_ip, position);

create table incident_detection (
  detection_id text primary key references detection (id),
  incident_id text not null references incident (id),
  position int8 not null,
  time timestamptz not null
);
create index incident_detection_by_position on incident_detection (incident_id, position);
create index incident_detection_by_time on incident_detection (incident_id, time, detection_id);

-- The events behind an incident. Event ids sort by time, so the timeline reads them in order.
create table incident_event (
  incident_id text not null references incident (id),
  event_id text not null,
  primary key (incident_id, event_id)
);

-- What people did to it: notes, moves, assignments.
create table incident_entry (
  id text primary key,
  incident_id text not null references incident (id),
  at timestamptz not null,
  kind text not null,
  actor jsonb not null,
  text text not null,
  from_state text,
  to_state text,
  verdict text
);
create index incident_entry_by_incident on incident_entry (incident_id, at, id);
