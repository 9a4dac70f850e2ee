-- Keys the log signed with before; the one in force stands in audit_tree. Verifier keys only: secrets are in files.
create table audit_log_key (
  vkey text primary key,
  replaced_at timestamptz not null,
  signs_until timestamptz not null check (signs_until >= replaced_at)
);

create trigger audit_log_key_kept before update or delete on audit_log_key for each row execute function audit_refuse();
create trigger audit_log_key_whole before truncate on audit_log_key for each statement execute function audit_refuse();
