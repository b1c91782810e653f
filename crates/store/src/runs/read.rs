//! Reading one run: leave to look at it, and everything its page shows.

use domain::{
    capability::{Capability, Role},
    decision::LegitimacyDecision,
    error::ApiError,
    ids::RunId,
    lifecycle::TenantLifecycle,
    operation::OperationType,
    run::AuthorityMode,
    time::Timestamp,
    verification::VerificationReport,
};
use policy::Grants;

use super::RunRow;
use crate::{
    Store,
    error::StoreError,
    scope::Scope,
    sql::{Statement, args, same},
};

/// Leave to know that a run exists, with the person's role where it belongs (V-01, V-02).
#[derive(Debug, Clone)]
pub struct RunAccess {
    run: RunRow,
    role: Role,
    workspace_name: String,
    tenant: Option<(String, TenantLifecycle)>,
}

impl RunAccess {
    /// The run.
    pub const fn run(&self) -> &RunRow {
        &self.run
    }

    /// The same leave, for a run of which the person is told another end.
    #[must_use]
    pub fn told(self, run: RunRow) -> Self {
        Self { run, ..self }
    }

    /// The name of its workspace.
    pub fn workspace_name(&self) -> &str {
        &self.workspace_name
    }

    /// Name and lifecycle of its tenant, if it has one.
    pub fn tenant(&self) -> Option<(&str, TenantLifecycle)> {
        self.tenant
            .as_ref()
            .map(|(name, lifecycle)| (name.as_str(), *lifecycle))
    }

    /// The person's role where the run belongs.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// What the person may do where the run belongs.
    pub const fn grants(&self) -> Grants {
        Grants::of_membership(self.role)
    }

    /// How much of this run a person may see who is entitled to know of it.
    ///
    /// Whoever asked for it is owed the answer to what became of it, whatever their role holds by now.
    ///
    /// # Errors
    /// `Forbidden` for somebody else's run without the capability to view it.
    pub fn sight(&self, scope: &Scope) -> Result<Sight, ApiError> {
        let asked = self.run.authority == AuthorityMode::ActorBound
            && self.run.user_id == Some(scope.user_id);
        match self.require_view() {
            Ok(()) => Ok(Sight::Whole),
            Err(_) if asked => Ok(Sight::Explanation),
            Err(error) => Err(error),
        }
    }

    /// The capability that viewing this run asks for; a type this version does not know asks for the general one.
    pub fn view_capability(&self) -> Capability {
        OperationType::parse(&self.run.operation_code)
            .map_or(Capability::OperationsView, |operation| {
                operation.spec().view_capability
            })
    }

    /// Asks for the capability to view this run.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn require_view(&self) -> Result<(), ApiError> {
        policy::require(self.grants(), self.view_capability())
    }
}

/// How much of a run a person may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub enum Sight {
    /// Everything.
    Whole,
    /// How it went and why, without what it read or changed.
    Explanation,
}

/// One attempt of a run.
#[derive(Debug, Clone)]
pub struct AttemptRow {
    /// Which attempt.
    pub attempt: i64,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How: `finished`, `lease_expired`, `handed_back`, `broken_off` or `retried`.
    pub ended_by: Option<String>,
}

/// What became of one item of a run.
#[derive(Debug, Clone)]
pub struct ItemRow {
    /// Its stable key.
    pub key: String,
    /// What it is called.
    pub label: String,
    /// What became of it.
    pub outcome: String,
    /// Why not, as a code.
    pub reason_code: Option<String>,
    /// Why not, in words.
    pub message: Option<String>,
    /// How many objects it read.
    pub objects: Option<i64>,
}

/// A change to somebody's or something's standing between two moments.
#[derive(Debug, Clone)]
pub struct ChangeRow {
    /// When.
    pub at: Timestamp,
    /// What, as an audit action.
    pub action: String,
    /// More about it, as JSON.
    pub detail: String,
}

