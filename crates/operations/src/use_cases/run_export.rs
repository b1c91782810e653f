//! A run as a file: what its page says, for whoever has to hand it on (L-12).

use domain::{
    decision::LegitimacyDecision,
    error::ApiError,
    ids::{RunId, TenantId, WorkspaceId},
    reason::DenialClass,
    run::{AuthorityMode, RunOutcome, RunStatus},
    summary::SummaryCounts,
    time::Timestamp,
    views::BulkItemView,
};
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Failure, RunAccess, Scope};

use crate::{Services, problem::Answer as _};

/// A run as JSON; times are microseconds since 1970-01-01T00:00:00Z, as in the decision.
#[derive(Debug, Serialize)]
pub struct RunExport {
    /// Version of this form.
    pub schema_version: u32,
    /// Which run.
    pub id: RunId,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// Its tenant.
    pub tenant_id: Option<TenantId>,
    /// The operation's code.
    pub operation_type: String,
    /// Where it is.
    pub status: RunStatus,
    /// How it ended.
    pub outcome: RunOutcome,
    /// Which attempt is the present one.
    pub attempt: i64,
    /// In whose name it is authorised.
    pub authority_mode: AuthorityMode,
    /// What the person who asked was called then.
    pub initiator_name: String,
    /// Why it was refused or nothing of it was let start, as a code; or the reason of its first failure.
    pub reason_code: Option<String>,
    /// The class of the refusal.
    pub denial_class: Option<DenialClass>,
    /// When it was refused: request, start, rescue or checkpoint.
    pub blocked_phase: Option<String>,
    /// Which run it is a part of.
    pub parent_id: Option<RunId>,
    /// Which run it tries again.
    pub retry_of: Option<RunId>,
    /// When it was asked for.
    pub queued_at: Timestamp,
    /// When its first attempt started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// What was counted.
    pub summary_counts: SummaryCounts,
    /// The items of a bulk run in the tenants of the person who asks; their numbers are the counts above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<BulkItemView>>,
    /// What went wrong, in safe words.
    pub failures: Vec<Failure>,
    /// What was attached as it was asked for, and the newest decision as `execution_legitimacy`.
    pub context: Map<String, Value>,
    /// The decisions about all attempts, in their order.
    pub decisions: Vec<LegitimacyDecision>,
}

impl Services {
    /// A run as JSON, under the rules of its page.
    ///
    /// # Errors
    /// As `run_page`: `NotFound` for unknown, malformed and foreign ids alike; `Forbidden` without
    /// the capability to view it.
    pub async fn run_export(&self, scope: &Scope, run: &str) -> Result<RunExport, ApiError> {
        let request = scope.request_id();
        let id: RunId = run.parse().map_err(|_| ApiError::NotFound)?;
        let run = self.store.run(scope, id).await.answer(request)?;
        run.require_view()?;
        let decisions = self.store.run_decisions(&run).await.answer(request)?;
        let Some(reach) = self.reach_of(scope, &run).await? else {
            return Ok(export(&run, decisions));
        };
        let run = self.as_told(scope, run, &reach).await?;
        let export = export(&run, decisions);
        let bulk = self.bulk_of(scope, &run, &reach.1).await?;
        let counts = export.started_at.map(|_| bulk.tally.counts());
        Ok(RunExport {
            summary_counts: counts.unwrap_or_default(),
            items: Some(bulk.items),
            ..export
        })
    }
}

fn export(run: &RunAccess, decisions: Vec<LegitimacyDecision>) -> RunExport {
    let row = run.run().clone();
    RunExport {
        schema_version: 1,
        id: row.id,
        workspace_id: row.workspace_id,
        tenant_id: row.tenant_id,
        operation_type: row.operation_code,
        status: row.state.status,
        outcome: row.state.outcome,
        attempt: row.attempt,
        authority_mode: row.authority,
        initiator_name: row.initiator_name,
        reason_code: row.reason_code,
        denial_class: row.denial_class,
        blocked_phase: row.blocked_phase,
        parent_id: row.parent_id,
        items: None,
        retry_of: row.retry_of,
        queued_at: row.queued_at,
        started_at: row.started_at,
        completed_at: row.completed_at,
        summary_counts: row.counts,
        failures: row.failures,
        context: context(&row.context, decisions.last()),
        decisions,
    }
}

/// The stored context with the newest decision in it; null while there is none.
fn context(stored: &str, newest: Option<&LegitimacyDecision>) -> Map<String, Value> {
    // A context that cannot be read has nothing to show; the decision says that it was refused.
    let mut context: Map<String, Value> = serde_json::from_str(stored).unwrap_or_default();
    let decision = newest.and_then(|decision| serde_json::to_value(decision).ok());
    context.insert(
        "execution_legitimacy".to_owned(),
        decision.unwrap_or(Value::Null),
    );
    context
}
