-- Whose personal values the log commits to: a person's id, or the value itself where nobody is known. Each has a data key
-- of its own (sealed in sealed_secret); erasing deletes the row, the key and the values.
create table personal_subject (
  subject text primary key,
  created_at timestamptz not null
);

-- The salt and the value behind one commitment of one entry, under the data key of its subject.
create table personal_value (
  entry_id text not null,
  field text not null,
  subject text not null references personal_subject (subject),
  box bytea not null,
  primary key (entry_id, field)
);
create index personal_value_subject on personal_value (subject);

-- While one is not lifted, nothing of its subject is erased.
create table legal_hold (
  id text primary key,
  subject text not null,
  reason text not null,
  placed_by text not null,
  placed_at timestamptz not null,
  lifted_at timestamptz
);
create unique index legal_hold_once on legal_hold (subject) where lifted_at is null;