// One statement resolves run, membership and entitlement; no row is the same as no run.
static RUN_RESOLVE: Statement = same(
    "run_resolve",
    "select r.id, r.workspace_id, r.tenant_id, r.scope_id, r.type, r.status, r.outcome, r.attempt,
       r.authority_mode, r.user_id, r.initiator_name, r.required_capability, r.connection_id, r.context,
       r.summary_counts, r.failures, r.reason_code, r.denial_class, r.blocked_phase, r.retry_of, r.parent_id, r.queued_at,
       r.started_at, r.completed_at, r.updated_at, r.schedule_id, r.slot_at, r.reconciled_at,
       ws.name as workspace_name, t.name as tenant_name, t.lifecycle,
       case when r.tenant_id is null then w.role else m.role end as role
     from operation_runs r
     join workspaces ws on ws.id = r.workspace_id
     join workspace_memberships w on w.workspace_id = r.workspace_id and w.user_id = $2
     join users u on u.id = $2 and u.disabled_at is null
     left join tenants t on t.id = r.tenant_id
     left join tenant_memberships m on m.tenant_id = r.tenant_id and m.user_id = $2
     where r.id = $1 and (r.tenant_id is null or m.user_id is not null)",
);
static RUN_DECISIONS: Statement = same(
    "run_decisions_of",
    "select detail as decision from audit_log
     where run_id = $1 and action in ('run.started', 'run.blocked') order by sequence",
);
static RUN_ATTEMPTS: Statement = same(
    "run_attempts_of",
    "select a.attempt, a.started_at, coalesce(a.ended_at, r.completed_at) as ended_at,
       case when a.ended_at is null and r.completed_at is not null then 'finished' else a.ended_by end as ended_by
     from run_attempts a join operation_runs r on r.id = a.run_id where a.run_id = $1 order by a.attempt",
);
static RUN_ITEMS: Statement = same(
    "run_items_of",
    "select key, label, outcome, reason_code, message, objects from run_items
     where run_id = $1 order by position, key limit 500",
);
static RUN_REPORT: Statement = same(
    "run_report_of",
    "select report from verification_reports where run_id = $1",
);
// From the run's own first entry on: sequences tell the order of commits, times only that of beginnings.
static CHANGES_BETWEEN: Statement = same(
    "audit_changes_between",
    "select at, action, detail from audit_log
     where workspace_id = $1 and (subject_id = $2 or subject_id = $3 or subject_id = $4 or subject_id = $8)
       and scope_id in ($5, $1) and run_id is null and at <= $7
       and sequence > (select min(q.sequence) from audit_log q where q.run_id = $6)
     order by sequence desc limit 20",
);
static RETRIES_OF: Statement = same(
    "run_retries_of",
    "select id from operation_runs where workspace_id = $1 and retry_of = $2 order by queued_at limit 20",
);

impl Store {
    /// Resolves a run the person is entitled to know of.
    ///
    /// # Errors
    /// `NotFound` for an unknown id and for a run of other people's tenants alike (V-02).
    pub async fn run(&self, scope: &Scope, id: RunId) -> Result<RunAccess, StoreError> {
        let row = self
            .db
            .first(&RUN_RESOLVE, args![id, scope.user_id])
            .await?;
        let row = row.ok_or(StoreError::NotFound)?;
        let tenant = match row.opt_text("tenant_name")? {
            Some(name) => Some((name, row.word("lifecycle", TenantLifecycle::parse)?)),
            None => None,
        };
        Ok(RunAccess {
            run: RunRow::of(&row)?,
            role: row.word("role", Role::parse)?,
            workspace_name: row.text("workspace_name")?,
            tenant,
        })
    }

    /// The gate's decisions about a run, first attempt first; a refusal at a checkpoint follows its start.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_decisions(
        &self,
        run: &RunAccess,
    ) -> Result<Vec<LegitimacyDecision>, StoreError> {
        let rows = self.db.fetch(&RUN_DECISIONS, args![run.run.id]).await?;
        rows.iter().map(|row| row.json("decision")).collect()
    }

    /// The attempts of a run, first one first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_attempts(&self, run: &RunAccess) -> Result<Vec<AttemptRow>, StoreError> {
        let rows = self.db.fetch(&RUN_ATTEMPTS, args![run.run.id]).await?;
        rows.iter()
            .map(|row| {
                Ok(AttemptRow {
                    attempt: row.int("attempt")?,
                    started_at: row.time("started_at")?,
                    ended_at: row.opt_time("ended_at")?,
                    ended_by: row.opt_text("ended_by")?,
                })
            })
            .collect()
    }

    /// The items of a run, in their order; at most 500.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_items(&self, run: &RunAccess) -> Result<Vec<ItemRow>, StoreError> {
        let rows = self.db.fetch(&RUN_ITEMS, args![run.run.id]).await?;
        rows.iter()
            .map(|row| {
                Ok(ItemRow {
                    key: row.text("key")?,
                    label: row.text("label")?,
                    outcome: row.text("outcome")?,
                    reason_code: row.opt_text("reason_code")?,
                    message: row.opt_text("message")?,
                    objects: row.opt_int("objects")?,
                })
            })
            .collect()
    }

    /// The verification report a run left behind, if it left one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_report(
        &self,
        run: &RunAccess,
    ) -> Result<Option<VerificationReport>, StoreError> {
        let row = self.db.first(&RUN_REPORT, args![run.run.id]).await?;
        row.map(|row| row.json("report")).transpose()
    }

    /// What changed about the initiator, the tenant and the connection of a run up to a moment, newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_changes_until(
        &self,
        run: &RunAccess,
        until: Timestamp,
    ) -> Result<Vec<ChangeRow>, StoreError> {
        let run = &run.run;
        let args = args![
            run.workspace_id,
            run.user_id,
            run.tenant_id,
            run.connection_id,
            run.scope_id,
            run.id,
            until,
            run.schedule_id,
        ];
        let rows = self.db.fetch(&CHANGES_BETWEEN, args).await?;
        rows.iter()
            .map(|row| {
                Ok(ChangeRow {
                    at: row.time("at")?,
                    action: row.text("action")?,
                    detail: row.text("detail")?,
                })
            })
            .collect()
    }

    /// The runs that tried a run again, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_retries(&self, run: &RunAccess) -> Result<Vec<RunId>, StoreError> {
        let args = args![run.run.workspace_id, run.run.id];
        let rows = self.db.fetch(&RETRIES_OF, args).await?;
        rows.iter()
            .map(|row| Ok(RunId::from_uuid(row.uuid("id")?)))
            .collect()
    }
}
