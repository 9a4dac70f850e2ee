-- A person closed this account here (an administrator, a review): a provider's word does not open it again.
alter table subject add column closed_here boolean not null default false;
