-- What the log declared pruned, in an entry of its own: entries below `declared` may lose their bodies, below `removed` they have.
-- Hash tiles and checkpoints stay. `frontier` is the right edge of the tree over the declared entries, from which the next range goes on.
create table audit_pruned (
  one boolean primary key default true check (one),
  declared int8 not null check (declared > 0 and declared % 256 = 0),
  removed int8 not null check (removed >= 0 and removed <= declared),
  frontier bytea not null,
  statement text not null,
  vkey text not null,
  declared_at timestamptz not null
);
create trigger audit_pruned_kept before delete on audit_pruned for each row execute function audit_refuse();
create trigger audit_pruned_whole before truncate on audit_pruned for each statement execute function audit_refuse();
create trigger audit_pruned_grows before update on audit_pruned for each row when (new.declared < old.declared or new.removed < old.removed) execute function audit_refuse();

-- A body may go once its entry was declared pruned, and at no other time.
create function audit_refuse_unpruned() returns trigger language plpgsql as 'begin if old.index < (select declared from audit_pruned) then return old; end if; raise exception ''the audit log only grows: delete of % is refused'', tg_table_name using errcode = ''TYR01''; end';
drop trigger audit_leaf_kept on audit_leaf;
create trigger audit_leaf_kept before update on audit_leaf for each row execute function audit_refuse();
create trigger audit_leaf_pruned before delete on audit_leaf for each row execute function audit_refuse_unpruned();
