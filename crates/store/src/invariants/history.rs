//! Decisions in the order of commits, and the grants they were read from: what a checker compares.

use domain::{
    decision::LegitimacyDecision,
    ids::{RunId, ScopeId, TenantId, UserId, WorkerId, WorkspaceId},
    run::RunOutcome,
    time::Timestamp,
};
use uuid::Uuid;

use crate::{
    Store,
    error::StoreError,
    sql::{Statement, args, same},
};

static DECISIONS: Statement = same(
    "history_decisions",
    "select l.sequence, l.at, l.run_id, l.detail, r.user_id, r.tenant_id
     from audit_log l join operation_runs r on r.id = l.run_id
     where l.workspace_id = $1 and l.action in ('run.started', 'run.blocked') order by l.sequence",
);
static CHANGES: Statement = same(
    "history_changes",
    "select sequence, at, scope_id, subject_id, action, detail from audit_log
     where workspace_id = $1 and subject_id is distinct from run_id order by sequence",
);
static ENDS: Statement = same(
    "history_ends",
    "select id, outcome from operation_runs where workspace_id = $1 and status = 'completed' order by id",
);
static ATTEMPTS: Statement = same(
    "history_attempts",
    "select a.run_id, r.tenant_id, a.attempt, a.started_at, coalesce(a.ended_at, r.completed_at) as ended_at,
       a.ended_by
     from run_attempts a join operation_runs r on r.id = a.run_id
     where a.workspace_id = $1 order by a.run_id, a.attempt",
);
static HELD: Statement = same(
    "history_held",
    "select run_id, attempt, owner from run_queue where status = 'running' order by run_id",
);
// One statement, so that the versions and the place among all commits belong together.
static GRANTS: Statement = same(
    "history_grants",
    "select h.sequence, u.version as user_version, u.disabled_at is not null as is_disabled,
       wm.version as workspace_version, tm.version as tenant_membership_version, tm.role as tenant_role,
       t.version as tenant_version, t.lifecycle, c.version as connection_version, c.is_enabled
     from audit_heads h
       join users u on u.id = $2
       join tenants t on t.id = $3 and t.workspace_id = h.workspace_id
       join provider_connections c on c.tenant_id = t.id and c.is_default
       left join workspace_memberships wm on wm.workspace_id = h.workspace_id and wm.user_id = u.id
       left join tenant_memberships tm on tm.tenant_id = t.id and tm.user_id = u.id
     where h.workspace_id = $1",
);

/// A decision that was committed, with its place among the commits of its workspace.
#[derive(Debug, Clone)]
pub struct DecisionMade {
    /// Its place in the audit log.
    pub sequence: i64,
    /// When it was made, after everything was read.
    pub at: Timestamp,
    /// About which run.
    pub run: RunId,
    /// Who asked for the run.
    pub user: Option<UserId>,
    /// In which tenant.
    pub tenant: Option<TenantId>,
    /// What the gate said, and what it had read.
    pub decision: LegitimacyDecision,
}

/// A change that is in the audit log, other than the steps of runs.
#[derive(Debug, Clone)]
pub struct ChangeMade {
    /// Its place in the audit log.
    pub sequence: i64,
    /// When it was made.
    pub at: Timestamp,
    /// In which scope.
    pub scope: ScopeId,
    /// Of whom or what.
    pub subject: Uuid,
    /// What was done.
    pub action: String,
    /// What it became.
    pub detail: serde_json::Value,
}

/// An attempt that was begun.
#[derive(Debug, Clone)]
pub struct AttemptMade {
    /// Of which run.
    pub run: RunId,
    /// In which tenant.
    pub tenant: Option<TenantId>,
    /// Which attempt.
    pub attempt: i64,
    /// When it was begun.
    pub started_at: Timestamp,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// By what, as a word.
    pub ended_by: Option<String>,
}

/// A run that a worker holds.
#[derive(Debug, Clone, Copy)]
pub struct HeldRun {
    /// Which run.
    pub run: RunId,
    /// In which attempt.
    pub attempt: i64,
    /// Who holds it.
    pub worker: WorkerId,
}

