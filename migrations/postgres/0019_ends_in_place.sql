-- PostgreSQL. Its twin with the same number is in ../sqlite.
-- A start and an end stay on the run's own page and move no index of the ledger (0032).

-- All runs are looked at once, and other programs' transactions are waited for.
set local statement_timeout = 0;
set local lock_timeout = 0;
-- First of all, in the order in which runs are started and ended: no end may come between the look and the triggers.
lock table run_queue, operation_runs, run_decisions, run_attempts, notifications in access exclusive mode;

-- Which runs ended how, in the order of the lists. An index of the ledger would move with each end, and all its
-- other indexes with it: PostgreSQL writes a row's new version without them only where no indexed value changes.
create table run_outcomes (
  workspace_id uuid not null,
  scope_id uuid not null,
  outcome text not null,
  queued_at bigint not null,
  run_id uuid not null,
  type text not null,
  primary key (scope_id, outcome, queued_at, run_id) include (type)
);
insert into run_outcomes (workspace_id, scope_id, outcome, queued_at, run_id, type)
  select workspace_id, scope_id, outcome, queued_at, id, type from operation_runs where outcome <> 'pending'
  order by scope_id, outcome, queued_at, id;
drop index operation_runs_by_outcome;

-- Those that are not over stand in the queue, and there in the same order.
alter table run_queue add column queued_at bigint;
update run_queue q set queued_at = r.queued_at from operation_runs r where r.id = q.run_id;
alter table run_queue alter column queued_at set not null;
create index run_queue_listed on run_queue (scope_id, queued_at, run_id);

-- The ledger's triggers alone write it: a completed run never changes, so each comes once.
create function runs_ended() returns trigger language plpgsql as $$
begin
  insert into run_outcomes (workspace_id, scope_id, outcome, queued_at, run_id, type)
    select r.workspace_id, r.scope_id, r.outcome, r.queued_at, r.id, r.type from written r where r.outcome <> 'pending';
  return null;
end $$;
create trigger runs_ended after update on operation_runs referencing new table as written
  for each statement execute function runs_ended();
create function run_born_ended() returns trigger language plpgsql as $$
begin
  insert into run_outcomes (workspace_id, scope_id, outcome, queued_at, run_id, type)
    values (new.workspace_id, new.scope_id, new.outcome, new.queued_at, new.id, new.type);
  return null;
end $$;
create trigger run_born_ended after insert on operation_runs for each row
  when (new.outcome <> 'pending') execute function run_born_ended();
create trigger run_outcomes_derived before insert on run_outcomes for each statement
  when (pg_trigger_depth() = 0) execute function run_refused('the ledger alone says how a run ended');
create trigger run_outcomes_frozen before update or delete on run_outcomes for each row execute function append_only();
create trigger run_outcomes_whole before truncate on run_outcomes for each statement execute function append_only();

-- Room on the page for both versions of a run that its start and its end write.
alter table operation_runs set (fillfactor = 50);

-- The wall around a run as before, asked when the row is written and not before: a trigger before it locks the row,
-- in a record of its own in the log, and has every generated column computed again.
drop trigger run_completed_stays on operation_runs;
drop trigger run_goes_back_as_new_attempt on operation_runs;
drop trigger run_identity_stays on operation_runs;
drop trigger run_first_start_stays on operation_runs;
drop trigger run_succeeds_running on operation_runs;
drop trigger run_checkpoint_wall on operation_runs;
create trigger run_completed_stays after update on operation_runs for each row
  when (old.status = 'completed')
  execute function run_refused('a completed run does not change');
create trigger run_goes_back_as_new_attempt after update on operation_runs for each row
  when (new.attempt < old.attempt
    or (old.status = 'running' and new.status = 'queued' and new.attempt <= old.attempt))
  execute function run_refused('a run goes back to the queue as a new attempt');
-- The place in the lists is a part of it.
create trigger run_identity_stays after update on operation_runs for each row
  when (new.id <> old.id or new.workspace_id <> old.workspace_id
    or new.tenant_id is distinct from old.tenant_id or new.type <> old.type
    or new.authority_mode <> old.authority_mode or new.user_id is distinct from old.user_id
    or new.required_capability <> old.required_capability or new.queued_at <> old.queued_at)
  execute function run_refused('the identity of a run does not change');
-- The moment of the first start is written by a start alone, and stays.
create trigger run_first_start_stays after update on operation_runs for each row
  when (new.started_at is distinct from old.started_at and (old.started_at is not null or new.status <> 'running'))
  execute function run_refused('only a start sets when a run started');
create trigger run_succeeds_running after update on operation_runs for each row
  when (old.status = 'queued' and new.outcome = 'succeeded')
  execute function run_refused('a run that does not run does not succeed');
create trigger run_checkpoint_wall after update on operation_runs for each row
  when (new.blocked_phase = 'checkpoint') execute function run_checkpoint_wall();
drop trigger run_insert_wall on operation_runs;
drop function run_insert_wall();
create trigger run_insert_wall after insert on operation_runs for each row
  when (new.status = 'running' or new.started_attempt is not null)
  execute function run_refused('a run is born queued, or completed without a start');

-- Whose run it is, asked once for all rows of a statement, and without a lock on the run's row: runs are never
-- deleted and keep their owner, and their rows here keep their run.
alter table run_decisions drop constraint run_decisions_workspace_id_scope_id_run_id_fkey;
alter table run_attempts drop constraint run_attempts_workspace_id_scope_id_run_id_fkey;
alter table notifications drop constraint notifications_workspace_id_scope_id_run_id_fkey;
create function run_owned() returns trigger language plpgsql as $$
begin
  if exists (
    select 1 from added a where not exists (
      select 1 from operation_runs r
      where r.id = a.run_id and r.scope_id = a.scope_id and r.workspace_id = a.workspace_id)) then
    raise exception 'rows of % are of a run that there is, and of its owner', tg_table_name
      using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;
create trigger run_decisions_owned after insert on run_decisions referencing new table as added
  for each statement execute function run_owned();
create trigger run_attempts_owned after insert on run_attempts referencing new table as added
  for each statement execute function run_owned();
create trigger notifications_owned after insert on notifications referencing new table as added
  for each statement execute function run_owned();
create trigger run_attempts_stay after update on run_attempts for each row
  when (new.run_id <> old.run_id or new.scope_id <> old.scope_id or new.workspace_id <> old.workspace_id)
  execute function run_refused('an attempt stays with its run');
create trigger notifications_stay after update on notifications for each row
  when (new.run_id <> old.run_id or new.scope_id <> old.scope_id or new.workspace_id <> old.workspace_id)
  execute function run_refused('a notification stays with its run');

-- One index for the bell and for the row itself.
alter table notifications drop constraint notifications_pkey;
drop index notifications_user;
alter table notifications add primary key (user_id, created_at, id);
