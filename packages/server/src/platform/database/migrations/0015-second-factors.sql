-- A password of 15 characters or more opens an account alone; a shorter one only beside a second factor.
alter table subject add column password_stands_alone boolean not null default true;

-- How whoever holds the session proved who they are, and when last.
alter table session add column factor text not null default 'password';
alter table session add column proved_at timestamptz;
update session set proved_at = created_at;
alter table session alter column proved_at set not null;

-- An authenticator application (TOTP). Its secret is sealed elsewhere. Steps up to `last_step` (30 s each, since 1970) count no more.
create table totp (
  subject_id text primary key references subject (id),
  created_at timestamptz not null,
  confirmed_at timestamptz,
  last_step int8 not null
);

-- Recovery codes as their SHA-256: 120 random bits each, and a code that was used is gone.
create table recovery_code (
  subject_id text not null references subject (id),
  code_hash bytea not null,
  primary key (subject_id, code_hash)
);
