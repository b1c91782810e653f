//! Revocations between the request and the start: each is seen, and leaves a blocked run.

use std::sync::Arc;

use domain::{
    capability::Role,
    lifecycle::TenantLifecycle,
    operation::OperationType,
    reason::ReasonCode,
    run::{RunOutcome, RunStatus},
};
use store::Scope;

use crate::{
    database::Database,
    world::{World, worker},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    TenantMembershipRemoved,
    WorkspaceMembershipRemoved,
    RoleLowered,
    TenantArchived,
    ConnectionDisabled,
    UserDisabled,
    UserGone,
}

use Revocation::{
    ConnectionDisabled, RoleLowered, TenantArchived, TenantMembershipRemoved, UserDisabled,
    UserGone, WorkspaceMembershipRemoved,
};

pub const EXPECTED: [(Revocation, ReasonCode); 7] = [
    (TenantMembershipRemoved, ReasonCode::TenantNotEntitled),
    (WorkspaceMembershipRemoved, ReasonCode::InitiatorNotEntitled),
    (RoleLowered, ReasonCode::MissingCapability),
    (TenantArchived, ReasonCode::TenantNotOperable),
    (ConnectionDisabled, ReasonCode::ProviderConnectionInvalid),
    (UserDisabled, ReasonCode::InitiatorNotEntitled),
    (UserGone, ReasonCode::InitiatorMissing),
];

pub async fn revoke(world: &World, revocation: Revocation, of: &Scope) {
    let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
    let user = of.user_id();
    match revocation {
        TenantMembershipRemoved => store
            .tenant_member_remove(owner, tenant, user)
            .await
            .unwrap(),
        WorkspaceMembershipRemoved => {
            let workspace = &world.workspace;
            store
                .workspace_member_remove(owner, workspace, user)
                .await
                .unwrap();
        }
        RoleLowered => {
            let role = Role::Readonly;
            store
                .tenant_role_set(owner, tenant, user, role)
                .await
                .unwrap();
        }
        TenantArchived => world.lifecycle(TenantLifecycle::Archived).await,
        ConnectionDisabled => {
            let connection = world.connection;
            store
                .connection_disable(owner, tenant, connection)
                .await
                .unwrap();
        }
        UserDisabled => store.user_disable(of.email()).await.unwrap(),
        UserGone => {
            let user = world.db.id(user.as_uuid());
            world
                .db
                .raw
                .run(&format!("delete from users where id = {user}"))
                .await;
        }
    }
}

pub async fn restore(world: &World, revocation: Revocation) {
    match revocation {
        TenantArchived => world.lifecycle(TenantLifecycle::Active).await,
        ConnectionDisabled => {
            let (owner, tenant) = (&world.owner, &world.tenant);
            world
                .store
                .connection_enable(owner, tenant, world.connection)
                .await
                .unwrap();
        }
        _ => {}
    }
}

pub async fn l04_every_revocation_between_request_and_start_is_seen(db: Arc<Database>) {
    let world = World::new(&db).await;
    for (index, (revocation, code)) in EXPECTED.into_iter().enumerate() {
        let operator = world.operator(&format!("operator{index}")).await;
        let run = world.sync(&operator).await;
        revoke(&world, revocation, &operator).await;
        let started = world.store.runs_start(worker(), 10).await.unwrap();
        assert!(started.running.is_empty(), "{revocation:?}");
        assert_eq!(started.refused.len(), 1, "{revocation:?}");

        let access = world.store.run(&world.owner, run).await.unwrap();
        let row = access.run();
        assert_eq!(row.state.status, RunStatus::Completed, "{revocation:?}");
        assert_eq!(row.state.outcome, RunOutcome::Blocked, "{revocation:?}");
        assert_eq!(row.started_at, None, "{revocation:?}");
        assert_eq!(row.refusal_code(), Some(code), "{revocation:?}");
        assert_eq!(row.denial_class, Some(code.class()), "{revocation:?}");
        assert_eq!(
            row.blocked_phase.as_deref(),
            Some("start"),
            "{revocation:?}"
        );
        assert!(row.counts.is_empty());
        let decisions = world.store.run_decisions(&access).await.unwrap();
        assert_eq!(decisions.len(), 1, "{revocation:?}");
        assert!(!decisions[0].allowed);
        assert_eq!(decisions[0].retryable, code.class().is_retryable());
        assert!(world.store.run_attempts(&access).await.unwrap().is_empty());
        assert!(world.store.run_items(&access).await.unwrap().is_empty());
        for (action, count) in [
            ("run.requested", 1),
            ("run.started", 0),
            ("run.blocked", 1),
            ("run.completed", 0),
        ] {
            assert_eq!(
                world.audited(action, run).await,
                count,
                "{revocation:?} {action}"
            );
        }
        assert_eq!(world.count("run_queue", run).await, 0);
        let told = i64::from(revocation != UserGone);
        assert_eq!(
            world.count("notifications", run).await,
            told,
            "{revocation:?}"
        );

        // What the page says was true meanwhile; deleting a person is past the program, and no entry.
        let decided = decisions[0].decided_at;
        let changes = world
            .store
            .run_changes_until(&access, decided)
            .await
            .unwrap();
        let expected = match revocation {
            UserGone => None,
            UserDisabled => Some("user.disabled"),
            TenantMembershipRemoved => Some("tenant_membership.removed"),
            WorkspaceMembershipRemoved => Some("workspace_membership.removed"),
            RoleLowered => Some("tenant_membership.role_set"),
            TenantArchived => Some("tenant.lifecycle_set"),
            ConnectionDisabled => Some("provider_connection.disabled"),
        };
        let found: Vec<_> = changes.iter().map(|change| &*change.action).collect();
        assert_eq!(
            found,
            expected.into_iter().collect::<Vec<_>>(),
            "{revocation:?}"
        );
        restore(&world, revocation).await;
    }
    assert!(
        world
            .store
            .audit_verify()
            .await
            .unwrap()
            .iter()
            .all(|v| v.broken_at.is_none())
    );
}

pub async fn l14_a_refused_system_run_notifies_nobody(db: Arc<Database>) {
    let world = World::new(&db).await;
    let run = world.sync_by_system().await;
    world.lifecycle(TenantLifecycle::Archived).await;
    let started = world.store.runs_start(worker(), 10).await.unwrap();
    assert_eq!(started.refused.len(), 1);
    assert_eq!(world.audited("run.blocked", run).await, 1);
    assert_eq!(
        db.raw.int("select count(*) from notifications").await,
        Some(0)
    );
    // An archived tenant lets nothing in, but what is there stays readable.
    let access = world.store.run(&world.owner, run).await.unwrap();
    assert_eq!(access.run().state.outcome, RunOutcome::Blocked);
    let spec = OperationType::InventorySync.spec();
    assert_eq!(
        access.run().required_capability,
        spec.start_capability.as_str()
    );
}
