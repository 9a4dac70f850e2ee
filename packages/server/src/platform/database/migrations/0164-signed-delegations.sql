-- Handing one's approving over is signed as approving is. What was handed over before has no signature, and counts no more.
alter table delegation add column statement text;
alter table delegation add column statement_digest text;
alter table delegation add column signature jsonb;
alter table delegation add column key_id text;

-- Texts people may sign to hand their approving over, by their SHA-256. Each counts once, for one person, until `expires_at`.
create table delegation_statement (
  digest text primary key,
  delegation_id text not null unique,
  subject_id text not null,
  nonce text not null,
  text text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index delegation_statement_of on delegation_statement (subject_id, created_at);

-- What was signed by whoever broke the glass, as `approval` keeps it: looked at again when the action would run.
alter table break_glass add column statement text;
alter table break_glass add column statement_digest text;
alter table break_glass add column signature jsonb;
alter table break_glass add column key_id text;

-- Why an approval is not believed: what it was given by does not hold up when it is looked at again. Null: it does.
alter table approval add column disbelieved text;
