-- SQLite. Its twin with the same number is in ../postgres.
-- What a run set out to change goes with its other details, and that is told.

alter table run_removals add column writes integer not null default 0;
create index write_intents_by_run on write_intents (run_id, id);
