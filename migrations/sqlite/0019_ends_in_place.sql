-- SQLite. Its twin with the same number is in ../postgres.
-- A row of SQLite is written in its place, and only the index by outcome moves with an end: lists read that (0032).

-- When a run in the queue was asked for, as the ledger has it.
alter table run_queue add column queued_at integer not null default 0;
update run_queue set queued_at = (select r.queued_at from operation_runs r where r.id = run_queue.run_id);
