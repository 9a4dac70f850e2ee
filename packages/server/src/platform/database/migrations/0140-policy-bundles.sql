-- Policy bundles with all that is in them. Rows are never changed: a bundle is named by what it holds.
create table policy_bundle (
  digest text primary key check (digest ~ '^[0-9a-f]{64}$'),
  manifest jsonb not null,
  -- [{"path", "text"}]
  files jsonb not null,
  -- A signed note over digest and manifest, by the key of the audit log.
  signature text not null,
  origin text not null check (origin in ('folder', 'published')),
  policies int4 not null check (policies > 0),
  created_by jsonb not null,
  created_at timestamptz not null
);
-- What a bundle would have decided otherwise, against the one that was in force then.
create table policy_trial (
  number int8 generated always as identity primary key,
  candidate text not null references policy_bundle (digest),
  in_force text not null,
  at timestamptz not null,
  summary jsonb not null
);
create index policy_trial_by_candidate on policy_trial (candidate, number);
-- Who brought a bundle into force, and by which approved action; both null for those before this version.
alter table policy_activation add column actor jsonb;
alter table policy_activation add column action_id text references action (id);
create index policy_decision_by_time on policy_decision (at);
