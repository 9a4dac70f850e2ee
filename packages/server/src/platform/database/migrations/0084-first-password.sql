-- Until when a password that somebody else chose opens the account, for choosing another; null: its owner chose it.
alter table subject add column password_until timestamptz;
