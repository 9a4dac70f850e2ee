-- Somebody's approving, handed to another person until an instant. Rows stay: approvals name the one they were given by.
create table delegation (
  id text primary key,
  from_id text not null,
  from_actor jsonb not null,
  to_id text not null,
  to_actor jsonb not null,
  reason text not null,
  created_at timestamptz not null,
  ends_at timestamptz not null,
  ended_at timestamptz,
  ended_by jsonb,
  check (from_id <> to_id),
  check (ends_at > created_at and ends_at <= created_at + interval '30 days'),
  check ((ended_at is null) = (ended_by is null))
);
create index delegation_from on delegation (from_id) where ended_at is null;
create index delegation_to on delegation (to_id) where ended_at is null;
create index delegation_until on delegation (ends_at) where ended_at is null;

-- In whose place it was given; null: in their own.
alter table approval add column delegation_id text references delegation (id);
create index approval_by_delegation on approval (delegation_id) where delegation_id is not null and withdrawn_at is null;
