-- Every time somebody let an action run without the approvals it asked for, and what somebody else said about it later.
create table break_glass (
  id text primary key,
  action_id text not null references action (id),
  revision int4 not null,
  subject_id text not null,
  actor jsonb not null,
  reason text not null,
  request_digest text not null,
  dry_run_digest text not null,
  at timestamptz not null,
  reviewer_id text,
  reviewer jsonb,
  reviewed_at timestamptz,
  verdict text check (verdict in ('justified', 'not_justified')),
  review text,
  check (reviewer_id <> subject_id),
  check ((reviewed_at is null) = (verdict is null) and (reviewed_at is null) = (reviewer_id is null)
    and (reviewed_at is null) = (reviewer is null) and (reviewed_at is null) = (review is null))
);
create index break_glass_by_action on break_glass (action_id, at);
-- Whoever owes a review breaks no other glass, however many requests they send at once.
create unique index break_glass_owed on break_glass (subject_id) where reviewed_at is null;
