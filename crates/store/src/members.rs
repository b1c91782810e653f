//! Memberships at both levels; nothing is inherited from one to the other (V-16).

mod change;
mod found;
mod guard;
mod told;

use domain::{capability::Role, ids::UserId, time::Timestamp};

use crate::{
    Store,
    error::StoreError,
    scope::WorkspaceAccess,
    sql::{Row, Statement, args, same},
    tenants::TenantAccess,
    users::normal_email,
};

pub(crate) use change::set_tenant_role;
pub(crate) use found::found_workspace;
pub(crate) use told::{PersonEntry, tell_workspaces};

/// A member of a workspace or a tenant.
#[derive(Debug, Clone)]
pub struct Member {
    /// Who.
    pub user_id: UserId,
    /// What they are called.
    pub display_name: String,
    /// What they sign in with.
    pub email: String,
    /// What the membership makes of them.
    pub role: Role,
    /// Since when.
    pub since: Timestamp,
}

static WORKSPACE_MEMBERS: Statement = same(
    "workspace_members",
    "select u.id, u.display_name, u.email, m.role, m.created_at
     from workspace_memberships m join users u on u.id = m.user_id
     where m.workspace_id = $1 order by u.display_name, u.id",
);
static TENANT_MEMBERS: Statement = same(
    "tenant_members",
    "select u.id, u.display_name, u.email, m.role, m.created_at
     from tenant_memberships m join users u on u.id = m.user_id
     where m.workspace_id = $1 and m.tenant_id = $2 order by u.display_name, u.id",
);
static USER_BY_EMAIL: Statement = same(
    "user_by_email",
    "select id, display_name from users where email = $1",
);
static WORKSPACE_MEMBER_BY_EMAIL: Statement = same(
    "workspace_member_by_email",
    "select u.id, u.display_name from users u join workspace_memberships m on m.user_id = u.id
     where u.email = $1 and m.workspace_id = $2",
);

fn member_of(row: &Row) -> Result<Member, StoreError> {
    Ok(Member {
        user_id: UserId::from_uuid(row.uuid("id")?),
        display_name: row.text("display_name")?,
        email: row.text("email")?,
        role: row.word("role", Role::parse)?,
        since: row.time("created_at")?,
    })
}

impl Store {
    /// The members of a workspace, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn workspace_members(
        &self,
        workspace: &WorkspaceAccess,
    ) -> Result<Vec<Member>, StoreError> {
        let rows = self
            .db
            .fetch(&WORKSPACE_MEMBERS, args![workspace.id])
            .await?;
        rows.iter().map(member_of).collect()
    }

    /// The members of a tenant, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tenant_members(&self, tenant: &TenantAccess) -> Result<Vec<Member>, StoreError> {
        let args = args![tenant.workspace_id(), tenant.id()];
        let rows = self.db.fetch(&TENANT_MEMBERS, args).await?;
        rows.iter().map(member_of).collect()
    }

    /// Finds a person by address, to make them a member of the workspace.
    ///
    /// # Errors
    /// `NotFound` when nobody signs in with it.
    pub async fn person_by_email(
        &self,
        _workspace: &WorkspaceAccess,
        email: &str,
    ) -> Result<UserId, StoreError> {
        let row = self
            .db
            .first(&USER_BY_EMAIL, args![normal_email(email)])
            .await?;
        Ok(UserId::from_uuid(
            row.ok_or(StoreError::NotFound)?.uuid("id")?,
        ))
    }

    /// Finds a member of the tenant's workspace by address, to make them a member of the tenant.
    ///
    /// # Errors
    /// `NotFound` for strangers and for people of other workspaces alike.
    pub async fn colleague_by_email(
        &self,
        tenant: &TenantAccess,
        email: &str,
    ) -> Result<UserId, StoreError> {
        let args = args![normal_email(email), tenant.workspace_id()];
        let row = self.db.first(&WORKSPACE_MEMBER_BY_EMAIL, args).await?;
        Ok(UserId::from_uuid(
            row.ok_or(StoreError::NotFound)?.uuid("id")?,
        ))
    }
}
