//! What audit log and notifications say of the ledger.

use super::Rule;
use crate::sql::{Statement, dialects, same};

static ONE_REQUEST: Statement = same(
    "invariant_one_request_entry",
    "select r.id as run_id, count(l.sequence) || ' entries say that it was asked for' as what
     from operation_runs r left join audit_log l on l.run_id = r.id and l.action = 'run.requested'
     group by r.id having count(l.sequence) <> 1",
);
static ONE_END: Statement = same(
    "invariant_one_end_entry",
    "select r.id as run_id, r.status || ', and ' || count(l.sequence) || ' entries say that it ended' as what
     from operation_runs r
       left join audit_log l on l.run_id = r.id and l.action in ('run.completed', 'run.blocked')
     group by r.id, r.status
     having count(l.sequence) <> case when r.status = 'completed' then 1 else 0 end",
);
static ONE_START: Statement = same(
    "invariant_one_start_entry",
    "select r.id as run_id, coalesce(a.begun, 0) || ' attempts were begun, ' || coalesce(l.told, 0) || ' entries say so' as what
     from operation_runs r
       left join (select run_id, count(*) as begun from run_attempts group by run_id) a on a.run_id = r.id
       left join (select run_id, count(*) as told from audit_log where action = 'run.started' group by run_id) l
         on l.run_id = r.id
     where coalesce(a.begun, 0) <> coalesce(l.told, 0)",
);
static ONE_REQUEUE: Statement = same(
    "invariant_one_requeue_entry",
    "select r.id as run_id, 'attempt ' || r.attempt || ' after ' || count(l.sequence) || ' entries of lost ones' as what
     from operation_runs r
       left join audit_log l on l.run_id = r.id and l.action in ('run.rescued', 'run.retry_scheduled')
     group by r.id, r.attempt having count(l.sequence) <> r.attempt - 1",
);
// Read once: on PostgreSQL each look into a text that is JSON reads all of it.
static ENTRY_HAS_ITS_DECISION: Statement = dialects(
    "invariant_entry_has_its_decision",
    "select l.run_id, l.action || ' of attempt ' || (l.detail ->> 'attempt') || ' has no such decision' as what
     from audit_log l
     where l.action in ('run.started', 'run.blocked') and l.detail ->> 'phase' <> 'checkpoint' and not exists (
       select 1 from run_decisions d
       where d.run_id = l.run_id and d.attempt = l.detail ->> 'attempt'
         and d.verdict = case l.action when 'run.started' then 'allowed' else 'denied' end)",
    "with told as materialized (
       select run_id, action, detail::jsonb as said from audit_log where action in ('run.started', 'run.blocked'))
     select l.run_id, l.action || ' of attempt ' || (l.said ->> 'attempt') || ' has no such decision' as what
     from told l
     where l.said ->> 'phase' <> 'checkpoint' and not exists (
       select 1 from run_decisions d
       where d.run_id = l.run_id and d.attempt = (l.said ->> 'attempt')::bigint
         and d.verdict = case l.action when 'run.started' then 'allowed' else 'denied' end)",
);
// People whose account is gone are told nothing, and what they were told is gone with them.
static ONE_NOTICE: Statement = same(
    "invariant_one_notice",
    "select r.id as run_id, r.status || ', and its initiator was told ' || count(n.id) || ' times' as what
     from operation_runs r join users u on u.id = r.user_id
       left join notifications n on n.run_id = r.id and n.user_id = r.user_id
     where r.parent_id is null
     group by r.id, r.status having count(n.id) <> case when r.status = 'completed' then 1 else 0 end",
);
static NOBODY_ELSE_IS_TOLD: Statement = same(
    "invariant_nobody_else_is_told",
    "select n.run_id, case when r.user_id is null then 'a run of the system told somebody'
       else 'somebody else than its initiator was told' end as what
     from notifications n join operation_runs r on r.id = n.run_id
     where r.user_id is null or r.user_id <> n.user_id",
);

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "I6 one entry of the request",
        broken: &ONE_REQUEST,
    },
    Rule {
        name: "I6 one entry a start",
        broken: &ONE_START,
    },
    Rule {
        name: "I6 one entry a lost attempt",
        broken: &ONE_REQUEUE,
    },
    Rule {
        name: "I6 one entry of the end",
        broken: &ONE_END,
    },
    Rule {
        name: "I6 an entry of the gate has its decision",
        broken: &ENTRY_HAS_ITS_DECISION,
    },
    Rule {
        name: "I7 one notification to the initiator",
        broken: &ONE_NOTICE,
    },
    Rule {
        name: "I7 nobody else is told",
        broken: &NOBODY_ELSE_IS_TOLD,
    },
];
