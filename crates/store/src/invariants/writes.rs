//! What intents say of the runs that set out for them, and what a checker compares with a provider's journal.

use domain::{
    ids::{RunId, WorkspaceId},
    intent::IntentState,
    time::Timestamp,
};

use super::Rule;
use crate::{
    Store,
    error::StoreError,
    sql::{Statement, args, same},
};

static INTENT_OF_AN_ATTEMPT: Statement = same(
    "invariant_intent_of_an_attempt",
    "select w.run_id, 'set out for ' || w.op_key || ' in attempt ' || w.attempt || ', which had not begun' as what
     from write_intents w left join run_attempts a on a.run_id = w.run_id and a.attempt = w.attempt
     where a.attempt is null or w.opened_at < a.started_at",
);
static UNKNOWN_IS_TOLD: Statement = same(
    "invariant_unknown_is_told",
    "select r.id as run_id, r.outcome || ', and nobody knows whether ' || w.op_key || ' was done' as what
     from write_intents w join operation_runs r on r.id = w.run_id
     where w.state in ('open', 'indeterminate') and r.status = 'completed' and r.outcome <> 'indeterminate'",
);
static DONE_IS_TOLD: Statement = same(
    "invariant_done_is_told",
    "select r.id as run_id, 'blocked, and ' || w.op_key || ' was done' as what
     from write_intents w join operation_runs r on r.id = w.run_id
     where w.state = 'done' and r.outcome = 'blocked'",
);
static INTENTS: Statement = same(
    "history_intents",
    "select run_id, attempt, op_key, target, state, opened_at, closed_at from write_intents
     where workspace_id = $1 order by run_id, opened_at",
);

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "I1 an intent is of an attempt that was begun",
        broken: &INTENT_OF_AN_ATTEMPT,
    },
    Rule {
        name: "I5 what nobody knows is asked of a person",
        broken: &UNKNOWN_IS_TOLD,
    },
    Rule {
        name: "I5 a run that has written is not blocked",
        broken: &DONE_IS_TOLD,
    },
];

/// A write that was set out for.
#[derive(Debug, Clone)]
pub struct IntentMade {
    /// By which run.
    pub run: RunId,
    /// In which attempt.
    pub attempt: i64,
    /// What names the effect within its run.
    pub op_key: String,
    /// The object's id at the provider.
    pub target: String,
    /// What is known of it.
    pub state: IntentState,
    /// When it was set out for.
    pub opened_at: Timestamp,
    /// When it was known how it ended.
    pub closed_at: Option<Timestamp>,
}

impl Store {
    /// Every write that runs of a workspace have set out for, run by run.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn intents_made(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<IntentMade>, StoreError> {
        self.each(&INTENTS, args![workspace], |row| {
            Ok(IntentMade {
                run: RunId::from_uuid(row.uuid("run_id")?),
                attempt: row.int("attempt")?,
                op_key: row.text("op_key")?,
                target: row.text("target")?,
                state: row.word("state", IntentState::parse)?,
                opened_at: row.time("opened_at")?,
                closed_at: row.opt_time("closed_at")?,
            })
        })
        .await
    }
}
