-- A campaign in which reviewers decide who keeps what they hold. Closing it is final, and carries the decisions out.
create table access_review (
  id text primary key,
  name text not null,
  scope text not null,
  role text,
  undecided text not null,
  due_at timestamptz not null,
  every_days int4,
  created_by text not null references subject (id) on delete cascade,
  created_at timestamptz not null,
  create_request text not null,
  closed_by text references subject (id) on delete cascade,
  closed_at timestamptz,
  close_request text,
  check ((scope = 'role') = (role is not null)),
  check ((closed_at is null) = (closed_by is null))
);

create table access_review_reviewer (
  review_id text not null references access_review (id) on delete cascade,
  subject_id text not null references subject (id) on delete cascade,
  primary key (review_id, subject_id)
);

-- One person, service account or key of a campaign: what it held at the beginning (`held`, `digest`), what was decided about what
-- (`decided_digest`), and what closing found and did.
create table access_review_item (
  id text primary key,
  review_id text not null references access_review (id) on delete cascade,
  kind text not null,
  target_id text not null,
  held jsonb not null,
  digest text not null,
  last_used_at timestamptz,
  decision text,
  reason text,
  roles jsonb,
  decided_by text references subject (id) on delete cascade,
  decided_at timestamptz,
  decided_digest text,
  decide_request text,
  outcome text,
  note text,
  found jsonb,
  unique (review_id, target_id),
  check ((decision is null) = (decided_by is null))
);
