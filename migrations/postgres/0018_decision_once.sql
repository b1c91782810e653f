-- PostgreSQL. Its twin with the same number is in ../sqlite.

-- A decision's words stand once, in the audit log, where they are chained (0031); this row is the wall: who
-- turns running needs it. What is unique begins with the run, so that the rows of one claim lie beside each other.
-- All runs are looked at once, and other programs' transactions are waited for.
set local statement_timeout = 0;
set local lock_timeout = 0;
alter table operation_runs drop constraint run_start_decision;
alter table run_checkpoints drop constraint run_checkpoints_workspace_id_scope_id_run_id_attempt_start_fkey;
alter table run_decisions drop constraint run_decisions_workspace_id_scope_id_run_id_attempt_verdict_key;
alter table run_decisions drop column decision;
alter table run_checkpoints drop column decision;
alter table run_decisions add constraint run_decisions_of_attempt
  unique (run_id, attempt, verdict, workspace_id, scope_id);
alter table operation_runs add constraint run_start_decision
  foreign key (workspace_id, scope_id, id, started_attempt, start_verdict)
  references run_decisions (workspace_id, scope_id, run_id, attempt, verdict);
alter table run_checkpoints add constraint run_checkpoint_start
  foreign key (workspace_id, scope_id, run_id, attempt, start_verdict)
  references run_decisions (workspace_id, scope_id, run_id, attempt, verdict);
