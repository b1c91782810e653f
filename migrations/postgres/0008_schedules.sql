-- PostgreSQL. Its twin with the same number is in ../sqlite.
-- Operations that run by themselves at stated times, what became of each time, and what is tidied away.

-- Deleted ones stay, so that the runs they made can name them.
create table schedules (
  workspace_id uuid not null,
  tenant_id uuid not null,
  scope_id uuid not null generated always as (tenant_id) stored,
  id uuid primary key,
  name text collate "C" not null check (length(name) between 1 and 200),
  type text not null,
  cadence text not null,
  days bigint not null check (days between 1 and 127),
  minutes bigint not null check (minutes between 0 and 1439),
  zone text not null,
  state text not null,
  -- Moves with whatever makes a queued slot another one than was meant: what, when, whether.
  revision bigint not null check (revision >= 1),
  -- The slot that comes next; none while there is none.
  next_at bigint,
  created_by uuid,
  created_by_name text not null,
  created_at bigint not null,
  -- Moves with every change by a person.
  version bigint not null,
  unique (workspace_id, scope_id, id),
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id),
  check (state = 'active' or next_at is null)
);
create index schedules_due on schedules (next_at, id) where next_at is not null;
create index schedules_by_scope on schedules (scope_id, name, id);

-- One row a slot that came: whatever the number of schedulers, its key lets one of them decide.
create table schedule_slots (
  workspace_id uuid not null,
  scope_id uuid not null,
  schedule_id uuid not null,
  slot_at bigint not null,
  fate text not null,
  -- Missed slots beyond a bound share a row: the first, the last, how many.
  last_slot_at bigint not null,
  slots bigint not null check (slots >= 1),
  -- The run it made; of a skipped one, the run that stood in its way.
  run_id uuid,
  reason text,
  revision bigint not null,
  decided_at bigint not null,
  primary key (schedule_id, slot_at),
  foreign key (workspace_id, scope_id, schedule_id) references schedules (workspace_id, scope_id, id),
  -- Checked at the end: the slot is taken before its run is written.
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id)
    deferrable initially deferred,
  check (fate <> 'run' or run_id is not null),
  check (last_slot_at >= slot_at and (slots > 1 or last_slot_at = slot_at))
);

-- Once more for the ledger itself: a slot never has two runs.
create unique index operation_runs_one_a_slot on operation_runs (schedule_id, slot_at) where slot_at is not null;

-- What was taken from a completed run, and when; the run itself never changes any more.
create table run_removals (
  workspace_id uuid not null,
  scope_id uuid not null,
  run_id uuid primary key,
  items bigint not null,
  reports bigint not null,
  kept_days bigint not null,
  removed_at bigint not null,
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id)
);

-- What this installation does by itself now and then, and when it last did.
create table upkeep (
  task text primary key,
  last_at bigint not null,
  setting bigint
);
insert into upkeep (task, last_at, setting) values ('retention', 0, 90);

-- The times in which somebody was there to claim runs.
create table worker_presence (
  began_at bigint primary key,
  until_at bigint not null
);

create function schedules_stay() returns trigger language plpgsql as $$
begin
  if new.workspace_id <> old.workspace_id or new.tenant_id <> old.tenant_id or new.id <> old.id
    or new.revision < old.revision then
    raise exception 'a schedule stays where it is, and its revision goes up' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger schedules_stay before update on schedules for each row execute function schedules_stay();
create trigger schedules_kept before delete on schedules for each row execute function append_only();
-- What became of a slot is written once.
create trigger schedule_slots_frozen before update or delete on schedule_slots
  for each row execute function append_only();
create trigger schedule_slots_whole before truncate on schedule_slots for each statement execute function append_only();
