-- Detections by rule and day of event time (UTC), counted in the transaction that stores them: sparklines never count rows.
create table rule_day (
  rule_id text not null,
  day text not null,
  detections int8 not null,
  primary key (rule_id, day)
);
insert into rule_day (rule_id, day, detections)
  select rule_id, to_char(time at time zone 'UTC', 'YYYY-MM-DD'), count(*) from detection group by 1, 2;

-- What came in of what rules in force ask for: a log source as rules name it, and a field they read of it ('' for the
-- source itself). Names are those of the rules, never those of events, so that nobody outside can make rows.
create table rule_input (
  logsource text not null,
  field text not null,
  since timestamptz not null,
  last_day text,
  primary key (logsource, field)
);

-- Found in older events by a backfill: the run that found it. Null: found as the event came.
alter table detection add column backfill text;
alter table rule_hit add column backfilled int8 not null default 0;
