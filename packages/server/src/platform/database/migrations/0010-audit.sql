-- The log as a tree. One row: whoever appends locks it first, so that indexes are given by one at a time.
create table audit_tree (
  one boolean primary key default true check (one),
  origin text not null,
  vkey text not null,
  size int8 not null check (size >= 0),
  root bytea not null check (octet_length(root) = 32)
);

-- `bytes` are what is hashed; the columns beside them only serve searching and are checked against the bytes.
create table audit_leaf (
  index int8 primary key,
  id text not null unique,
  at timestamptz not null,
  type text not null,
  actor_id text not null,
  object_id text not null,
  bytes bytea not null,
  leaf_hash bytea not null check (octet_length(leaf_hash) = 32)
);
create index audit_leaf_type on audit_leaf (type, index);
create index audit_leaf_actor on audit_leaf (actor_id, index);
create index audit_leaf_object on audit_leaf (object_id, index);

-- Hash tiles of C2SP tlog-tiles: 32 bytes per hash, at most 256 hashes; only the last of a level still grows.
create table audit_tile (
  level int2 not null,
  n int8 not null,
  hashes bytea not null check (octet_length(hashes) between 32 and 8192 and octet_length(hashes) % 32 = 0),
  primary key (level, n)
);

create table audit_checkpoint (
  size int8 primary key,
  root bytea not null,
  note text not null,
  at timestamptz not null
);

-- The log only grows. This stops accidents and whoever may write but not alter tables; checkpoints kept elsewhere stop the rest.
-- Bodies stand on one line, because migrations are split at semicolons that end a line.
create function audit_refuse() returns trigger language plpgsql as 'begin raise exception ''the audit log only grows: % of % is refused'', tg_op, tg_table_name using errcode = ''TYR01''; end';

create trigger audit_leaf_kept before update or delete on audit_leaf for each row execute function audit_refuse();
create trigger audit_leaf_whole before truncate on audit_leaf for each statement execute function audit_refuse();
create trigger audit_checkpoint_kept before update or delete on audit_checkpoint for each row execute function audit_refuse();
create trigger audit_checkpoint_whole before truncate on audit_checkpoint for each statement execute function audit_refuse();
create trigger audit_tile_kept before delete on audit_tile for each row execute function audit_refuse();
create trigger audit_tile_whole before truncate on audit_tile for each statement execute function audit_refuse();
create trigger audit_tile_grows before update on audit_tile for each row when (new.level <> old.level or new.n <> old.n or substring(new.hashes from 1 for octet_length(old.hashes)) <> old.hashes) execute function audit_refuse();
create trigger audit_tree_kept before delete on audit_tree for each row execute function audit_refuse();
create trigger audit_tree_whole before truncate on audit_tree for each statement execute function audit_refuse();
create trigger audit_tree_grows before update on audit_tree for each row when (new.size < old.size or new.origin <> old.origin) execute function audit_refuse();
