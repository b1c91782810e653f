-- PostgreSQL. Its twin with the same number is in ../sqlite.
-- What the gate refused while a run was at work, and what a run set out to change at the provider.

-- The start of an attempt has its decision; a refusal at a checkpoint is a second one, and ends the run.
create table run_checkpoints (
  workspace_id uuid not null,
  scope_id uuid not null,
  run_id uuid primary key,
  attempt bigint not null,
  start_verdict text not null generated always as ('allowed') stored,
  reason_code text not null,
  decision text not null,
  decided_at bigint not null,
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id),
  foreign key (workspace_id, scope_id, run_id, attempt, start_verdict)
    references run_decisions (workspace_id, scope_id, run_id, attempt, verdict)
);

-- Written before each call that changes something, closed after it. The hashes are of the fields' values
-- as they are to become and as they were, so that a later look at the target can tell which it finds.
create table write_intents (
  workspace_id uuid not null,
  scope_id uuid not null,
  id uuid primary key,
  run_id uuid not null,
  attempt bigint not null,
  op_key text not null,
  kind text not null,
  target text not null,
  label text not null,
  fields text not null,
  body_hash bytea not null,
  before_hash bytea not null,
  state text not null default 'open',
  reason_code text,
  request_id text,
  opened_at bigint not null,
  closed_at bigint,
  answer text,
  answered_by uuid,
  answered_name text,
  answered_at bigint,
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id),
  constraint intent_state check (state in ('open', 'done', 'failed', 'indeterminate', 'resolved')),
  constraint intent_closed check ((state = 'open') = (closed_at is null)),
  constraint intent_answer check ((state = 'resolved') = (answer is not null) and (answer is null) = (answered_by is null)
    and (answer is null) = (answered_at is null))
);
-- What was done, may have been done, or is about to be done is not set out for a second time.
create unique index write_intents_effect on write_intents (run_id, op_key) where state <> 'failed';
create index write_intents_unknown on write_intents (run_id) where state in ('open', 'indeterminate');

create function run_checkpoint_wall() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from run_checkpoints c where c.run_id = new.id and c.attempt = old.attempt) then
    raise exception 'no run is refused at a checkpoint without a decision' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger run_checkpoint_wall before update on operation_runs for each row
  when (new.blocked_phase = 'checkpoint') execute function run_checkpoint_wall();

create trigger run_checkpoints_frozen before update or delete on run_checkpoints for each row execute function append_only();
create trigger run_checkpoints_whole before truncate on run_checkpoints for each statement execute function append_only();

create function write_intents_wall() returns trigger language plpgsql as $$
begin
  if new.state <> 'open' or not exists (
    select 1 from operation_runs r
    where r.workspace_id = new.workspace_id and r.scope_id = new.scope_id and r.id = new.run_id
      and r.attempt = new.attempt and r.status = 'running') then
    raise exception 'only the attempt that is running sets out to write' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger write_intents_wall before insert on write_intents for each row execute function write_intents_wall();

create function write_intents_transition() returns trigger language plpgsql as $$
begin
  if old.state in ('done', 'failed', 'resolved')
    or (old.state = 'indeterminate' and new.state <> 'resolved')
    or (new.workspace_id, new.scope_id, new.id, new.run_id, new.attempt, new.op_key, new.kind, new.target, new.fields,
        new.body_hash, new.before_hash)
       is distinct from
       (old.workspace_id, old.scope_id, old.id, old.run_id, old.attempt, old.op_key, old.kind, old.target, old.fields,
        old.body_hash, old.before_hash) then
    raise exception 'a write intent is closed once, and says what it said' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger write_intents_transition before update on write_intents for each row execute function write_intents_transition();

create function write_intents_kept() returns trigger language plpgsql as $$
begin
  if old.state in ('open', 'indeterminate') then
    raise exception 'a question is not deleted' using errcode = 'check_violation';
  end if;
  return old;
end $$;
create trigger write_intents_kept before delete on write_intents for each row execute function write_intents_kept();
create trigger write_intents_whole before truncate on write_intents for each statement execute function append_only();