/// Whose grants in which tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantsOf {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The person.
    pub user: UserId,
    /// The tenant.
    pub tenant: TenantId,
}

/// What a person's authority in a tenant rests on, as it is after a number of commits of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantState {
    /// After which entry of the audit log.
    pub sequence: i64,
    /// Version of the person, and whether they are disabled.
    pub user: (i64, bool),
    /// Version of the workspace membership.
    pub workspace_membership: Option<i64>,
    /// Version and role of the tenant membership.
    pub tenant_membership: Option<(i64, String)>,
    /// Version and lifecycle of the tenant.
    pub tenant: (i64, String),
    /// Version of the connection, and whether it is switched on.
    pub connection: (i64, bool),
}

impl Store {
    /// Every start and every refusal of a workspace, in the order of their commits.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn decisions_made(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<DecisionMade>, StoreError> {
        self.each(&DECISIONS, args![workspace], |row| {
            Ok(DecisionMade {
                sequence: row.int("sequence")?,
                at: row.time("at")?,
                run: RunId::from_uuid(row.uuid("run_id")?),
                user: row.opt_uuid("user_id")?.map(UserId::from_uuid),
                tenant: row.opt_uuid("tenant_id")?.map(TenantId::from_uuid),
                decision: row.json("detail")?,
            })
        })
        .await
    }

    /// Every change of a workspace that is no step of a run, in the order of their commits.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn changes_made(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<ChangeMade>, StoreError> {
        self.each(&CHANGES, args![workspace], |row| {
            Ok(ChangeMade {
                sequence: row.int("sequence")?,
                at: row.time("at")?,
                scope: ScopeId::from_uuid(row.uuid("scope_id")?),
                subject: row.uuid("subject_id")?,
                action: row.text("action")?,
                detail: row.json("detail")?,
            })
        })
        .await
    }

    /// How each run of a workspace that is over ended.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ends_made(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<(RunId, RunOutcome)>, StoreError> {
        self.each(&ENDS, args![workspace], |row| {
            let run = RunId::from_uuid(row.uuid("id")?);
            Ok((run, row.word("outcome", RunOutcome::parse)?))
        })
        .await
    }

    /// Every attempt of a workspace's runs, run by run.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn attempts_made(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<AttemptMade>, StoreError> {
        self.each(&ATTEMPTS, args![workspace], |row| {
            Ok(AttemptMade {
                run: RunId::from_uuid(row.uuid("run_id")?),
                tenant: row.opt_uuid("tenant_id")?.map(TenantId::from_uuid),
                attempt: row.int("attempt")?,
                started_at: row.time("started_at")?,
                ended_at: row.opt_time("ended_at")?,
                ended_by: row.opt_text("ended_by")?,
            })
        })
        .await
    }

    /// Every run that is being worked on, and by whom.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn runs_held(&self) -> Result<Vec<HeldRun>, StoreError> {
        self.each(&HELD, vec![], |row| {
            Ok(HeldRun {
                run: RunId::from_uuid(row.uuid("run_id")?),
                attempt: row.int("attempt")?,
                worker: WorkerId::from_uuid(row.uuid("owner")?),
            })
        })
        .await
    }

    /// What a person's authority in a tenant rests on now.
    ///
    /// # Errors
    /// `NotFound` when there is no such person, tenant or connection.
    pub async fn grants_now(&self, of: GrantsOf) -> Result<GrantState, StoreError> {
        let args = args![of.workspace, of.user, of.tenant];
        let row = self.db.first(&GRANTS, args).await?;
        let row = row.ok_or(StoreError::NotFound)?;
        let role = row.opt_text("tenant_role")?;
        let membership = row.opt_int("tenant_membership_version")?;
        Ok(GrantState {
            sequence: row.int("sequence")?,
            user: (row.int("user_version")?, row.flag("is_disabled")?),
            workspace_membership: row.opt_int("workspace_version")?,
            tenant_membership: membership.zip(role),
            tenant: (row.int("tenant_version")?, row.text("lifecycle")?),
            connection: (row.int("connection_version")?, row.flag("is_enabled")?),
        })
    }
}
