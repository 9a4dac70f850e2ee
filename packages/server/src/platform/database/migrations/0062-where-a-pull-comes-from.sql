-- Where an enforcement point last pulled from: blocking that address would cut it off from its own updates.
alter table enforcer add column last_address text;
