//! A running run that went through a checkpoint, over a ledger in memory: the only way to leave for a change.

use std::time::{Duration, Instant};

use domain::{
    connection::{ConsentStatus, VerificationStatus},
    ids::{ScopeId, TenantId, WorkspaceId},
    lifecycle::TenantLifecycle,
    operation::{Habitat, OperationType},
    run::{AuthorityMode, DecisionPhase},
    time::Timestamp,
};
use policy::{
    Checkpoint, CheckpointLedger, ConnectionFacts, ContextState, CredentialState, Facts, GoOn,
    Permit, Refusal, RunFacts, RunKey, Running, StartLedger, Switch, TenantFacts,
};

struct Ledger;

impl StartLedger for Ledger {
    type Error = ();

    async fn record(&mut self, _: &[Permit], _: &[Refusal]) -> Result<(), ()> {
        Ok(())
    }

    async fn set_running(&mut self, permits: &[Permit]) -> Result<Vec<RunKey>, ()> {
        Ok(permits.iter().map(Permit::key).collect())
    }

    async fn set_refused(&mut self, _: &[Refusal]) -> Result<Vec<RunKey>, ()> {
        Ok(Vec::new())
    }

    async fn commit(self) -> Result<(), ()> {
        Ok(())
    }
}

impl CheckpointLedger for Ledger {
    type Error = ();

    async fn set_refused(&mut self, _: &Refusal) -> Result<bool, ()> {
        Ok(true)
    }

    async fn commit(self) -> Result<(), ()> {
        Ok(())
    }
}

fn facts() -> Facts {
    let id = |n: u32| format!("0190b4f0-0000-7000-8000-{n:012}");
    let (workspace_id, tenant_id): (WorkspaceId, TenantId) =
        (id(1).parse().unwrap(), id(2).parse().unwrap());
    let operation = OperationType::InventorySync;
    Facts {
        run: RunFacts {
            id: id(3).parse().unwrap(),
            attempt: 1,
            workspace_id,
            tenant_id: Some(tenant_id),
            scope_id: ScopeId::of(workspace_id, Some(tenant_id)),
            habitat: Habitat::Product,
            operation_code: operation.as_str().to_owned(),
            authority: AuthorityMode::SystemAuthority,
            actor_id: None,
            required_capability: Some(operation.spec().start_capability),
            connection_id: None,
            slot: None,
            context: ContextState::Readable,
            phase: DecisionPhase::Checkpoint,
            now: Timestamp(1),
        },
        actor: None,
        tenant: Some(TenantFacts {
            tenant_id,
            workspace_id,
            lifecycle: TenantLifecycle::Active,
            version: 1,
        }),
        connection: Some(ConnectionFacts {
            connection_id: id(4).parse().unwrap(),
            switch: Switch::On,
            consent: ConsentStatus::Granted,
            verification: VerificationStatus::Healthy,
            credential: CredentialState::Stored,
            version: 1,
        }),
        schedule: None,
        bulk: None,
    }
}

/// A run that is at work.
pub async fn running() -> Running {
    let started = policy::start(Ledger, &[facts()]).await.unwrap();
    started.running.into_iter().next().unwrap()
}

/// The gate's word about it, some time ago.
pub async fn asked(running: &Running, ago: Duration) -> GoOn<'_> {
    let asked = Instant::now().checked_sub(ago).unwrap();
    match policy::checkpoint(Ledger, running, &facts(), asked).await {
        Ok(Checkpoint::GoOn(go_on)) => go_on,
        other => panic!("{other:?}"),
    }
}
