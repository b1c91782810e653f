//! Decisions in the order of commits, and the grants they were read from: what a checker compares.

use domain::{
    decision::LegitimacyDecision,
    ids::{RunId, TenantId, UserId, WorkspaceId},
};

use crate::{
    Store,
    error::StoreError,
    sql::{Statement, args, same},
};

static DECISIONS: Statement = same(
    "history_decisions",
    "select l.sequence, l.run_id, l.detail, r.user_id, r.tenant_id
     from audit_log l join operation_runs r on r.id = l.run_id
     where l.workspace_id = $1 and l.action in ('run.started', 'run.blocked') order by l.sequence",
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
    /// About which run.
    pub run: RunId,
    /// Who asked for the run.
    pub user: Option<UserId>,
    /// In which tenant.
    pub tenant: Option<TenantId>,
    /// What the gate said, and what it had read.
    pub decision: LegitimacyDecision,
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
        let rows = self.db.fetch(&DECISIONS, args![workspace]).await?;
        rows.iter()
            .map(|row| {
                Ok(DecisionMade {
                    sequence: row.int("sequence")?,
                    run: RunId::from_uuid(row.uuid("run_id")?),
                    user: row.opt_uuid("user_id")?.map(UserId::from_uuid),
                    tenant: row.opt_uuid("tenant_id")?.map(TenantId::from_uuid),
                    decision: row.json("detail")?,
                })
            })
            .collect()
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
