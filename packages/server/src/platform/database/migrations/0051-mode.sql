-- Every change of the operating mode, in order; the newest is in force until its `until` passes.
create table mode_change (
  number int8 generated always as identity primary key,
  mode text not null check (mode in ('normal', 'elevated', 'lockdown')),
  reason text not null,
  actor jsonb not null,
  at timestamptz not null,
  until timestamptz check (until > at),
  check (mode <> 'normal' or until is null)
);
