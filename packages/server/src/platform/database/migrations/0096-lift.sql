-- What lifters remember between events, as of the cursor `lift`.
create table lift_group (
  id text primary key,
  lifter text not null,
  version int4 not null,
  group_key text not null,
  lane text not null,
  tick int8 not null,
  state text not null
);
