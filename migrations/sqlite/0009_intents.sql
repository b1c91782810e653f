-- SQLite. Its twin with the same number is in ../postgres.
-- What the gate refused while a run was at work, and what a run set out to change at the provider.

-- The start of an attempt has its decision; a refusal at a checkpoint is a second one, and ends the run.
create table run_checkpoints (
  workspace_id blob not null,
  scope_id blob not null,
  run_id blob primary key not null,
  attempt integer not null,
  start_verdict text not null generated always as ('allowed') stored,
  reason_code text not null,
  decision text not null,
  decided_at integer not null,
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id),
  foreign key (workspace_id, scope_id, run_id, attempt, start_verdict)
    references run_decisions (workspace_id, scope_id, run_id, attempt, verdict)
) strict;

-- Written before each call that changes something, closed after it. The hashes are of the fields' values
-- as they are to become and as they were, so that a later look at the target can tell which it finds.
create table write_intents (
  workspace_id blob not null,
  scope_id blob not null,
  id blob primary key not null,
  run_id blob not null,
  attempt integer not null,
  op_key text not null,
  kind text not null,
  target text not null,
  label text not null,
  fields text not null,
  body_hash blob not null,
  before_hash blob not null,
  state text not null default 'open',
  reason_code text,
  request_id text,
  opened_at integer not null,
  closed_at integer,
  answer text,
  answered_by blob,
  answered_name text,
  answered_at integer,
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id),
  constraint intent_state check (state in ('open', 'done', 'failed', 'indeterminate', 'resolved')),
  constraint intent_closed check ((state = 'open') = (closed_at is null)),
  constraint intent_answer check ((state = 'resolved') = (answer is not null) and (answer is null) = (answered_by is null)
    and (answer is null) = (answered_at is null))
) strict;
-- What was done, may have been done, or is about to be done is not set out for a second time.
create unique index write_intents_effect on write_intents (run_id, op_key) where state <> 'failed';
create index write_intents_unknown on write_intents (run_id) where state in ('open', 'indeterminate');

create trigger run_checkpoint_wall before update on operation_runs
when new.blocked_phase = 'checkpoint' and not exists (
  select 1 from run_checkpoints c where c.run_id = new.id and c.attempt = old.attempt)
begin
  select raise(abort, 'no run is refused at a checkpoint without a decision');
end;

create trigger run_checkpoints_owned before insert on run_checkpoints
when not exists (
  select 1 from run_decisions d
  where d.workspace_id = new.workspace_id and d.scope_id = new.scope_id and d.run_id = new.run_id
    and d.attempt = new.attempt and d.verdict = 'allowed')
begin
  select raise(abort, 'a checkpoint is of an attempt that was allowed');
end;
create trigger run_checkpoints_no_replace before insert on run_checkpoints
when exists (select 1 from run_checkpoints c where c.run_id = new.run_id)
begin
  select raise(abort, 'run_checkpoints is append-only');
end;
create trigger run_checkpoints_no_update before update on run_checkpoints
begin
  select raise(abort, 'run_checkpoints is append-only');
end;
create trigger run_checkpoints_no_delete before delete on run_checkpoints
begin
  select raise(abort, 'run_checkpoints is append-only');
end;

create trigger write_intents_wall before insert on write_intents
when new.state <> 'open' or not exists (
  select 1 from operation_runs r
  where r.workspace_id = new.workspace_id and r.scope_id = new.scope_id and r.id = new.run_id
    and r.attempt = new.attempt and r.status = 'running')
begin
  select raise(abort, 'only the attempt that is running sets out to write');
end;
create trigger write_intents_no_replace before insert on write_intents
when exists (select 1 from write_intents i where i.id = new.id)
  or exists (select 1 from write_intents i where i.run_id = new.run_id and i.op_key = new.op_key and i.state <> 'failed')
begin
  select raise(abort, 'a write is set out for once');
end;
create trigger write_intents_transition before update on write_intents
when old.state in ('done', 'failed', 'resolved')
  or (old.state = 'indeterminate' and new.state <> 'resolved')
  or new.workspace_id <> old.workspace_id
  or new.scope_id <> old.scope_id
  or new.id <> old.id
  or new.run_id <> old.run_id
  or new.attempt <> old.attempt
  or new.op_key <> old.op_key
  or new.kind <> old.kind
  or new.target <> old.target
  or new.fields <> old.fields
  or new.body_hash <> old.body_hash
  or new.before_hash <> old.before_hash
begin
  select raise(abort, 'a write intent is closed once, and says what it said');
end;
create trigger write_intents_kept before delete on write_intents
when old.state in ('open', 'indeterminate')
begin
  select raise(abort, 'a question is not deleted');
end;
