//! What a person's change in a tenant rests on, held until the change is committed.
//!
//! A use case asks for the capability when it resolves the tenant, in a read of its own. What then lasts by
//! itself, a schedule above all, must not be made by somebody who lost it between that read and the change.

use domain::capability::Role;

use crate::{
    error::StoreError,
    scope::Scope,
    sql::{Statement, Tx, args, dialects},
    tenants::TenantAccess,
};

static HOLD: Statement = dialects(
    "tenant_authority_hold",
    "select m.role from tenant_memberships m
     join workspace_memberships w on w.workspace_id = m.workspace_id and w.user_id = m.user_id
     join users u on u.id = m.user_id and u.disabled_at is null
     where m.tenant_id = $1 and m.user_id = $2",
    "select m.role from tenant_memberships m
     join workspace_memberships w on w.workspace_id = m.workspace_id and w.user_id = m.user_id
     join users u on u.id = m.user_id and u.disabled_at is null
     where m.tenant_id = $1 and m.user_id = $2 for share",
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
    let role = row.ok_or(StoreError::NotFound)?.word("role", Role::parse)?;
    if role == tenant.role() {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}
