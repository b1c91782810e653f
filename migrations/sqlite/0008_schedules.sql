-- SQLite. Its twin with the same number is in ../postgres.
-- Operations that run by themselves at stated times, what became of each time, and what is tidied away.

-- Deleted ones stay, so that the runs they made can name them.
create table schedules (
  workspace_id blob not null,
  tenant_id blob not null,
  scope_id blob not null generated always as (tenant_id) stored,
  id blob primary key,
  name text not null check (length(name) between 1 and 200),
  type text not null,
  cadence text not null,
  days integer not null check (days between 1 and 127),
  minutes integer not null check (minutes between 0 and 1439),
  zone text not null,
  state text not null,
  -- Moves with whatever makes a queued slot another one than was meant: what, when, whether.
  revision integer not null check (revision >= 1),
  -- The slot that comes next; none while there is none.
  next_at integer,
  created_by blob,
  created_by_name text not null,
  created_at integer not null,
  -- Moves with every change by a person.
  version integer not null,
  unique (workspace_id, scope_id, id),
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id),
  check (state = 'active' or next_at is null)
) strict;
create index schedules_due on schedules (next_at, id) where next_at is not null;
create index schedules_by_scope on schedules (scope_id, name, id);

-- One row a slot that came: whatever the number of schedulers, its key lets one of them decide.
create table schedule_slots (
  workspace_id blob not null,
  scope_id blob not null,
  schedule_id blob not null,
  slot_at integer not null,
  fate text not null,
  -- Missed slots beyond a bound share a row: the first, the last, how many.
  last_slot_at integer not null,
  slots integer not null check (slots >= 1),
  -- The run it made; of a skipped one, the run that stood in its way.
  run_id blob,
  reason text,
  revision integer not null,
  decided_at integer not null,
  primary key (schedule_id, slot_at),
  foreign key (workspace_id, scope_id, schedule_id) references schedules (workspace_id, scope_id, id),
  -- Checked at the end: the slot is taken before its run is written.
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id)
    deferrable initially deferred,
  check (fate <> 'run' or run_id is not null),
  check (last_slot_at >= slot_at and (slots > 1 or last_slot_at = slot_at))
) strict;

-- Once more for the ledger itself: a slot never has two runs.
create unique index operation_runs_one_a_slot on operation_runs (schedule_id, slot_at) where slot_at is not null;

-- What was taken from a completed run, and when; the run itself never changes any more.
create table run_removals (
  workspace_id blob not null,
  scope_id blob not null,
  run_id blob primary key,
  items integer not null,
  reports integer not null,
  kept_days integer not null,
  removed_at integer not null,
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id)
) strict;

-- What this installation does by itself now and then, and when it last did.
create table upkeep (
  task text primary key,
  last_at integer not null,
  setting integer
) strict;
insert into upkeep (task, last_at, setting) values ('retention', 0, 90);

-- The times in which somebody was there to claim runs.
create table worker_presence (
  began_at integer primary key,
  until_at integer not null
) strict;

-- The foreign keys that keep tenants apart, once more for connections that did not ask for them.
create trigger schedules_owned before insert on schedules
when not exists (select 1 from tenants t where t.workspace_id = new.workspace_id and t.id = new.tenant_id)
begin
  select raise(abort, 'the tenant is not of this workspace');
end;
create trigger schedules_stay before update of workspace_id, tenant_id, id, revision on schedules
when new.workspace_id <> old.workspace_id or new.tenant_id <> old.tenant_id or new.id <> old.id
  or new.revision < old.revision
begin
  select raise(abort, 'a schedule stays where it is, and its revision goes up');
end;
create trigger schedules_kept before delete on schedules
begin
  select raise(abort, 'a schedule is never deleted');
end;
create trigger schedule_slots_owned before insert on schedule_slots
when not exists (
  select 1 from schedules s
  where s.workspace_id = new.workspace_id and s.scope_id = new.scope_id and s.id = new.schedule_id)
begin
  select raise(abort, 'the schedule is not of this scope');
end;
-- What became of a slot is written once.
create trigger schedule_slots_no_update before update on schedule_slots
begin
  select raise(abort, 'schedule_slots is append-only');
end;
create trigger schedule_slots_no_delete before delete on schedule_slots
begin
  select raise(abort, 'schedule_slots is append-only');
end;
create trigger schedule_slots_no_replace before insert on schedule_slots
when exists (select 1 from schedule_slots s where s.schedule_id = new.schedule_id and s.slot_at = new.slot_at)
begin
  select raise(ignore);
end;
