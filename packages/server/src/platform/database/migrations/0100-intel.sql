-- Lists of indicators an operator loaded, or a feed the operator switched on. What counts is the generation in force.
create table intel_list (
  list text primary key,
  generation text not null,
  entries int8 not null,
  digest text not null,
  loaded_at timestamptz not null
);
create table intel_entry (
  list text not null,
  generation text not null,
  kind text not null,
  value text not null,
  score float8 not null check (score >= 0 and score <= 1),
  threat_types jsonb not null,
  families jsonb not null,
  primary key (list, generation, kind, value)
);
create index intel_entry_value on intel_entry (kind, value);

-- What providers said of addresses, for 24 hours, and whom to ask next. `answer` stays when a later question fails.
create table intel_verdict (
  provider text not null,
  address text not null,
  answer jsonb,
  answered_at timestamptz,
  wanted boolean not null,
  next_at timestamptz not null,
  failures int4 not null default 0,
  event_id text not null,
  event_time timestamptz not null,
  primary key (provider, address)
);
create index intel_verdict_next on intel_verdict (next_at) where wanted;
create index intel_verdict_address on intel_verdict (address);
