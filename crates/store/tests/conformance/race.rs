//! A revocation at the same time as the claim (L-04, small): their audit sequences tell who was first.

use std::sync::Arc;

use domain::{
    capability::Role,
    decision::{Evidence, LegitimacyDecision},
    ids::RunId,
    lifecycle::TenantLifecycle,
};
use store::{Scope, Store};
use tokio::sync::Barrier;

use crate::{
    database::Database,
    world::{World, worker},
};

const ROUNDS: usize = 240;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    MembershipRemoved,
    RoleLowered,
    TenantArchived,
    ConnectionDisabled,
}

pub const KINDS: [Kind; 4] = [
    Kind::MembershipRemoved,
    Kind::RoleLowered,
    Kind::TenantArchived,
    Kind::ConnectionDisabled,
];

impl Kind {
    pub const fn action(self) -> &'static str {
        match self {
            Self::MembershipRemoved => "tenant_membership.removed",
            Self::RoleLowered => "tenant_membership.role_set",
            Self::TenantArchived => "tenant.lifecycle_set",
            Self::ConnectionDisabled => "provider_connection.disabled",
        }
    }

    /// The version the gate read of the row that is revoked.
    pub const fn read(self, evidence: &Evidence) -> Option<i64> {
        match self {
            Self::MembershipRemoved | Self::RoleLowered => evidence.tenant_membership_version,
            Self::TenantArchived => evidence.tenant_version,
            Self::ConnectionDisabled => evidence.connection_version,
        }
    }

    /// The version of that row now.
    pub async fn version(self, world: &World, operator: &Scope) -> Option<i64> {
        let tenant = world.db.id(world.tenant.id().as_uuid());
        let user = world.db.id(operator.user_id().as_uuid());
        let query = match self {
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

    pub async fn revoke(self, world: &World, operator: &Scope) {
        let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
        let user = operator.user_id();
        match self {
            Self::MembershipRemoved => store.tenant_member_remove(owner, tenant, user).await,
            Self::RoleLowered => {
                store
                    .tenant_role_set(owner, tenant, user, Role::Readonly)
                    .await
            }
            Self::TenantArchived => {
                store
                    .tenant_lifecycle_set(owner, tenant, TenantLifecycle::Archived)
                    .await
            }
            Self::ConnectionDisabled => {
                store
                    .connection_disable(owner, tenant, world.connection)
                    .await
            }
        }
        .unwrap();
    }

    pub async fn restore(self, world: &World, operator: &Scope) {
        let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
        let user = operator.user_id();
        match self {
            Self::MembershipRemoved | Self::RoleLowered => {
                let role = Role::Operator;
                store
                    .tenant_role_set(owner, tenant, user, role)
                    .await
                    .unwrap();
            }
            Self::TenantArchived => world.lifecycle(TenantLifecycle::Active).await,
            Self::ConnectionDisabled => {
                store
                    .connection_enable(owner, tenant, world.connection)
                    .await
                    .unwrap();
            }
        }
    }
}

pub async fn last_sequence(db: &Database, condition: &str) -> Option<i64> {
    let query = format!("select max(sequence) from audit_log where {condition}");
    db.raw.int(&query).await
}

/// Lets the other side get ahead by some round trips to the database.
pub async fn step_aside(store: &Store, times: usize) {
    for _ in 0..times {
        store.now().await.unwrap();
    }
}

pub async fn l04_a_revocation_before_the_start_is_always_seen(db: Arc<Database>) {
    let world = Arc::new(World::new(&db).await);
    let operator = world.operator("operator").await;
    // A second process, with connections of its own.
    let elsewhere = db.another_store().await;
    let (mut started_first, mut revoked_first) = (0, 0);
    for round in 0..ROUNDS {
        let kind = KINDS[round % KINDS.len()];
        let run = world.sync(&operator).await;
        let before = kind.version(&world, &operator).await;
        let line = Arc::new(Barrier::new(2));
        let revoking = {
            let (world, operator, line) = (world.clone(), operator.clone(), line.clone());
            tokio::spawn(async move {
                line.wait().await;
                step_aside(&world.store, round / 4 % 12).await;
                kind.revoke(&world, &operator).await;
            })
        };
        let starting = {
            let (store, line) = (elsewhere.clone(), line.clone());
            tokio::spawn(async move {
                line.wait().await;
                step_aside(&store, round / 48 % 2).await;
                store.runs_start(worker(), 5).await.unwrap()
            })
        };
        revoking.await.unwrap();
        let mut started = starting.await.unwrap();
        assert_eq!(
            started.running.len() + started.refused.len(),
            1,
            "round {round}"
        );

        let decision = decision_of(&world, run).await;
        let run_is = format!("run_id = {}", db.id(run.as_uuid()));
        let revoked = last_sequence(&db, &format!("action = '{}'", kind.action())).await;
        let decided = last_sequence(&db, &run_is).await;
        let (revoked, decided) = (revoked.unwrap(), decided.unwrap());
        assert_eq!(
            world.audited("run.started", run).await,
            i64::from(decision.allowed)
        );
        if revoked < decided {
            revoked_first += 1;
            assert!(
                !decision.allowed,
                "round {round}: {kind:?} was committed before the start"
            );
            let read = kind.read(&decision.evidence);
            assert_ne!(
                read, before,
                "round {round}: {kind:?} read the row from before"
            );
        } else {
            started_first += 1;
            assert!(
                decision.allowed,
                "round {round}: refused for what had not happened"
            );
            assert_eq!(
                kind.read(&decision.evidence),
                before,
                "round {round}: {kind:?}"
            );
        }
        if let Some(running) = started.running.pop() {
            world.succeed(running).await;
        }
        kind.restore(&world, &operator).await;
    }
    println!(
        "{:?}: {ROUNDS} rounds, start first {started_first}, revocation first {revoked_first}",
        db.dialect
    );
    elsewhere.close().await;
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

async fn decision_of(world: &World, run: RunId) -> LegitimacyDecision {
    let access = world.store.run(&world.owner, run).await.unwrap();
    let mut decisions = world.store.run_decisions(&access).await.unwrap();
    assert_eq!(decisions.len(), 1);
    decisions.remove(0)
}
