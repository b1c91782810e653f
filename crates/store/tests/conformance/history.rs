//! Past runs: written through the same wall as real ones.

use std::sync::Arc;

use domain::{
    capability::Capability,
    connection::{ConsentStatus, VerificationStatus},
    decision::LegitimacyDecision,
    ids::RunId,
    lifecycle::TenantLifecycle,
    operation::{Habitat, OperationType},
    run::{AuthorityMode, DecisionPhase, RunOutcome, RunStatus},
    summary::{CountKey, SummaryCounts},
    time::{DAY, SECOND, Timestamp},
};
use policy::{
    ActorFacts, ConnectionFacts, ContextState, CredentialState, Facts, GrantFacts, Ruling,
    RunFacts, Standing, Switch, TenantFacts, decide,
};
use store::{Failure, PastRun, RunFilter, StoreError, WaitingRun};

use crate::{
    database::Database,
    world::{World, worker},
};

/// What the gate says about a run of the owner, or of the system, in a tenant at this point of its life.
fn decision(
    world: &World,
    id: RunId,
    authority: AuthorityMode,
    lifecycle: TenantLifecycle,
    now: Timestamp,
) -> LegitimacyDecision {
    let user_id = world.owner.user_id();
    let actor_id = (authority == AuthorityMode::ActorBound).then_some(user_id);
    let grant = GrantFacts {
        role: world.tenant.role(),
        version: 1,
    };
    let facts = Facts {
        run: RunFacts {
            id,
            attempt: 1,
            workspace_id: world.workspace.id(),
            tenant_id: Some(world.tenant.id()),
            scope_id: world.tenant.scope_id(),
            habitat: Habitat::Product,
            operation_code: OperationType::InventorySync.as_str().to_owned(),
            authority,
            actor_id,
            required_capability: Some(Capability::InventorySync),
            connection_id: None,
            slot: None,
            context: ContextState::Readable,
            phase: DecisionPhase::Start,
            now,
        },
        actor: actor_id.map(|user_id| ActorFacts {
            user_id,
            standing: Standing::Enabled,
            version: 1,
            workspace: Some(grant),
            tenant: Some(grant),
        }),
        tenant: Some(TenantFacts {
            tenant_id: world.tenant.id(),
            workspace_id: world.workspace.id(),
            lifecycle,
            version: 1,
        }),
        connection: Some(ConnectionFacts {
            connection_id: world.connection,
            switch: Switch::On,
            consent: ConsentStatus::Granted,
            verification: VerificationStatus::Healthy,
            credential: CredentialState::Stored,
            version: 1,
        }),
        schedule: None,
        bulk: None,
    };
    match decide(&facts) {
        Ruling::Allowed(permit) => permit.decision().clone(),
        Ruling::Refused(refusal) => refusal.decision().clone(),
    }
}

/// A run that ended like this, one day in the past for each place in the order.
async fn past(world: &World, days: i64, outcome: RunOutcome, authority: AuthorityMode) -> PastRun {
    let queued_at = world.store.now().await.unwrap().plus(-days * DAY);
    let refused = outcome == RunOutcome::Blocked;
    let mut counts = SummaryCounts::default();
    if !refused {
        counts.set(CountKey::Total, 4);
        counts.set(CountKey::Processed, 4);
    }
    let failed = matches!(outcome, RunOutcome::Failed | RunOutcome::PartiallySucceeded);
    let failures = failed.then(|| Failure {
        code: "inventory.groups".to_owned(),
        reason_code: "provider_permission_denied".to_owned(),
        message: "permission denied".to_owned(),
        stated_wait: None,
    });
    let owner = (world.owner.user_id(), world.owner.display_name().to_owned());
    let id = PastRun::new_id();
    let lifecycle = if refused {
        TenantLifecycle::Archived
    } else {
        TenantLifecycle::Active
    };
    let decision = decision(world, id, authority, lifecycle, queued_at.plus(SECOND));
    assert_eq!(decision.allowed, !refused);
    PastRun {
        id,
        workspace_id: world.workspace.id(),
        tenant_id: world.tenant.id(),
        operation: OperationType::InventorySync,
        initiator: (authority == AuthorityMode::ActorBound).then_some(owner),
        queued_at,
        started_at: (!refused).then(|| queued_at.plus(SECOND)),
        completed_at: queued_at.plus(20 * SECOND),
        outcome,
        counts,
        failures: failures.into_iter().collect(),
        decision,
    }
}

