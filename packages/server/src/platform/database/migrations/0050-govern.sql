-- Policy bundles that came into force, in order; the newest is the one that decides.
create table policy_activation (
  number int8 generated always as identity primary key,
  digest text not null,
  manifest jsonb not null,
  activated_at timestamptz not null
);

-- What somebody or automation wants done, and how far it is. The legal moves are data in govern/action-machine.ts.
create table action (
  id text primary key,
  type text not null,
  target text not null,
  network cidr not null,
  justification text not null,
  incident_id text,
  detection_ids text[] not null,
  risk int4 check (risk between 0 and 100),
  requester jsonb not null,
  requester_id text not null,
  requester_kind text not null check (requester_kind in ('person', 'automation')),
  ttl_seconds int4 not null check (ttl_seconds >= 60),
  connector text not null,
  state text not null,
  revision int4 not null check (revision >= 1),
  request_digest text not null,
  decision jsonb,
  dry_run jsonb,
  dry_run_at timestamptz,
  submitted_at timestamptz,
  deadline_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  executed_at timestamptz,
  effect_ends_at timestamptz,
  block_id text,
  failure text
);
create index action_by_state on action (state, id);
create index action_by_target on action (target, id);
create index action_by_incident on action (incident_id) where incident_id is not null;
create index action_by_requester on action (requester_kind, created_at);
-- Automation proposes once per target, however many of it run.
create unique index action_proposed_once on action (type, target)
  where requester_kind = 'automation' and state in ('draft', 'dry_run_ok', 'pending', 'approved', 'executing', 'unknown', 'executed', 'reverting');

-- One person's approval of exactly what was shown. Never deleted: taking it back sets `withdrawn_at`.
create table approval (
  id text primary key,
  action_id text not null references action (id),
  subject_id text not null,
  actor jsonb not null,
  roles text[] not null,
  revision int4 not null,
  request_digest text not null,
  dry_run_digest text not null,
  bundle_digest text not null,
  statement_digest text not null,
  at timestamptz not null,
  comment text,
  withdrawn_at timestamptz
);
create index approval_by_action on approval (action_id, at);
create unique index approval_once on approval (action_id, subject_id, request_digest, dry_run_digest)
  where withdrawn_at is null;

-- Every move of every action: what the timeline shows.
create table action_move (
  number int8 generated always as identity primary key,
  action_id text not null references action (id),
  revision int4 not null,
  event text not null,
  from_state text,
  to_state text not null,
  actor jsonb not null,
  at timestamptz not null,
  note text
);
create index action_move_by_action on action_move (action_id, number);

-- Each decision with everything it was made from, so that another bundle can be asked the same question.
create table policy_decision (
  number int8 generated always as identity primary key,
  action_id text,
  step text not null,
  input jsonb not null,
  outcome text not null,
  policy_ids text[] not null,
  bundle_digest text not null,
  at timestamptz not null
);
create index policy_decision_by_action on policy_decision (action_id, number);

-- Never blocked, whatever else says so.
create table allow_entry (
  id text primary key,
  value text not null,
  network cidr not null,
  reason text not null,
  actor jsonb not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  removed_at timestamptz
);
create index allow_entry_by_value on allow_entry (value);
