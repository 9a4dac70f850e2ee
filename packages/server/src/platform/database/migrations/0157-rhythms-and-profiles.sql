-- What sessions of an address showed, newest first, and the rhythms somebody typed in there: bounded lists, of which the states of
-- attribution are made. `measured`: how many of both, so that nobody reads them of addresses that have too few.
alter table observation add column profile jsonb not null default '{"sessions":[],"rhythms":[]}';
alter table observation add column measured int4 not null default 0;

-- Hashes of rhythms by their eight bands of eight bits: two that differ in fewer than eight bits have at least one in common.
create table actor_rhythm (
  band int2 not null check (band between 0 and 7),
  value int2 not null check (value between 0 and 255),
  observation_id text not null references observation (id) on delete cascade,
  hash text not null check (hash ~ '^[0-9a-f]{16}$'),
  first_position int8 not null,
  primary key (band, value, observation_id, hash)
);
create index actor_rhythm_by_age on actor_rhythm (band, value, first_position);
create index actor_rhythm_by_observation on actor_rhythm (observation_id);

-- How stable an identity stays from session to session, by what is measured of it. `since`: of the session with which its state
-- came about. `value` is never a hash of what somebody typed.
create table actor_profile (
  identity_id text not null references actor_identity (id) on delete cascade,
  primitive text not null,
  state text not null check (state in ('unknown', 'stable', 'drifting', 'conflicted', 'multi_actor')),
  observations int4 not null check (observations between 1 and 5),
  confidence int4 not null check (confidence between 0 and 100),
  value text,
  since timestamptz not null,
  newest_at timestamptz not null,
  primary key (identity_id, primitive)
);
