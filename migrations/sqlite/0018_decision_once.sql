-- SQLite. Its twin with the same number is in ../postgres.

-- A decision's words stand once, in the audit log, where they are chained (0031); this row is the wall: who
-- turns running needs it. What is unique begins with the run, so that the rows of one claim lie beside each other.
-- A table is made anew and takes the old one's name; opening has foreign keys off meanwhile, and the end asks them.
pragma legacy_alter_table = on;
create table run_decisions_made_anew (
  workspace_id blob not null,
  scope_id blob not null,
  run_id blob not null,
  attempt integer not null,
  verdict text not null check (verdict in ('allowed', 'denied')),
  reason_code text,
  decided_at integer not null,
  primary key (run_id, attempt),
  unique (run_id, attempt, verdict, workspace_id, scope_id),
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id),
  check ((verdict = 'denied') = (reason_code is not null))
) strict;
insert into run_decisions_made_anew (workspace_id, scope_id, run_id, attempt, verdict, reason_code, decided_at)
  select workspace_id, scope_id, run_id, attempt, verdict, reason_code, decided_at
  from run_decisions order by run_id, attempt;
drop table run_decisions;
alter table run_decisions_made_anew rename to run_decisions;
pragma legacy_alter_table = off;
alter table run_checkpoints drop column decision;

create trigger run_decisions_no_update before update on run_decisions
begin
  select raise(abort, 'run_decisions is append-only');
end;
create trigger run_decisions_no_delete before delete on run_decisions
begin
  select raise(abort, 'run_decisions is append-only');
end;
-- `insert or replace` deletes the old row without asking the delete triggers.
create trigger run_decisions_no_replace before insert on run_decisions
when exists (select 1 from run_decisions d where d.run_id = new.run_id and d.attempt = new.attempt)
begin
  select raise(abort, 'run_decisions is append-only');
end;
-- The foreign key that keeps tenants apart, once more for connections that did not ask for it.
create trigger run_decisions_owned before insert on run_decisions
when not exists (
  select 1 from operation_runs r
  where r.workspace_id = new.workspace_id and r.scope_id = new.scope_id and r.id = new.run_id)
begin
  select raise(abort, 'the run is not of this scope');
end;

-- What refers to something that is not there undoes all of this.
create table astray (rows integer not null check (rows = 0)) strict;
insert into astray (rows) select count(*) from pragma_foreign_key_check;
drop table astray;
