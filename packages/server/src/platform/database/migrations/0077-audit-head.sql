-- The newest checkpoint, in one row that each next one replaces. Those in audit_checkpoint are kept for good: one every ten
-- minutes, and each that witnesses are asked about.
create table audit_head (
  one boolean primary key default true check (one),
  size int8 not null,
  root bytea not null,
  note text not null,
  at timestamptz not null
);
insert into audit_head (size, root, note, at) select size, root, note, at from audit_checkpoint order by size desc limit 1;

create trigger audit_head_kept before delete on audit_head for each row execute function audit_refuse();
create trigger audit_head_whole before truncate on audit_head for each statement execute function audit_refuse();
create trigger audit_head_grows before update on audit_head for each row when (new.size <= old.size) execute function audit_refuse();

-- An entry has 16 KiB at most: a larger one, which the product cannot write, would stop the sequencer. Rows from before are left alone.
alter table audit_intake add constraint audit_intake_size check (octet_length(bytes) <= 16384) not valid;
