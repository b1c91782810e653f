-- SQLite. Its twin with the same number is in ../postgres.

-- Words that were sealed with the installation's key: a process whose key does not open them does not start.
create table key_check (
  id integer primary key check (id = 1),
  sealed blob not null,
  made_at integer not null
) strict;
