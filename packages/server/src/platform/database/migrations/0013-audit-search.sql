-- What searching asks for beside type, actor and object. Like the other columns these are copies of what is in `bytes`.
alter table audit_leaf add column outcome text not null default 'success';
alter table audit_leaf add column request_id text;
-- One update of every row: the log refuses it otherwise. Bytes that are no entry keep the defaults of one that cannot be read.
alter table audit_leaf disable trigger audit_leaf_kept;
update audit_leaf set outcome = 'failure' where type = 'unreadable';
update audit_leaf set outcome = convert_from(bytes, 'UTF8')::json ->> 'outcome', request_id = convert_from(bytes, 'UTF8')::json ->> 'requestId' where type <> 'unreadable';
alter table audit_leaf enable trigger audit_leaf_kept;
create index audit_leaf_at on audit_leaf (at, index);
create index audit_leaf_request on audit_leaf (request_id, index) where request_id is not null;
create index audit_leaf_actor_type on audit_leaf (actor_id, type, index);
-- Failures are rare: the newest ones of somebody are what a burst is counted by.
create index audit_leaf_failed on audit_leaf (actor_id, index) where outcome <> 'success';
