-- Sensors that are part of Tyr: no key opens them, nobody rotates or ends them, and lists of sensors leave them out.
alter table sensor add column builtin boolean not null default false;

-- What Tyr derived itself enters the stream under this sensor. Inactive, so that no sender can speak for it.
insert into sensor (id, name, kind, location, metadata, active, key_id, key_hash, created_at, builtin)
select 'd5c17b0e-9a52-5f63-8b1d-2f6c2a7e4b10',
  case when exists (select from sensor where name = 'derived') then 'derived by Tyr' else 'derived' end,
  'custom', null, '{}', false, 'builtin:derived', repeat('0', 64), now(), true;
insert into sensor_counter (sensor_id) values ('d5c17b0e-9a52-5f63-8b1d-2f6c2a7e4b10');

-- Messages that must arrive, written in the transaction of what they tell of; readers have cursors of their own.
create table message (
  position int8 primary key,
  id uuid not null unique,
  topic text not null,
  type text not null,
  at timestamptz not null,
  payload jsonb not null
);
create index message_at on message (at);
