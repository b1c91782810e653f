//! Revocations between the request and the worker (L-03, L-04, L-13, L-14).

use std::sync::Arc;

use domain::{
    capability::Role,
    decision::CheckResult,
    lifecycle::TenantLifecycle,
    reason::ReasonCode,
    run::{AuthorityMode, RunOutcome},
};
use operations::Scope;
use store::{Requested, SystemDraft};

use crate::{
    play::on_both,
    world::{CHECK, SYNC, World},
};

on_both! {
    l04_every_revocation_before_the_worker_blocks_the_run,
    l14_a_blocked_system_run_tells_nobody,
    l13_a_blocked_run_says_what_changed,
    l13_a_blocked_run_tells_each_reader_what_they_can_do,
    l17_an_onboarding_tenant_takes_the_check_alone,
    l06_the_check_never_runs_with_system_authority,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Revocation {
    RoleLowered,
    RemovedFromTenant,
    RemovedFromWorkspace,
    AccountDisabled,
    TenantArchived,
    ConnectionDisabled,
}
use Revocation::{
    AccountDisabled, ConnectionDisabled, RemovedFromTenant, RemovedFromWorkspace, RoleLowered,
    TenantArchived,
};

const REVOCATIONS: [(Revocation, ReasonCode); 6] = [
    (RoleLowered, ReasonCode::MissingCapability),
    (RemovedFromTenant, ReasonCode::TenantNotEntitled),
    (RemovedFromWorkspace, ReasonCode::InitiatorNotEntitled),
    (AccountDisabled, ReasonCode::InitiatorNotEntitled),
    (TenantArchived, ReasonCode::TenantNotOperable),
    (ConnectionDisabled, ReasonCode::ProviderConnectionInvalid),
];

async fn revoke(world: &World, revocation: Revocation, of: &Scope) {
    let (services, owner) = (&world.services, &world.owner);
    let (tenant, user) = (world.sites[0].id(), of.user_id().to_string());
    match revocation {
        RoleLowered => {
            let lowered = services.member_set_role(owner, Some(&tenant), &user, "readonly");
            lowered.await.unwrap();
        }
        RemovedFromTenant => {
            let removed = services.member_remove(owner, Some(&tenant), &user);
            removed.await.unwrap();
        }
        RemovedFromWorkspace => services.member_remove(owner, None, &user).await.unwrap(),
        AccountDisabled => services.store().user_disable(of.email()).await.unwrap(),
        TenantArchived => {
            let name = world.access(0).await.name().to_owned();
            services.archive(owner, &tenant, &name).await.unwrap();
        }
        ConnectionDisabled => services.connection_disable(owner, &tenant).await.unwrap(),
    }
}

async fn restore(world: &World, revocation: Revocation) {
    let (services, owner, tenant) = (&world.services, &world.owner, world.sites[0].id());
    match revocation {
        TenantArchived => services.reactivate(owner, &tenant).await.unwrap(),
        ConnectionDisabled => services.connection_enable(owner, &tenant).await.unwrap(),
        _ => {}
    }
}

async fn l04_every_revocation_before_the_worker_blocks_the_run(world: Arc<World>) {
    for operation in [SYNC, CHECK] {
        for (revocation, code) in REVOCATIONS {
            let case = format!("{operation} {revocation:?}");
            let dana = world
                .operator(&format!("dana-{operation}-{revocation:?}"))
                .await;
            let run = world.ask(&dana, 0, operation).await;
            revoke(&world, revocation, &dana).await;
            world.pool().drain().await.unwrap();

            let view = world.view(run).await;
            assert_eq!(view.state.outcome, RunOutcome::Blocked, "{case}");
            assert_eq!(view.started_at, None, "{case}");
            assert!(view.counts.is_empty() && view.progress.is_none(), "{case}");
            assert!(view.items.is_empty() && view.report.is_none(), "{case}");
            assert_eq!(view.blocked_phase.as_deref(), Some("start"), "{case}");
            assert_eq!(view.denial_class, Some(code.class()), "{case}");
            let decision = &view.decisions[0];
            assert_eq!(
                decision.reason_code.as_deref(),
                Some(code.as_str()),
                "{case}"
            );
            assert_eq!(decision.retryable, code.class().is_retryable(), "{case}");
            let failed = decision
                .checks
                .iter()
                .filter(|c| c.result == CheckResult::Failed);
            assert!(failed.count() >= 1, "{case}");
            let told = view.explanation.as_ref().unwrap();
            assert!(
                !told.sentence.is_empty() && !told.next_step.is_empty(),
                "{case}"
            );
            assert!(world.asked_for(run).is_empty(), "{case}: no call was made");

            restore(&world, revocation).await;
            if matches!(
                revocation,
                RoleLowered | TenantArchived | ConnectionDisabled
            ) {
                assert_eq!(world.told(&dana, run).await, 1, "{case}");
            }
            assert_eq!(
                world.told(&world.owner, run).await,
                0,
                "{case}: the initiator alone"
            );
            world.pool().drain().await.unwrap();
            let later = world.view(run).await;
            assert_eq!(
                later.completed_at, view.completed_at,
                "{case}: it stays over"
            );
            assert_eq!((later.state, later.attempt), (view.state, 1), "{case}");
        }
    }
    let verdicts = world.services.store().audit_verify().await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken_at.is_none()));
}

