-- Files of rules, for installations of several processes: one syncs its folder in, all read them here. Positions are of
-- the stream `rule`, so that whoever has read up to one has missed nothing. A file that is gone keeps its row, without a text.
create table rule_definition (
  path text primary key,
  position int8 not null unique,
  -- Ids of the rules in it, as written; a file may hold several.
  rule_ids text[] not null,
  -- First characters of the SHA-256 of the text.
  version text not null,
  yaml text,
  updated_at timestamptz not null,
  updated_by jsonb not null
);
