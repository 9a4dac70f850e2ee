-- Which process runs the stages, by number: each that takes the lead counts on, and what begins a stage asks for its own.
create table stage_lead (
  only_one boolean primary key default true check (only_one),
  epoch int8 not null
);
