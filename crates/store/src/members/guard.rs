//! No workspace and no tenant is left without somebody who can hand out its roles, and none of these is handed out by
//! somebody who lost their own meanwhile.
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
    scope::{Scope, WorkspaceAccess},
    sql::{Row, Statement, Tx, args, dialects, same},
    tenants::TenantAccess,
};

static ACTOR_HOLD: Statement = dialects(
    "membership_actor_hold",
    "select id from users where id = $1 and disabled_at is null",
    "select id from users where id = $1 and disabled_at is null for share",
);
static WORKSPACE_MEMBERS_LOCK: Statement = dialects(
    "workspace_members_lock",
    "select user_id, role from workspace_memberships where workspace_id = $1 order by user_id",
    "select user_id, role from workspace_memberships where workspace_id = $1 order by user_id for update",
);
// The key of a new tenant membership leads to the person's row: taken first, because workspaces come first.
static WORKSPACE_MEMBERS_HOLD: Statement = dialects(
    "workspace_members_hold",
    "select user_id from workspace_memberships where workspace_id = $1 and user_id in ($2, $3) order by user_id",
    "select user_id from workspace_memberships where workspace_id = $1 and user_id in ($2, $3) order by user_id
     for share",
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

/// The person who asks still is what they were resolved with, until the transaction ends.
fn is_still(rows: &[Row], asks: UserId, role: Role) -> Result<(), StoreError> {
    match role_of(rows, asks)? {
        None => Err(StoreError::NotFound),
        Some(now) if now != role => Err(StoreError::Conflict),
        Some(_) => Ok(()),
    }
}

fn role_of(rows: &[Row], user: UserId) -> Result<Option<Role>, StoreError> {
    for row in rows {
        if row.uuid("user_id")? == user.as_uuid() {
            return Ok(Some(row.word("role", Role::parse)?));
        }
    }
    Ok(None)
}

async fn hold_actor(tx: &mut Tx, scope: &Scope) -> Result<(), StoreError> {
    let row = tx.first(&ACTOR_HOLD, args![scope.user_id]).await?;
    row.map(drop).ok_or(StoreError::NotFound)
}

/// Refuses to take the guarded role from the last member of a workspace who has it, and whoever lost their own role
/// in it meanwhile; answers the person's role.
pub(super) async fn workspace_keeps_an_owner(
    tx: &mut Tx,
    scope: &Scope,
    workspace: &WorkspaceAccess,
    user: UserId,
    becomes: Option<Role>,
) -> Result<Option<Role>, StoreError> {
    hold_actor(tx, scope).await?;
    let rows = tx
        .fetch(&WORKSPACE_MEMBERS_LOCK, args![workspace.id])
        .await?;
    is_still(&rows, scope.user_id, workspace.role)?;
    if leaves_none(&rows, user, becomes)? {
        return Err(StoreError::LastOwner);
    }
    role_of(&rows, user)
}

/// Refuses to take the guarded role from the last member of a tenant who has it, and whoever lost their own role
/// in it meanwhile; answers the person's role.
pub(super) async fn tenant_keeps_an_owner(
    tx: &mut Tx,
    scope: &Scope,
    tenant: &TenantAccess,
    user: UserId,
    becomes: Option<Role>,
) -> Result<Option<Role>, StoreError> {
    hold_actor(tx, scope).await?;
    let held = args![tenant.workspace_id(), user, scope.user_id];
    tx.fetch(&WORKSPACE_MEMBERS_HOLD, held).await?;
    let args = args![tenant.workspace_id(), tenant.id()];
    let rows = tx.fetch(&TENANT_MEMBERS_LOCK, args).await?;
    is_still(&rows, scope.user_id, tenant.role())?;
    if leaves_none(&rows, user, becomes)? {
        return Err(StoreError::LastOwner);
    }
    role_of(&rows, user)
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
