//! The ways in which somebody loses what a run's authority rests on, each with its way back.

use domain::{capability::Role, decision::Evidence, ids::ConnectionId, lifecycle::TenantLifecycle};
use store::{Scope, Store, TenantAccess};

use crate::world::World;

/// A tenant with somebody who may start runs in it.
pub struct Site {
    pub tenant: TenantAccess,
    pub connection: ConnectionId,
    pub operator: Scope,
    pub email: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    UserDisabled,
    LeftWorkspace,
    MembershipRemoved,
    RoleLowered,
    TenantArchived,
    ConnectionDisabled,
}

pub const KINDS: [Kind; 6] = [
    Kind::UserDisabled,
    Kind::LeftWorkspace,
    Kind::MembershipRemoved,
    Kind::RoleLowered,
    Kind::TenantArchived,
    Kind::ConnectionDisabled,
];

impl Site {
    /// The first tenant of a world and an operator of it.
    pub async fn first(world: &World) -> Self {
        let name = "operator";
        Self {
            tenant: world.tenant.clone(),
            connection: world.connection,
            operator: world.operator(name).await,
            email: format!("{name}@example.test"),
        }
    }

    /// Another tenant with an operator of its own.
    pub async fn another(world: &World, number: usize) -> Self {
        let name = format!("operator{number}");
        let (tenant, connection) = world.another_site(&format!("Tenant {number}")).await;
        let operator = world.person(&name, Some(Role::Operator), None).await;
        let site = Self {
            tenant,
            connection,
            operator,
            email: format!("{name}@example.test"),
        };
        site.set_role(&world.store, world, Role::Operator).await;
        site
    }

    async fn set_role(&self, store: &Store, world: &World, role: Role) {
        let user = self.operator.user_id();
        let set = store.tenant_role_set(&world.owner, &self.tenant, user, role);
        set.await.unwrap();
    }
}

impl Kind {
    /// What the audit log calls it.
    pub const fn action(self) -> &'static str {
        match self {
            Self::UserDisabled => "user.disabled",
            Self::LeftWorkspace => "workspace_membership.removed",
            Self::MembershipRemoved => "tenant_membership.removed",
            Self::RoleLowered => "tenant_membership.role_set",
            Self::TenantArchived => "tenant.lifecycle_set",
            Self::ConnectionDisabled => "provider_connection.disabled",
        }
    }

    /// The version the gate read of the row that is revoked.
    pub const fn read(self, evidence: &Evidence) -> Option<i64> {
        match self {
            Self::UserDisabled => evidence.user_version,
            Self::LeftWorkspace => evidence.workspace_membership_version,
            Self::MembershipRemoved | Self::RoleLowered => evidence.tenant_membership_version,
            Self::TenantArchived => evidence.tenant_version,
            Self::ConnectionDisabled => evidence.connection_version,
        }
    }

    /// The version of that row now; none when it is gone.
    pub async fn version(self, world: &World, site: &Site) -> Option<i64> {
        let workspace = world.db.id(world.workspace.id().as_uuid());
        let tenant = world.db.id(site.tenant.id().as_uuid());
        let user = world.db.id(site.operator.user_id().as_uuid());
        let query = match self {
            Self::UserDisabled => format!("select version from users where id = {user}"),
            Self::LeftWorkspace => format!(
                "select version from workspace_memberships where workspace_id = {workspace} and user_id = {user}"
            ),
            Self::MembershipRemoved | Self::RoleLowered => format!(
                "select version from tenant_memberships where tenant_id = {tenant} and user_id = {user}"
            ),
            Self::TenantArchived => format!("select version from tenants where id = {tenant}"),
            Self::ConnectionDisabled => {
                format!("select version from provider_connections where tenant_id = {tenant}")
            }
        };
        world.db.raw.int(&query).await
    }

    /// Who or what the audit log names as changed.
    pub fn subject(self, site: &Site) -> uuid::Uuid {
        match self {
            Self::UserDisabled
            | Self::LeftWorkspace
            | Self::MembershipRemoved
            | Self::RoleLowered => site.operator.user_id().as_uuid(),
            Self::TenantArchived => site.tenant.id().as_uuid(),
            Self::ConnectionDisabled => site.connection.as_uuid(),
        }
    }

    pub async fn revoke(self, store: &Store, world: &World, site: &Site) {
        let (owner, tenant) = (&world.owner, &site.tenant);
        let user = site.operator.user_id();
        match self {
            Self::UserDisabled => store.user_disable(&site.email).await,
            Self::LeftWorkspace => {
                let leave = store.workspace_member_remove(owner, &world.workspace, user);
                leave.await
            }
            Self::MembershipRemoved => store.tenant_member_remove(owner, tenant, user).await,
            Self::RoleLowered => {
                let lower = store.tenant_role_set(owner, tenant, user, Role::Readonly);
                lower.await
            }
            Self::TenantArchived => {
                let archived = TenantLifecycle::Archived;
                store.tenant_lifecycle_set(owner, tenant, archived).await
            }
            Self::ConnectionDisabled => {
                let disable = store.connection_disable(owner, tenant, site.connection);
                disable.await
            }
        }
        .unwrap();
    }

    pub async fn restore(self, world: &World, site: &Site) {
        let (store, owner) = (&world.store, &world.owner);
        let user = site.operator.user_id();
        match self {
            Self::UserDisabled => store.user_enable(&site.email).await.unwrap(),
            Self::LeftWorkspace => {
                let join = store.workspace_role_set(owner, &world.workspace, user, Role::Operator);
                join.await.unwrap();
                site.set_role(store, world, Role::Operator).await;
            }
            Self::MembershipRemoved | Self::RoleLowered => {
                site.set_role(store, world, Role::Operator).await;
            }
            Self::TenantArchived => {
                let tenant = store.tenant(owner, site.tenant.id()).await.unwrap();
                let back = store.tenant_lifecycle_set(owner, &tenant, TenantLifecycle::Active);
                back.await.unwrap();
            }
            Self::ConnectionDisabled => {
                let enable = store.connection_enable(owner, &site.tenant, site.connection);
                enable.await.unwrap();
            }
        }
    }
}