async fn l14_a_blocked_system_run_tells_nobody(world: Arc<World>) {
    let draft = SystemDraft {
        operation: domain::operation::OperationType::InventorySync,
        workspace_id: world.workspace.id(),
        tenant_id: world.sites[0].id,
    };
    let store = world.services.store();
    let Requested::Accepted(run) = store.run_request_by_system(draft).await.unwrap() else {
        panic!("not accepted");
    };
    revoke(&world, TenantArchived, &world.owner).await;
    world.pool().drain().await.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Blocked);
    assert_eq!((view.initiator.as_str(), view.started_at), ("System", None));
    assert!(world.asked_for(run).is_empty());
    let bell = world
        .services
        .notifications_page(&world.owner)
        .await
        .unwrap();
    assert!(bell.items.is_empty());
    // Visible in monitoring all the same.
    let query = domain::views::OperationsQuery {
        initiator: "system".to_owned(),
        tenant: "all".to_owned(),
        ..Default::default()
    };
    let list = world
        .services
        .operations_page(&world.owner, &query, None)
        .await;
    let list = crate::world::changed(list);
    assert_eq!(
        list.rows.iter().map(|row| row.id).collect::<Vec<_>>(),
        [run]
    );
    // Started again it is a run of the person's own, refused for the same reason.
    let retried = world.services.retry(&world.owner, &run.to_string()).await;
    let own = world.view(retried.unwrap().run_id).await;
    assert_eq!(own.state.outcome, RunOutcome::Blocked);
    assert_eq!(
        (own.authority, own.retry_of),
        (AuthorityMode::ActorBound, Some(run))
    );
}

async fn l13_a_blocked_run_says_what_changed(world: Arc<World>) {
    let dana = world.operator("dana").await;
    let run = world.ask(&dana, 0, SYNC).await;
    revoke(&world, RoleLowered, &dana).await;
    world.pool().drain().await.unwrap();
    let view = world.view(run).await;
    let decision = &view.decisions[0];
    let tenant = &world.sites[0].seed.display_name;
    let sentence = view.explanation.unwrap().sentence;
    let (what, why) = sentence.split_once(" (").unwrap();
    assert_eq!(
        what,
        format!("dana no longer has \u{201c}Run inventory sync\u{201d} in {tenant}")
    );
    assert!(
        why.starts_with(&format!("dana's role in {tenant} became Read-only on ")),
        "{why}"
    );
    assert_eq!(
        decision.at_request[0],
        format!("dana had \u{201c}Run inventory sync\u{201d} in {tenant}.")
    );
    assert!(
        decision
            .at_execution
            .iter()
            .any(|line| line == "Capability: not held.")
    );
    assert_eq!(decision.changes.len(), 1, "{:?}", decision.changes);
    assert_eq!(
        decision.changes[0].text,
        format!("dana's role in {tenant} became Read-only")
    );
    let labels: Vec<_> = view.timeline.iter().map(|step| &*step.label).collect();
    assert_eq!(
        labels,
        ["Requested", "Authorisation decided: refused", "Blocked"]
    );
    // Who lost the capability to view it reads the refusal, and not what is in it.
    let seen = world.services.run_page(&dana, &run.to_string(), None).await;
    let seen = crate::world::changed(seen);
    assert_eq!(seen.explanation.unwrap().sentence, sentence);
    assert_eq!(seen.redactions.len(), 1, "{:?}", seen.redactions);
    assert!(!seen.is_exportable);
}

