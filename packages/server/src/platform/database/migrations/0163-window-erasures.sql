-- Addresses that were erased while windows of correlations were not saved yet: until they are, events up to this position
-- of the stream that name one are not fed again. Gone with the save after it.
create table window_erasure (
  address text primary key,
  position int8 not null
);
