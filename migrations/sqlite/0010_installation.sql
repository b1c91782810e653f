-- SQLite. Its twin with the same number is in ../postgres.

-- What kind of database this is. No row: an installation that people use. A benchmark and a trial of faults
-- mark the empty database that they fill; operation types of the laboratory exist only there.
create table installation (
  id integer primary key check (id = 1),
  habitat text not null,
  made_at integer not null
) strict;
create trigger installation_stays before update on installation
begin
  select raise(abort, 'an installation stays what it was made as');
end;
create trigger installation_kept before delete on installation
begin
  select raise(abort, 'an installation stays what it was made as');
end;
