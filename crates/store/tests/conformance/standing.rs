//! What a person changes in a tenant or workspace rests on what they hold at that moment, and not at the look before it.

use std::sync::Arc;

use domain::{
    capability::Role,
    connection::{ConsentStatus, VerificationStatus},
    ids::UserId,
    lifecycle::TenantLifecycle,
};
use store::{
    Connection, ConnectionChange, NewConnection, NewInvitation, NewTenant, StoreError,
    TenantAccess, TenantDetails, WorkspaceAccess,
};

use crate::{
    database::Database,
    held::{LOST, told},
    revocations::{Kind, Site},
    world::World,
};

/// What somebody was resolved with.
struct Seen<'a> {
    world: &'a World,
    site: &'a Site,
    workspace: WorkspaceAccess,
    tenant: TenantAccess,
    connection: Connection,
    colleague: UserId,
}

type Answers = Vec<(&'static str, Result<(), StoreError>)>;

impl<'a> Seen<'a> {
    async fn by(world: &'a World, site: &'a Site, colleague: UserId) -> Self {
        let (store, person) = (&world.store, &site.operator);
        let workspace = store.workspace(person, world.workspace.id()).await.unwrap();
        let tenant = store.tenant(person, site.tenant.id()).await.unwrap();
        let connection = store.connection(&tenant).await.unwrap().unwrap();
        Self {
            world,
            site,
            workspace,
            tenant,
            connection,
            colleague,
        }
    }

    /// Everything that a person can change in a tenant, beside what is proved of schedules, pauses and runs.
    async fn in_the_tenant(&self) -> Answers {
        let (store, person) = (&self.world.store, &self.site.operator);
        let (tenant, connection, own) = (&self.tenant, &self.connection, person.user_id());
        let new = NewConnection {
            display_name: "Another".to_owned(),
            entra_tenant_id: connection.entra_tenant_id.clone(),
            client_id: connection.client_id.clone(),
            consent: ConsentStatus::Granted,
            verification: VerificationStatus::Healthy,
        };
        let renamed = ConnectionChange {
            display_name: "Renamed".to_owned(),
            client_id: connection.client_id.clone(),
        };
        let details = TenantDetails {
            name: "Renamed".to_owned(),
            entra_tenant_id: None,
        };
        let (id, sealed) = (connection.id, vec![1]);
        let archived = TenantLifecycle::Archived;
        let made = store.connection_create(person, tenant, new).await;
        vec![
            (
                "give oneself the role again",
                store
                    .tenant_role_set(person, tenant, own, Role::Owner)
                    .await,
            ),
            (
                "change one's own role",
                store
                    .tenant_role_change(person, tenant, own, Role::Owner)
                    .await,
            ),
            (
                "change a role",
                store
                    .tenant_role_change(person, tenant, self.colleague, Role::Owner)
                    .await,
            ),
            (
                "take somebody out",
                store
                    .tenant_member_remove(person, tenant, self.colleague)
                    .await,
            ),
            ("make a connection", made.map(drop)),
            (
                "switch a connection off",
                store.connection_disable(person, tenant, id).await,
            ),
            (
                "switch a connection on",
                store.connection_enable(person, tenant, id).await,
            ),
            (
                "change a connection",
                store
                    .connection_change(person, tenant, connection, &renamed)
                    .await,
            ),
            (
                "store a secret",
                store
                    .credential_store(person, tenant, id, sealed.clone())
                    .await,
            ),
            (
                "store a certificate",
                store.certificate_store(person, tenant, id, sealed).await,
            ),
            (
                "rename the tenant",
                store.tenant_change(person, tenant, &details).await,
            ),
            (
                "archive the tenant",
                store.tenant_lifecycle_set(person, tenant, archived).await,
            ),
        ]
    }

    /// Everything that a person can change in a workspace as a whole.
    async fn in_the_workspace(&self) -> Answers {
        let (store, person, own) = (
            &self.world.store,
            &self.site.operator,
            self.site.operator.user_id(),
        );
        let workspace = &self.workspace;
        let tenant = NewTenant {
            name: "Another".to_owned(),
            entra_tenant_id: None,
            lifecycle: TenantLifecycle::Draft,
        };
        let invitation = NewInvitation {
            email: "somebody@example.test".to_owned(),
            role: Role::Owner,
        };
        let made = store.tenant_create(person, workspace, tenant).await;
        let invited = store.invitation_create(person, workspace, "token", invitation);
        vec![
            (
                "give oneself the role again",
                store
                    .workspace_role_set(person, workspace, own, Role::Owner)
                    .await,
            ),
            (
                "change one's own role",
                store
                    .workspace_role_change(person, workspace, own, Role::Owner)
                    .await,
            ),
            (
                "change a role",
                store
                    .workspace_role_change(person, workspace, self.colleague, Role::Owner)
                    .await,
            ),
            (
                "take somebody out",
                store
                    .workspace_member_remove(person, workspace, self.colleague)
                    .await,
            ),
            ("make a tenant", made.map(drop)),
            ("invite somebody", invited.await.map(drop)),
            (
                "rename the workspace",
                store.workspace_rename(person, workspace, "Renamed").await,
            ),
        ]
    }
}

fn all_told(kind: Kind, answers: Answers) {
    for (what, answer) in answers {
        told(kind, &answer.map(|()| what));
    }
}

async fn entries(world: &World) -> Option<i64> {
    world.db.raw.int("select count(*) from audit_log").await
}

pub async fn v16_what_a_person_changes_rests_on_what_they_hold_then(db: Arc<Database>) {
    let world = World::new(&db).await;
    let site = Site::first(&world).await;
    let colleague = world.operator("colleague").await.user_id();
    for kind in LOST {
        let seen = Seen::by(&world, &site, colleague).await;
        kind.revoke(&world.store, &world, &site).await;
        let before = entries(&world).await;
        all_told(kind, seen.in_the_tenant().await);
        if matches!(kind, Kind::UserDisabled | Kind::LeftWorkspace) {
            all_told(kind, seen.in_the_workspace().await);
        }
        assert_eq!(entries(&world).await, before, "{kind:?}");
        kind.restore(&world, &site).await;
    }
    let seen = Seen::by(&world, &site, colleague).await;
    let (store, user) = (&world.store, site.operator.user_id());
    let lowered = store.workspace_role_set(&world.owner, &world.workspace, user, Role::Readonly);
    lowered.await.unwrap();
    let before = entries(&world).await;
    all_told(Kind::RoleLowered, seen.in_the_workspace().await);
    assert_eq!(entries(&world).await, before);
}

pub async fn v16_a_changed_role_brings_nobody_back(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner) = (&world.store, &world.owner);
    let (workspace, tenant) = (&world.workspace, &world.tenant);
    let user = world.operator("operator").await.user_id();
    store
        .tenant_member_remove(owner, tenant, user)
        .await
        .unwrap();
    let back = store
        .tenant_role_change(owner, tenant, user, Role::Manager)
        .await;
    assert!(matches!(back, Err(StoreError::NotFound)), "{back:?}");
    store
        .workspace_member_remove(owner, workspace, user)
        .await
        .unwrap();
    let back = store
        .workspace_role_change(owner, workspace, user, Role::Manager)
        .await;
    assert!(matches!(back, Err(StoreError::NotFound)), "{back:?}");
    let members = store.workspace_members(workspace).await.unwrap();
    assert!(members.iter().all(|member| member.user_id != user));
}
