-- Actions of more types than blocks: a target that is no network, an effect that lasts until it is changed.
alter table action alter column network drop not null;
alter table action alter column ttl_seconds drop not null;
alter table action add constraint action_block_has_network_and_end
  check (type <> 'block_ip' or (network is not null and ttl_seconds is not null));
-- As before for blocks. What cannot be reverted stays executed for ever and must not stand in the way of the next.
drop index action_proposed_once;
create unique index action_proposed_once on action (type, target)
  where requester_kind = 'automation'
    and (state in ('draft', 'dry_run_ok', 'pending', 'approved', 'executing', 'unknown')
      or (type = 'block_ip' and state in ('executed', 'reverting')));
