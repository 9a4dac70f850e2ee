-- Whether somebody's own approval may count where nobody else can approve: every change of it, the newest is in force.
create table single_person (
  number int8 generated always as identity primary key,
  is_on boolean not null,
  delay_seconds int4 check (delay_seconds between 600 and 7200),
  actor jsonb not null,
  reason text not null,
  at timestamptz not null,
  -- Since when somebody else may approve too, without a break.
  second_since timestamptz,
  check (is_on = (delay_seconds is not null))
);
-- One's own approval counts from here on, and only in single-person mode; null: somebody else's.
alter table approval add column not_before timestamptz;
create index approval_due on approval (not_before) where not_before is not null and withdrawn_at is null;