async fn l13_a_blocked_run_tells_each_reader_what_they_can_do(world: Arc<World>) {
    let dana = world.operator("dana").await;
    let ravi = world
        .person("ravi", Role::Readonly, Some(Role::Readonly))
        .await;
    let run = world.ask(&dana, 0, CHECK).await;
    revoke(&world, RoleLowered, &dana).await;
    world.pool().drain().await.unwrap();
    let mut steps = Vec::new();
    for (reader, may_start) in [(&dana, false), (&world.owner, true), (&ravi, false)] {
        let view = world.seen_by(reader, run).await;
        let again = view.follow_ups.retry.unwrap().disabled_because.unwrap();
        assert_eq!(again.contains("Start the operation"), may_start, "{again}");
        let told = view.explanation.unwrap();
        assert!(told.sentence.contains(" UTC, run queued on 20"), "{told:?}");
        assert!(told.sentence.ends_with(" UTC)."), "{told:?}");
        steps.push(told.next_step);
    }
    let [own, owners, others] = <[String; 3]>::try_from(steps).unwrap();
    let needed = "\u{201c}Run provider operations\u{201d}";
    assert!(
        own.contains(&format!("a role with {needed}, then start")),
        "{own}"
    );
    assert!(
        owners.contains("give dana a role") && owners.contains("yourself"),
        "{owners}"
    );
    assert!(
        others.contains("give dana a role") && !others.contains("yourself"),
        "{others}"
    );
    // Who has it again asks nobody any more.
    let tenant = world.sites[0].id();
    let user = dana.user_id().to_string();
    let given_back = world
        .services
        .member_set_role(&world.owner, Some(&tenant), &user, "operator");
    given_back.await.unwrap();
    let again = world.seen_by(&dana, run).await.explanation.unwrap();
    assert_eq!(
        again.next_step,
        "You may again: start Connection check again if it is still wanted."
    );
}

async fn l17_an_onboarding_tenant_takes_the_check_alone(world: Arc<World>) {
    let services = &world.services;
    let id = world
        .tenant(&world.owner, "New", TenantLifecycle::Onboarding)
        .await;
    let seed = &world.sandbox.tenants()[2];
    world
        .connect(&world.owner, id, seed, &seed.client_secret)
        .await;
    let tenant = id.to_string();
    let sync = services.start(&world.owner, &tenant, SYNC).await.unwrap();
    let sync = world.view(sync.run_id).await;
    assert_eq!(sync.state.outcome, RunOutcome::Blocked);
    assert_eq!(sync.blocked_phase.as_deref(), Some("request"));
    assert_eq!(
        sync.decisions[0].reason_code.as_deref(),
        Some("tenant_not_operable")
    );
    assert_eq!(world.told(&world.owner, sync.id).await, 1);
    let check = services.start(&world.owner, &tenant, CHECK).await.unwrap();
    world.pool().drain().await.unwrap();
    assert_eq!(
        world.view(check.run_id).await.state.outcome,
        RunOutcome::Succeeded
    );
}

async fn l06_the_check_never_runs_with_system_authority(world: Arc<World>) {
    let draft = SystemDraft {
        operation: domain::operation::OperationType::ConnectionCheck,
        workspace_id: world.workspace.id(),
        tenant_id: world.sites[0].id,
    };
    let answer = world.services.store().run_request_by_system(draft).await;
    assert!(matches!(answer, Err(store::StoreError::NotFound)));
    assert_eq!(world.pool().drain().await.unwrap(), 0);
}
