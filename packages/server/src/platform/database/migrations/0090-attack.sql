-- ATT&CK releases somebody loaded, in compact form; one per domain, over the one that comes with Tyr.
create table attack_bundle (
  domain text primary key,
  release text not null,
  sha256 text not null,
  compact jsonb not null,
  loaded_at timestamptz not null,
  loaded_by jsonb not null
);

-- The domain of the release a tag was made under: all stored until now are of the one that came with Tyr.
alter table tag add column attack_domain text not null default 'enterprise-attack';
alter table tag alter column attack_domain drop default;
-- Session as its sensor named it; event time of what the tag is about.
alter table tag add column session text;
alter table tag add column seen_at timestamptz;
update tag set seen_at = detection.time from detection where detection.id = tag.detection_id;
update tag set session = event.session from event where event.id = substr(tag.source_id, 5)::uuid;
alter table tag alter column seen_at set not null;
create index tag_by_observation on tag (observation, technique, seen_at) where observation is not null;
create index tag_by_identity on tag (identity, technique, seen_at) where identity is not null;
create index tag_by_session on tag (session, technique, seen_at) where session is not null;

-- Tags per hour of event time, counted in the transaction that stores them, so that no screen counts rows. `anchor` is the
-- address, or the identity of a tag that has no address; the empty one is everybody. `technique` is the sub-technique
-- where there is one. Rows of everybody stay when tags are removed: they name nobody.
create table tag_hour (
  anchor text not null,
  domain text not null,
  technique text not null,
  tactic text not null,
  rule_id text not null,
  confidence float8 not null,
  release text not null,
  hour timestamptz not null,
  tags int8 not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (anchor, domain, technique, tactic, rule_id, confidence, release, hour)
);
insert into tag_hour (anchor, domain, technique, tactic, rule_id, confidence, release, hour, tags, first_at, last_at)
select coalesce(observation, identity), attack_domain, coalesce(sub_technique, technique), tactic, rule_id, confidence,
  attack_release, date_trunc('hour', seen_at, 'UTC'), count(*), min(seen_at), max(seen_at)
from tag group by 1, 2, 3, 4, 5, 6, 7, 8;
insert into tag_hour (anchor, domain, technique, tactic, rule_id, confidence, release, hour, tags, first_at, last_at)
select '', domain, technique, tactic, rule_id, confidence, release, hour, sum(tags), min(first_at), max(last_at)
from tag_hour group by 2, 3, 4, 5, 6, 7, 8;
create index tag_hour_emptied on tag_hour (anchor) where tags <= 0;
