-- What witnesses signed under our checkpoints. `witness` is its verifier key: a witness that changes its key is another one.
create table audit_cosignature (
  size int8 not null check (size > 0),
  witness text not null,
  line text not null,
  at timestamptz not null,
  primary key (witness, size)
);
create index audit_cosignature_size on audit_cosignature (size);

create trigger audit_cosignature_kept before update or delete on audit_cosignature for each row execute function audit_refuse();
create trigger audit_cosignature_whole before truncate on audit_cosignature for each statement execute function audit_refuse();
