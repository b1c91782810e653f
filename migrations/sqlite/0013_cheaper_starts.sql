-- SQLite. Its twin with the same number is in ../postgres.
-- What every start and every end of a run pays for.

-- Entries about runs are found by their run; the index by subject is for all others.
drop index audit_log_subject;
create index audit_log_subject on audit_log (workspace_id, subject_id, sequence) where run_id is null;
