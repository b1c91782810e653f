-- PostgreSQL. Its twin with the same number is in ../sqlite.

-- What kind of database this is. No row: an installation that people use. A benchmark and a trial of faults
-- mark the empty database that they fill; operation types of the laboratory exist only there.
create table installation (
  id bigint primary key check (id = 1),
  habitat text not null,
  made_at bigint not null
);
create function installation_stays() returns trigger language plpgsql as $$
begin
  raise exception 'an installation stays what it was made as';
end $$;
create trigger installation_stays before update or delete on installation
for each row execute function installation_stays();
