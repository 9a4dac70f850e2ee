-- One active effect per scope, value and origin. Several actions may hold it; it ends with the last hold.
-- `number` is the stable integer id CrowdSec clients want; `position` is the place of its latest change in the stream
-- "block", `first_position` that of its creation: whoever has read beyond it has heard of this block before.
create table block (
  number int8 generated always as identity primary key,
  id text not null unique,
  first_position int8 not null,
  position int8 not null,
  scope text not null check (scope in ('ip', 'range')),
  value text not null,
  network cidr not null,
  reason text not null,
  origin text not null,
  action_id text not null,
  state text not null check (state in ('active', 'expired', 'lifted')),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);
create unique index block_active_once on block (scope, value, origin) where state = 'active';
create index block_by_position on block (position);
create index block_active_by_network on block (network) where state = 'active';
create index block_by_value on block (value, number);
create index block_ended on block (ended_at) where state <> 'active';

-- What one execution of one action added to a block: reverting takes away this and nothing else.
create table block_hold (
  action_id text not null,
  revision int4 not null,
  block_id text not null references block (id),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  end_reason text,
  primary key (action_id, revision)
);
create index block_hold_by_block on block_hold (block_id);
create index block_hold_due on block_hold (expires_at) where ended_at is null;

-- What became of each execution; the key allows one per action and revision.
create table outcome (
  id text primary key,
  action_id text not null,
  revision int4 not null,
  connector text not null,
  state text not null,
  block_id text,
  at timestamptz not null,
  detail text not null,
  unique (action_id, revision)
);

create table enforcer (
  id text primary key,
  name text not null unique,
  key_hash bytea not null unique,
  key_hint text not null,
  active boolean not null,
  created_at timestamptz not null,
  deactivated_at timestamptz,
  -- What it has received by any protocol, and up to where its CrowdSec stream has told it what changed.
  position int8 not null default 0,
  stream_position int8 not null default 0,
  protocol text,
  last_pull_at timestamptz,
  user_agent text
);

-- When an enforcement point had received everything up to a position; a row only when the position moved.
create table enforcer_pull (
  enforcer_id text not null references enforcer (id),
  position int8 not null,
  at timestamptz not null,
  primary key (enforcer_id, position)
);
