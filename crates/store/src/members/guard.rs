//! No workspace and no tenant is left without somebody who can hand out its roles.
//!
//! Each guard locks all memberships that it counts, in the order that every transaction keeps, so
//! two owners who leave at once are put one after the other and the second sees the first gone.

use domain::{
    capability::Role,
    ids::{TenantId, UserId, WorkspaceId},
};
use uuid::Uuid;

use crate::{
    error::StoreError,
    sql::{Row, Statement, Tx, args, dialects, same},
    tenants::TenantAccess,
};

static WORKSPACE_MEMBERS_LOCK: Statement = dialects(
    "workspace_members_lock",
    "select user_id, role from workspace_memberships where workspace_id = $1 order by user_id",
    "select user_id, role from workspace_memberships where workspace_id = $1 order by user_id for update",
);
// The key of a new tenant membership leads here: taken first, because workspaces come first.
static WORKSPACE_MEMBER_HOLD: Statement = dialects(
    "workspace_member_hold",
    "select user_id from workspace_memberships where workspace_id = $1 and user_id = $2",
    "select user_id from workspace_memberships where workspace_id = $1 and user_id = $2 for key share",
);
static TENANT_MEMBERS_LOCK: Statement = dialects(
    "tenant_members_lock",
    "select user_id, role from tenant_memberships where workspace_id = $1 and tenant_id = $2
     order by user_id",
    "select user_id, role from tenant_memberships where workspace_id = $1 and tenant_id = $2
     order by user_id for update",
);
static FELLOW_MEMBERS_LOCK: Statement = dialects(
    "fellow_members_lock",
    "select tenant_id, user_id, role from tenant_memberships
     where workspace_id = $1
       and tenant_id in (select tenant_id from tenant_memberships where workspace_id = $1 and user_id = $2)
     order by tenant_id, user_id",
    "select tenant_id, user_id, role from tenant_memberships
     where workspace_id = $1
       and tenant_id in (select tenant_id from tenant_memberships where workspace_id = $1 and user_id = $2)
     order by tenant_id, user_id for update",
);
static TENANT_NAME_FOR: Statement = same(
    "tenant_name_for",
    "select t.name from tenants t
       join tenant_memberships m on m.workspace_id = t.workspace_id and m.tenant_id = t.id
     where t.workspace_id = $1 and t.id = $2 and m.user_id = $3",
);

/// Whether the last of these memberships with the guarded role is the person's, and it goes.
fn leaves_none(rows: &[Row], user: UserId, becomes: Option<Role>) -> Result<bool, StoreError> {
    let mut others = 0;
    let mut held = false;
    for row in rows {
        if row.word("role", Role::parse)?.is_last_guarded() {
            if row.uuid("user_id")? == user.as_uuid() {
                held = true;
            } else {
                others += 1;
            }
        }
    }
    let keeps = becomes.is_some_and(Role::is_last_guarded);
    Ok(held && !keeps && others == 0)
}

/// Refuses to take the guarded role from the last member of a workspace who has it.
pub(super) async fn workspace_keeps_an_owner(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
    becomes: Option<Role>,
) -> Result<(), StoreError> {
    let rows = tx.fetch(&WORKSPACE_MEMBERS_LOCK, args![workspace]).await?;
    if leaves_none(&rows, user, becomes)? {
        return Err(StoreError::LastOwner);
    }
    Ok(())
}

/// Refuses to take the guarded role from the last member of a tenant who has it.
pub(super) async fn tenant_keeps_an_owner(
    tx: &mut Tx,
    tenant: &TenantAccess,
    user: UserId,
    becomes: Option<Role>,
) -> Result<(), StoreError> {
    let held = args![tenant.workspace_id(), user];
    tx.first(&WORKSPACE_MEMBER_HOLD, held).await?;
    let args = args![tenant.workspace_id(), tenant.id()];
    let rows = tx.fetch(&TENANT_MEMBERS_LOCK, args).await?;
    if leaves_none(&rows, user, becomes)? {
        return Err(StoreError::LastOwner);
    }
    Ok(())
}

/// Refuses to take somebody out of a workspace who is the last owner of one of its tenants.
///
/// The tenant is named only to somebody who is a member of it.
pub(super) async fn tenants_keep_an_owner(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
    asks: UserId,
) -> Result<(), StoreError> {
    let rows = tx
        .fetch(&FELLOW_MEMBERS_LOCK, args![workspace, user])
        .await?;
    let tenant_of = |row: &Row| row.uuid("tenant_id").unwrap_or(Uuid::nil());
    for members in rows.chunk_by(|one, next| tenant_of(one) == tenant_of(next)) {
        if !leaves_none(members, user, None)? {
            continue;
        }
        let tenant = members.first().map_or(Uuid::nil(), tenant_of);
        let args = args![workspace, TenantId::from_uuid(tenant), asks];
        let row = tx.first(&TENANT_NAME_FOR, args).await?;
        let name = row.map(|row| row.text("name")).transpose()?;
        return Err(StoreError::LastOwnerOfTenant { name });
    }
    Ok(())
}
