-- What searching asks for beside type, actor and object. Like the other columns these are copies of what is in `bytes`.
alter table audit_leaf add column outcome text not null default 'success';
alter table audit_leaf add column request_id text;
-- One update of every row: the log refuses it otherwise. The bytes are not read as JSON, because the text in them may hold what no
-- text of the engine may (\u0000); canonical JSON ends with these members, and neither value can hold a quotation mark.
alter table audit_leaf disable trigger audit_leaf_kept;
update audit_leaf set outcome = coalesce(substring(encode(bytes, 'escape') from '"outcome":"([a-z]+)","requestId":[^,]*,"type":"[^"]*","v":1[}]$'), 'failure'), request_id = substring(encode(bytes, 'escape') from '"requestId":"([^"]*)","type":"[^"]*","v":1[}]$');
alter table audit_leaf enable trigger audit_leaf_kept;
create index audit_leaf_at on audit_leaf (at, index);
create index audit_leaf_request on audit_leaf (request_id, index) where request_id is not null;
create index audit_leaf_actor_type on audit_leaf (actor_id, type, index);
-- Failures are rare: the newest ones of somebody are what a burst is counted by.
create index audit_leaf_failed on audit_leaf (actor_id, index) where outcome <> 'success';
