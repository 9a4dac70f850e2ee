-- A proof asked of a provider belongs to the session that asked; null: a sign-in, which has none yet.
alter table federation_flow add column session_id text references session (id) on delete cascade;
