-- PostgreSQL. Its twin with the same number is in ../sqlite.

-- Words that were sealed with the installation's key: a process whose key does not open them does not start.
create table key_check (
  id bigint primary key check (id = 1),
  sealed bytea not null,
  made_at bigint not null
);
