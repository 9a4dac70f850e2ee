-- What people set of rules, by the rule's id. A rule without a row is enabled; a row outlives its rule, which may come back.
create table rule_state (
  rule_id text primary key,
  state text not null check (state in ('enabled', 'disabled', 'clipped', 'muted')),
  confidence_max float8 check (confidence_max between 0 and 1),
  expires_at timestamptz check (expires_at > set_at),
  reason text not null,
  set_by jsonb not null,
  set_at timestamptz not null,
  check ((state = 'clipped') = (confidence_max is not null)),
  check (state <> 'muted' or expires_at is not null),
  check (state <> 'enabled' or expires_at is null)
);
create index rule_state_by_end on rule_state (expires_at) where expires_at is not null;

-- The states detection goes by since correlation_checkpoint.position: events after it are fed again under the same ones.
create table rule_state_in_force (
  rule_id text primary key,
  state text not null check (state in ('disabled', 'clipped', 'muted')),
  confidence_max float8,
  check ((state = 'clipped') = (confidence_max is not null))
);

-- Findings of muted rules: counted in the transaction that moves the cursor past their events, and not stored.
create table rule_suppressed (
  rule_id text primary key,
  detections int8 not null,
  last_at timestamptz not null
);