pub async fn past_runs_stand_in_the_ledger_as_they_ended(db: Arc<Database>) {
    use AuthorityMode::{ActorBound, SystemAuthority};
    use RunOutcome::{Blocked, Failed, PartiallySucceeded, Succeeded};
    let world = World::new(&db).await;
    let mut runs = Vec::new();
    for (days, (outcome, authority)) in (1_i64..).zip([
        (Succeeded, SystemAuthority),
        (PartiallySucceeded, ActorBound),
        (Failed, ActorBound),
        (Blocked, ActorBound),
    ]) {
        runs.push(past(&world, days, outcome, authority).await);
    }
    world.store.seed_past_runs(&runs).await.unwrap();

    for run in &runs {
        let access = world.store.run(&world.owner, run.id).await.unwrap();
        let row = access.run();
        assert_eq!(row.state.status, RunStatus::Completed);
        assert_eq!(row.state.outcome, run.outcome);
        assert_eq!(row.queued_at, run.queued_at);
        assert_eq!(row.started_at, run.started_at, "{:?}", run.outcome);
        assert_eq!(row.completed_at, Some(run.completed_at));
        assert_eq!((&row.counts, &row.failures), (&run.counts, &run.failures));
        assert_eq!(row.denial_class, run.decision.denial_class);
        let reason = match run.outcome {
            Succeeded => None,
            Blocked => Some("tenant_not_operable"),
            _ => Some("provider_permission_denied"),
        };
        assert_eq!(row.reason_code.as_deref(), reason);
        let decisions = world.store.run_decisions(&access).await.unwrap();
        assert_eq!(decisions, std::slice::from_ref(&run.decision));
        let last = if run.outcome == Blocked {
            "run.blocked"
        } else {
            "run.completed"
        };
        for action in ["run.requested", last] {
            assert_eq!(world.audited(action, run.id).await, 1, "{action}");
        }
        assert_eq!(world.count("notifications", run.id).await, 0);
        assert_eq!(world.count("run_queue", run.id).await, 0);
    }
    let verdicts = world.store.audit_verify().await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken_at.is_none()));
}

pub async fn runs_for_a_benchmark_of_lists_stand_in_the_ledger(db: Arc<Database>) {
    use AuthorityMode::{ActorBound, SystemAuthority};
    let world = World::new(&db).await;
    let runs = [
        past(&world, 3, RunOutcome::Succeeded, SystemAuthority).await,
        past(&world, 2, RunOutcome::Blocked, ActorBound).await,
        past(&world, 1, RunOutcome::Failed, ActorBound).await,
    ];
    world.store.seed_ended_runs(&runs).await.unwrap();
    for run in &runs {
        let access = world.store.run(&world.owner, run.id).await.unwrap();
        let row = access.run();
        assert_eq!(row.state.outcome, run.outcome);
        assert_eq!(row.counts, run.counts);
        assert_eq!(row.queued_at, run.queued_at);
        assert_eq!(row.started_at, run.started_at);
        assert_eq!(row.completed_at, Some(run.completed_at));
    }
}

pub async fn d02_a_refused_run_cannot_be_seeded_as_one_that_ran(db: Arc<Database>) {
    let world = World::new(&db).await;
    let good = past(&world, 1, RunOutcome::Succeeded, AuthorityMode::ActorBound).await;
    let mut forged = past(&world, 2, RunOutcome::Blocked, AuthorityMode::ActorBound).await;
    forged.started_at = Some(forged.queued_at.plus(SECOND));
    forged.outcome = RunOutcome::Succeeded;
    let answer = world.store.seed_past_runs(&[good, forged]).await;
    assert!(matches!(answer, Err(StoreError::Database(_))));
    let tenants = [world.tenant.clone()];
    let none = world
        .store
        .runs_count(
            &world.owner,
            &world.workspace,
            &tenants,
            &RunFilter::default(),
            10,
        )
        .await
        .unwrap();
    assert_eq!(none, 0, "all or nothing");
}

pub async fn runs_for_a_benchmark_wait_and_are_decided_like_any_other(db: Arc<Database>) {
    let world = World::new(&db).await;
    let stranger = world.person("stranger", None, None).await;
    let waiting = [&world.owner, &world.owner, &stranger].map(|scope| WaitingRun {
        workspace_id: world.workspace.id(),
        tenant_id: world.tenant.id(),
        operation: OperationType::InventorySync,
        initiator: (scope.user_id(), scope.display_name().to_owned()),
    });
    world.store.seed_waiting_runs(&waiting).await.unwrap();
    let started = world.store.runs_start(worker(), 10).await.unwrap();
    assert_eq!((started.running.len(), started.refused.len()), (2, 1));
}
