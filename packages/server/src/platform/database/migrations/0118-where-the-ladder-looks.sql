-- Where in the stream the ladder of attackers tells what it sees: after every so many events, and where senders fell silent.
-- `counted`: events with a source address read so far; `looked`: how many of them it told of; `is_due`: a look at the present
-- place is decided, and nothing further is read before it is done. How far it looked is the cursor `actors.look`.
create table ladder_look (
  only_row boolean primary key check (only_row),
  counted int8 not null,
  looked int8 not null,
  is_due boolean not null
);
insert into ladder_look (only_row, counted, looked, is_due) values (true, 0, 0, false);
insert into consumer_cursor (consumer, position, updated_at)
  select 'actors.look', position, updated_at from consumer_cursor where consumer = 'actors.event'
  on conflict (consumer) do nothing;
-- Of events alone: detections tell of an address too, and when they are read depends on how busy the machine is.
alter table observation add column last_position int8;
alter table observation add column first_event_at timestamptz;
alter table observation add column last_event_at timestamptz;
update observation set first_event_at = first_seen_at, last_event_at = last_seen_at where first_position is not null;
create index observation_by_last_position on observation (last_position);
-- Others count to it than when the ladder last looked.
alter table actor_identity add column unlooked boolean not null default false;
create index actor_identity_unlooked on actor_identity (id) where unlooked;
