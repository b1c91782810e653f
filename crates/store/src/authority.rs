//! What a person's change in a tenant or workspace rests on, held until the change is committed.
//!
//! A use case asks for the capability when it resolves the tenant or the run, in a read of its own. What is changed
//! then, must not be changed by somebody who lost it between that read and the change.

use domain::capability::Role;

use crate::{
    error::StoreError,
    runs::RunAccess,
    scope::{Scope, WorkspaceAccess},
    sql::{Row, Statement, Tx, args, dialects},
    tenants::TenantAccess,
};

// PostgreSQL locks the rows of a join table by table in the order in which they stand here.
static HOLD: Statement = dialects(
    "tenant_authority_hold",
    "select m.role from users u
     join workspace_memberships w on w.user_id = u.id
     join tenant_memberships m on m.workspace_id = w.workspace_id and m.user_id = u.id
     where u.id = $2 and u.disabled_at is null and m.tenant_id = $1",
    "select m.role from users u
     join workspace_memberships w on w.user_id = u.id
     join tenant_memberships m on m.workspace_id = w.workspace_id and m.user_id = u.id
     where u.id = $2 and u.disabled_at is null and m.tenant_id = $1 for share",
);

static HOLD_IN_WORKSPACE: Statement = dialects(
    "workspace_authority_hold",
    "select w.role from users u join workspace_memberships w on w.user_id = u.id
     where u.id = $2 and u.disabled_at is null and w.workspace_id = $1",
    "select w.role from users u join workspace_memberships w on w.user_id = u.id
     where u.id = $2 and u.disabled_at is null and w.workspace_id = $1 for share",
);

/// Looks again at what the person was resolved with, and keeps it as it is until the transaction ends.
///
/// # Errors
/// `NotFound` when they have lost the tenant meanwhile, `Conflict` when their role is another.
pub(crate) async fn hold(
    tx: &mut Tx,
    scope: &Scope,
    tenant: &TenantAccess,
) -> Result<(), StoreError> {
    let row = tx.first(&HOLD, args![tenant.id(), scope.user_id]).await?;
    is_still(row, tenant.role())
}

/// The same for what a person does to a run: by the membership of its tenant, or of its workspace when it has none.
///
/// # Errors
/// `NotFound` when they have lost it meanwhile, `Conflict` when their role is another.
pub(crate) async fn hold_of_run(
    tx: &mut Tx,
    scope: &Scope,
    run: &RunAccess,
) -> Result<(), StoreError> {
    let row = match run.run().tenant_id {
        Some(tenant) => tx.first(&HOLD, args![tenant, scope.user_id]).await?,
        None => {
            let args = args![run.run().workspace_id, scope.user_id];
            tx.first(&HOLD_IN_WORKSPACE, args).await?
        }
    };
    is_still(row, run.role())
}

/// The same for what a person does in a workspace as a whole.
///
/// # Errors
/// `NotFound` when they have lost it meanwhile, `Conflict` when their role is another.
pub(crate) async fn hold_in_workspace(
    tx: &mut Tx,
    scope: &Scope,
    workspace: &WorkspaceAccess,
) -> Result<(), StoreError> {
    let args = args![workspace.id, scope.user_id];
    is_still(tx.first(&HOLD_IN_WORKSPACE, args).await?, workspace.role)
}

fn is_still(row: Option<Row>, role: Role) -> Result<(), StoreError> {
    let now = row.ok_or(StoreError::NotFound)?.word("role", Role::parse)?;
    if now == role {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}
