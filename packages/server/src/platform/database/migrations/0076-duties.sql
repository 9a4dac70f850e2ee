-- What one person must not hold together, beside the built-in pairs. A removed pair is kept: exceptions and entries name it.
create table duty_pair (
  id text primary key,
  one text not null,
  other text not null,
  reason text not null,
  control text,
  added_by text not null,
  added_at timestamptz not null,
  removed_at timestamptz,
  check (one < other)
);
create unique index duty_pair_sides on duty_pair (one, other) where removed_at is null;

-- Who may hold both sides of a pair for a while. `granted_by` is null for the person of the set-up, who was alone.
create table duty_exception (
  id text primary key,
  subject_id text not null references subject (id) on delete cascade,
  pair text not null,
  reason text not null,
  granted_by text references subject (id) on delete cascade,
  granted_at timestamptz not null,
  until timestamptz not null,
  ended_at timestamptz,
  check (granted_by <> subject_id)
);
create index duty_exception_subject on duty_exception (subject_id);
