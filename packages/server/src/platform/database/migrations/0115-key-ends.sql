-- A key of a sensor or an enforcement point counts until key_ends_at; a rotation renews it for key_life_days. Keys made
-- before this have a year from now on.
alter table sensor add column key_life_days int4 not null default 365 check (key_life_days between 1 and 365);
alter table sensor add column key_ends_at timestamptz not null default now() + interval '365 days';
alter table enforcer add column key_life_days int4 not null default 365 check (key_life_days between 1 and 365);
alter table enforcer add column key_ends_at timestamptz not null default now() + interval '365 days';
