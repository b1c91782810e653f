//! A run as it stands in the ledger.

use domain::{
    bulk::NOTHING_STARTED,
    ids::{ConnectionId, RunId, ScheduleId, ScopeId, TenantId, UserId, WorkspaceId},
    reason::{DenialClass, ReasonCode},
    run::{AuthorityMode, RunOutcome, RunState, RunStatus},
    summary::SummaryCounts,
    time::Timestamp,
};

use policy::RunKey;

use super::Failure;
use crate::{error::StoreError, sql::Row};

/// The attempt that a row of the queue is about.
pub(super) fn run_key(row: &Row) -> Result<RunKey, StoreError> {
    Ok(RunKey {
        run_id: RunId::from_uuid(row.uuid("run_id")?),
        attempt: row.int("attempt")?,
        workspace_id: WorkspaceId::from_uuid(row.uuid("workspace_id")?),
        scope_id: ScopeId::from_uuid(row.uuid("scope_id")?),
    })
}

/// A run as it stands in the ledger.
#[derive(Debug, Clone)]
pub struct RunRow {
    /// Which run.
    pub id: RunId,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// Its tenant.
    pub tenant_id: Option<TenantId>,
    /// What it belongs to.
    pub scope_id: ScopeId,
    /// The operation's code; may be one this version does not know.
    pub operation_code: String,
    /// Where it is and how it ended.
    pub state: RunState,
    /// Which attempt is the present one.
    pub attempt: i64,
    /// In whose name it is authorised.
    pub authority: AuthorityMode,
    /// Who asked.
    pub user_id: Option<UserId>,
    /// What that person was called then.
    pub initiator_name: String,
    /// The capability attached to it.
    pub required_capability: String,
    /// The connection it was asked for.
    pub connection_id: Option<ConnectionId>,
    /// Its stored context.
    pub context: String,
    /// What was counted.
    pub counts: SummaryCounts,
    /// What went wrong.
    pub failures: Vec<Failure>,
    /// Why it was refused or nothing of it was let start, as a code; or the reason of its first failure.
    pub reason_code: Option<String>,
    /// The class of the refusal.
    pub denial_class: Option<DenialClass>,
    /// When it was refused: request, start, rescue or checkpoint.
    pub blocked_phase: Option<String>,
    /// Which run it tries again.
    pub retry_of: Option<RunId>,
    /// Which run it is a part of.
    pub parent_id: Option<RunId>,
    /// When it was asked for.
    pub queued_at: Timestamp,
    /// When its first attempt started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The schedule it comes from.
    pub schedule_id: Option<ScheduleId>,
    /// The slot of that schedule which it fills.
    pub slot_at: Option<Timestamp>,
    /// When the engine ended it because nobody was left to.
    pub reconciled_at: Option<Timestamp>,
}

/// The columns [`RunRow::of`] reads, for a table called `r`.
pub(super) const COLUMNS: &str = "r.id, r.workspace_id, r.tenant_id, r.scope_id, r.type, r.status, r.outcome, r.attempt,
       r.authority_mode, r.user_id, r.initiator_name, r.required_capability, r.connection_id, r.context,
       r.summary_counts, r.failures, r.reason_code, r.denial_class, r.blocked_phase, r.retry_of, r.parent_id, r.queued_at,
       r.started_at, r.completed_at, r.updated_at, r.schedule_id, r.slot_at, r.reconciled_at";

impl RunRow {
    pub(crate) fn of(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: RunId::from_uuid(row.uuid("id")?),
            workspace_id: WorkspaceId::from_uuid(row.uuid("workspace_id")?),
            tenant_id: row.opt_uuid("tenant_id")?.map(TenantId::from_uuid),
            scope_id: ScopeId::from_uuid(row.uuid("scope_id")?),
            operation_code: row.text("type")?,
            state: RunState {
                status: row.word("status", RunStatus::parse)?,
                outcome: row.word("outcome", RunOutcome::parse)?,
            },
            attempt: row.int("attempt")?,
            authority: row.word("authority_mode", AuthorityMode::parse)?,
            user_id: row.opt_uuid("user_id")?.map(UserId::from_uuid),
            initiator_name: row.text("initiator_name")?,
            required_capability: row.text("required_capability")?,
            connection_id: row.opt_uuid("connection_id")?.map(ConnectionId::from_uuid),
            context: row.text("context")?,
            counts: row.json("summary_counts")?,
            failures: row.json("failures")?,
            reason_code: row.opt_text("reason_code")?,
            denial_class: row.opt_word("denial_class", DenialClass::parse)?,
            blocked_phase: row.opt_text("blocked_phase")?,
            retry_of: row.opt_uuid("retry_of")?.map(RunId::from_uuid),
            parent_id: row.opt_uuid("parent_id")?.map(RunId::from_uuid),
            queued_at: row.time("queued_at")?,
            started_at: row.opt_time("started_at")?,
            completed_at: row.opt_time("completed_at")?,
            updated_at: row.time("updated_at")?,
            schedule_id: row.opt_uuid("schedule_id")?.map(ScheduleId::from_uuid),
            slot_at: row.opt_time("slot_at")?,
            reconciled_at: row.opt_time("reconciled_at")?,
        })
    }

    /// The same run with another end: of a bulk, the end of those items that a person may see.
    #[must_use]
    pub fn told(self, outcome: RunOutcome, failures: Vec<Failure>) -> Self {
        let reason_code = match (self.denial_class, outcome) {
            (Some(_), _) => self.reason_code,
            (None, RunOutcome::Blocked) => Some(NOTHING_STARTED.to_owned()),
            (None, _) => failures.first().map(|failure| failure.reason_code.clone()),
        };
        Self {
            state: RunState {
                outcome,
                ..self.state
            },
            failures,
            reason_code,
            ..self
        }
    }

    /// The refusal's code, when the gate wrote one this version knows.
    pub fn refusal_code(&self) -> Option<ReasonCode> {
        self.reason_code.as_deref().and_then(ReasonCode::parse)
    }
}
