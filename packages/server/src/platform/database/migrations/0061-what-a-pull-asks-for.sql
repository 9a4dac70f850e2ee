-- What the filter of an enforcement point's last list let through: blocks it leaves out were never in a body sent to it.
alter table enforcer add column takes text not null default 'all' check (takes in ('all', 'addresses', 'ranges', 'none'));
