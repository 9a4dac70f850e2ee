-- Streams: rows get their position under the lock of this row, so positions become visible in order (ADR 0003).
create table stream_head (
  stream text primary key,
  position int8 not null
);

-- How far each consumer has read; moved in the same transaction as what it wrote.
create table consumer_cursor (
  consumer text primary key,
  position int8 not null,
  updated_at timestamptz not null
);

-- Audit entries as written by the transactions they belong to; the sequencer gives them their place in the tree.
create table audit_intake (
  number int8 generated always as identity primary key,
  id text not null unique,
  bytes bytea not null
);
