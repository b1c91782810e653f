-- PostgreSQL. Its twin with the same number is in ../sqlite.
-- What every start and every end of a run pays for.

-- Entries about runs are found by their run; the index by subject is for all others.
drop index audit_log_subject;
create index audit_log_subject on audit_log (workspace_id, subject_id, sequence) where run_id is null;

-- The same wall as before, asked by the executor itself: a function is called only for what is refused.
create function run_refused() returns trigger language plpgsql as $$
begin
  raise exception '%', tg_argv[0] using errcode = 'check_violation';
end $$;
drop trigger run_transition on operation_runs;
drop function run_transition();
create trigger run_completed_stays before update on operation_runs for each row
  when (old.status = 'completed')
  execute function run_refused('a completed run does not change');
create trigger run_goes_back_as_new_attempt before update on operation_runs for each row
  when (new.attempt < old.attempt
    or (old.status = 'running' and new.status = 'queued' and new.attempt <= old.attempt))
  execute function run_refused('a run goes back to the queue as a new attempt');
create trigger run_identity_stays before update on operation_runs for each row
  when (new.id <> old.id or new.workspace_id <> old.workspace_id
    or new.tenant_id is distinct from old.tenant_id or new.type <> old.type
    or new.authority_mode <> old.authority_mode or new.user_id is distinct from old.user_id
    or new.required_capability <> old.required_capability)
  execute function run_refused('the identity of a run does not change');
-- The moment of the first start is written by a start alone, and stays.
create trigger run_first_start_stays before update on operation_runs for each row
  when (new.started_at is distinct from old.started_at and (old.started_at is not null or new.status <> 'running'))
  execute function run_refused('only a start sets when a run started');
create trigger run_succeeds_running before update on operation_runs for each row
  when (old.status = 'queued' and new.outcome = 'succeeded')
  execute function run_refused('a run that does not run does not succeed');
