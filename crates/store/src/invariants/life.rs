//! What ledger, queue, decisions and attempts say of each other.

use super::Rule;
use crate::sql::{Statement, dialects, same};

static QUEUE_AGREES: Statement = same(
    "invariant_queue_agrees",
    "select r.id as run_id, 'the ledger says ' || r.status || ', attempt ' || r.attempt || '; the queue '
       || coalesce(q.status || ', attempt ' || q.attempt, 'nothing') as what
     from operation_runs r left join run_queue q on q.run_id = r.id
     where (r.status = 'completed') <> (q.run_id is null)
       or q.status <> r.status or q.attempt <> r.attempt or q.queued_at <> r.queued_at",
);
static RUNNING_DECIDED: Statement = same(
    "invariant_running_is_decided",
    "select r.id as run_id, 'running, attempt ' || r.attempt || ', without an allowing decision about it' as what
     from operation_runs r
     where r.status = 'running' and not exists (
       select 1 from run_decisions d where d.run_id = r.id and d.attempt = r.attempt and d.verdict = 'allowed')",
);
// A run from the seed of a demonstration has no attempts: it has the worker of none.
static ATTEMPTS_DECIDED: Statement = same(
    "invariant_attempts_are_decided",
    "select a.run_id, 'attempt ' || a.attempt || ' was begun and not allowed' as what
     from run_attempts a
     where not exists (
       select 1 from run_decisions d where d.run_id = a.run_id and d.attempt = a.attempt and d.verdict = 'allowed')",
);
static ATTEMPTS_IN_ORDER: Statement = same(
    "invariant_attempts_in_order",
    "select a.run_id, 'attempt ' || a.attempt || ' of ' || r.attempt || ' (' || r.status || ') is '
       || coalesce(a.ended_by, 'open') as what
     from run_attempts a join operation_runs r on r.id = a.run_id
     where a.attempt > r.attempt
       or (a.ended_at is null and (a.attempt < r.attempt or r.status = 'queued'))
       or (a.ended_by = 'finished' and a.attempt <> r.attempt)
       or (a.ended_at is not null and a.ended_at < a.started_at)",
);
static ONE_AFTER_THE_OTHER: Statement = same(
    "invariant_attempts_one_after_the_other",
    "select a.run_id, 'attempt ' || b.attempt || ' began before attempt ' || a.attempt || ' had ended' as what
     from run_attempts a join run_attempts b on b.run_id = a.run_id and b.attempt > a.attempt
     where b.started_at < a.ended_at",
);
static ENDED_BY_ITS_ATTEMPT: Statement = dialects(
    "invariant_ended_by_its_attempt",
    "select r.id as run_id, 'ended by attempt ' || (l.detail ->> 'attempt') || ', and its attempt is ' || r.attempt as what
     from operation_runs r join audit_log l on l.run_id = r.id and l.action = 'run.completed'
     where l.detail ->> 'attempt' <> r.attempt",
    "select r.id as run_id, 'ended by attempt ' || (l.detail::json ->> 'attempt') || ', and its attempt is ' || r.attempt as what
     from operation_runs r join audit_log l on l.run_id = r.id and l.action = 'run.completed'
     where (l.detail::json ->> 'attempt')::bigint <> r.attempt",
);
static BLOCKED_BY_THE_GATE: Statement = same(
    "invariant_blocked_by_the_gate",
    "select r.id as run_id, 'blocked at ' || coalesce(r.blocked_phase, '?') || ' because of '
       || coalesce(r.reason_code, 'nothing') || ', attempt ' || r.attempt as what
     from operation_runs r
     where r.outcome = 'blocked' and (
       -- A bulk alone is blocked by what became of its items; it belongs to no tenant.
       r.blocked_phase is null and (r.tenant_id is not null or r.denial_class is not null)
       or r.blocked_phase in ('request', 'start', 'rescue') and (
       not exists (select 1 from run_decisions d
         where d.run_id = r.id and d.attempt = r.attempt and d.verdict = 'denied' and d.reason_code = r.reason_code)
       or exists (select 1 from run_attempts a where a.run_id = r.id and a.attempt = r.attempt)
       or (r.blocked_phase <> 'rescue' and (r.started_at is not null
         or exists (select 1 from run_items i where i.run_id = r.id)))))",
);
static DENIED_AND_BEGUN: Statement = same(
    "invariant_denied_is_not_begun",
    "select d.run_id, 'attempt ' || d.attempt || ' was refused and begun' as what
     from run_decisions d join run_attempts a on a.run_id = d.run_id and a.attempt = d.attempt
     where d.verdict = 'denied'",
);
static WORKED_WAS_STARTED: Statement = same(
    "invariant_worked_was_started",
    "select r.id as run_id, r.outcome || ' without an allowed attempt ' || r.attempt as what
     from operation_runs r
     where r.outcome = 'succeeded' and not exists (
       select 1 from run_decisions d where d.run_id = r.id and d.attempt = r.attempt and d.verdict = 'allowed')",
);
// SQLite has an index for it, which cannot tell otherwise (0032).
static LISTED_BY_OUTCOME: Statement = dialects(
    "invariant_listed_by_outcome",
    "select r.id as run_id, r.outcome as what from operation_runs r where r.status = 'completed' and r.outcome = 'pending'",
    "select coalesce(r.id, o.run_id) as run_id, 'the ledger says ' || coalesce(r.outcome, 'nothing')
       || ', the lists by outcome ' || coalesce(o.outcome, 'nothing') as what
     from operation_runs r full join run_outcomes o on o.run_id = r.id
     where coalesce(r.outcome, 'nothing') <> coalesce(o.outcome, 'pending')
       or o.queued_at <> r.queued_at or o.scope_id <> r.scope_id or o.workspace_id <> r.workspace_id
       or o.type <> r.type",
);
static SLOT_ONCE: Statement = same(
    "invariant_slot_once",
    "select r.id as run_id, 'another run fills the same slot of its schedule' as what
     from operation_runs r
     where exists (select 1 from operation_runs o
       where o.schedule_id = r.schedule_id and o.slot_at = r.slot_at and o.id <> r.id)",
);
static INVENTORY_OF_ITS_TENANT: Statement = same(
    "invariant_inventory_of_its_tenant",
    "select r.id as run_id, 'wrote ' || count(*) || ' objects of another tenant' as what
     from inventory_items i join operation_runs r on r.id = i.last_run_id
     where r.tenant_id is null or r.tenant_id <> i.tenant_id group by r.id",
);

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "I3 queue and ledger say the same",
        broken: &QUEUE_AGREES,
    },
    Rule {
        name: "I4 running only after an allowing decision",
        broken: &RUNNING_DECIDED,
    },
    Rule {
        name: "I4 begun only after an allowing decision",
        broken: &ATTEMPTS_DECIDED,
    },
    Rule {
        name: "I4 what is refused is not begun",
        broken: &DENIED_AND_BEGUN,
    },
    Rule {
        name: "I4 what was worked off was started",
        broken: &WORKED_WAS_STARTED,
    },
    Rule {
        name: "I4 blocked by the gate, and untouched",
        broken: &BLOCKED_BY_THE_GATE,
    },
    Rule {
        name: "I9 only the last attempt is open or finished",
        broken: &ATTEMPTS_IN_ORDER,
    },
    Rule {
        name: "I9 one attempt after the other",
        broken: &ONE_AFTER_THE_OTHER,
    },
    Rule {
        name: "I9 a run is ended by its last attempt",
        broken: &ENDED_BY_ITS_ATTEMPT,
    },
    Rule {
        name: "I9 a run is listed by the outcome that it has",
        broken: &LISTED_BY_OUTCOME,
    },
    Rule {
        name: "I10 one run a slot",
        broken: &SLOT_ONCE,
    },
    Rule {
        name: "I8 objects are written by runs of their tenant",
        broken: &INVENTORY_OF_ITS_TENANT,
    },
];
