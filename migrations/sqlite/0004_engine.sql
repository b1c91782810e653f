-- SQLite. Its twin with the same number is in ../postgres.
-- What a run and its place in the queue have to say beyond their first attempt.

-- The run that this one is a part of; the slot of a schedule that it fills; when nobody was left to end it.
alter table operation_runs add column parent_id blob references operation_runs (id);
alter table operation_runs add column schedule_id blob;
alter table operation_runs add column schedule_revision integer;
alter table operation_runs add column slot_at integer;
alter table operation_runs add column reconciled_at integer;
create index operation_runs_by_parent on operation_runs (parent_id, id) where parent_id is not null;
create index operation_runs_by_schedule on operation_runs (schedule_id, slot_at) where schedule_id is not null;

-- Why it does not start at once, how often it was tried, and who wants it ended.
alter table run_queue add column waiting_code text;
alter table run_queue add column retries integer not null default 0;
alter table run_queue add column rescues integer not null default 0;
alter table run_queue add column connection_id blob;
alter table run_queue add column cancel_requested_at integer;
alter table run_queue add column cancel_requested_by blob;
alter table run_queue add column cancel_requested_name text;
