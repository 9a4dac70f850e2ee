-- What happened that people outside of Tyr are told of, once each; in a message, or found to be over, when `packed_at` is set.
create table notice (
  number int8 generated always as identity primary key,
  key text not null unique,
  kind text not null,
  event text not null,
  action_id text,
  after_state text,
  statement_digest text,
  at timestamptz not null,
  packed_at timestamptz,
  notification_id text
);
create index notice_unpacked on notice (number) where packed_at is null;
create index notice_packed on notice (packed_at) where packed_at is not null;

-- Messages in the order they go out. `body` is what is signed and sent at each attempt.
create table notification (
  number int8 generated always as identity primary key,
  id text not null unique,
  kind text not null,
  count int4 not null check (count >= 1),
  body text not null,
  made_at timestamptz not null,
  -- Since when it is tried: since it was made, or since somebody had it sent again.
  since timestamptz not null,
  state text not null check (state in ('waiting', 'delivered', 'given_up')),
  attempts int4 not null,
  next_at timestamptz,
  delivered_at timestamptz,
  failure text,
  check ((state = 'waiting') = (next_at is not null) and (state = 'delivered') = (delivered_at is not null))
);
create index notification_waiting on notification (number) where state = 'waiting';
create index notification_over on notification (made_at) where state <> 'waiting';
