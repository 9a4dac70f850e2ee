-- What is derived from events begins where an installation stands when it first gets this version: its history was judged
-- when it came, and told as news it would open incidents, ask others about old addresses and be kept for a second term.
-- The ladder of attackers reads the history all the same, and tells of identities once it is past it (actors.told).
insert into consumer_cursor (consumer, position, updated_at)
  select reader.consumer, stream_head.position, now()
  from stream_head, (values ('lift'), ('intel'), ('actors.told')) as reader (consumer)
  where stream_head.stream = 'event' and stream_head.position > 0
  on conflict (consumer) do nothing;
-- Whom a person closed before 0116, as far as it shows: closed, though no provider closed or removed them.
update subject set closed_here = true
  where not active and not exists (
    select from scim_user where scim_user.subject_id = subject.id and (not scim_user.active or scim_user.removed_at is not null));
