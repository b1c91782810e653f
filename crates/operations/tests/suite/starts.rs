//! Starting and retrying (R-01, R-05, R-07, L-08).

use std::sync::Arc;

use domain::{
    capability::Role, error::ApiError, lifecycle::TenantLifecycle, run::RunOutcome,
    views::StartResult,
};
use graph_sandbox::FaultKind;

use crate::{
    play::on_both,
    world::{CHECK, SYNC, World},
};

on_both! {
    r07_a_start_answers_accepted_deduped_busy_and_blocked,
    r07_a_forbidden_start_leaves_no_run,
    r01_nothing_is_asked_of_the_provider_before_the_answer,
    l08_a_retry_is_decided_for_the_person_who_retries,
    l07_what_cannot_be_retried_says_why,
    l08_a_retry_needs_the_capability_of_the_person,
}

async fn r07_a_start_answers_accepted_deduped_busy_and_blocked(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let tenant = world.sites[0].id();
    let first = services.start(owner, &tenant, SYNC).await.unwrap();
    assert_eq!(first.result, StartResult::Accepted);
    assert_eq!(first.operation, "Inventory sync");
    let same = services.start(owner, &tenant, SYNC).await.unwrap();
    assert_eq!(
        (same.result, same.run_id),
        (StartResult::Deduped, first.run_id)
    );
    let other = services.start(owner, &tenant, CHECK).await.unwrap();
    assert_eq!(
        (other.result, other.run_id),
        (StartResult::ScopeBusy, first.run_id)
    );
    assert_eq!(other.operation, "Connection check");
    // Another tenant is not in the way.
    world.ask(owner, 1, CHECK).await;
    world.pool().drain().await.unwrap();
    let next = services.start(owner, &tenant, SYNC).await.unwrap();
    assert_eq!(next.result, StartResult::Accepted);
    assert_ne!(next.run_id, first.run_id);
    world.pool().drain().await.unwrap();

    services.connection_disable(owner, &tenant).await.unwrap();
    let blocked = services.start(owner, &tenant, SYNC).await.unwrap();
    assert_eq!(blocked.result, StartResult::Blocked);
    let view = world.view(blocked.run_id).await;
    assert_eq!(view.state.outcome, RunOutcome::Blocked);
    assert_eq!(view.blocked_phase.as_deref(), Some("request"));
    assert!(view.explanation.unwrap().next_step.contains("enable"));
    assert_eq!(world.told(owner, blocked.run_id).await, 1);

    let draft = world.tenant(owner, "Draft", TenantLifecycle::Draft).await;
    let answer = services
        .start(owner, &draft.to_string(), CHECK)
        .await
        .unwrap();
    assert_eq!(answer.result, StartResult::Blocked);
    let unknown = services.start(owner, &tenant, "restore.execute").await;
    assert_eq!(unknown.unwrap_err().status(), 422);
}

async fn r07_a_forbidden_start_leaves_no_run(world: Arc<World>) {
    let ravi = world
        .person("ravi", Role::Readonly, Some(Role::Readonly))
        .await;
    // A strong role in the workspace gives nothing in the tenant (V-16).
    let mira = world
        .person("mira", Role::Owner, Some(Role::Readonly))
        .await;
    let tenant = world.sites[0].id();
    for person in [&ravi, &mira] {
        for (operation, capability) in [
            (CHECK, "Run provider operations"),
            (SYNC, "Run inventory sync"),
        ] {
            let refused = world.services.start(person, &tenant, operation).await;
            let capability = capability.to_owned();
            assert_eq!(refused.unwrap_err(), ApiError::Forbidden { capability });
        }
    }
    let page = world
        .services
        .tenant_page(&world.owner, &tenant, None, None)
        .await;
    assert!(crate::world::changed(page).recent.is_empty());
    let page = world.services.tenant_page(&ravi, &tenant, None, None).await;
    let page = crate::world::changed(page);
    assert!(
        page.starts
            .iter()
            .all(|start| start.disabled_because.is_some())
    );
    assert!(page.inventory.is_none() && !page.can_archive && !page.manages_members);
}

async fn r01_nothing_is_asked_of_the_provider_before_the_answer(world: Arc<World>) {
    let run = world.ask(&world.owner, 0, SYNC).await;
    let view = world.view(run).await;
    assert_eq!(view.state.word(), "queued");
    assert!(world.sandbox.journal().since(0).is_empty());
    // Pages and polls read the database alone (V-10).
    let tenant = world.sites[0].id();
    for _ in 0..2 {
        world.services.header(&world.owner).await.unwrap();
        world.services.tenants_page(&world.owner).await.unwrap();
        let _ = world
            .services
            .tenant_page(&world.owner, &tenant, None, None)
            .await
            .unwrap();
        let list = Default::default();
        let _ = world
            .services
            .operations_page(&world.owner, &list, None)
            .await
            .unwrap();
    }
    assert!(world.sandbox.journal().since(0).is_empty());
    assert_eq!(world.view(run).await.state.word(), "queued");
}

async fn l08_a_retry_is_decided_for_the_person_who_retries(world: Arc<World>) {
    let dana = world.operator("dana").await;
    let marta = world.operator("marta").await;
    let ravi = world.operator("ravi").await;
    world.break_for(0, "", FaultKind::WrongSecret);
    let first = world.ask(&dana, 0, SYNC).await;
    world.pool().drain().await.unwrap();
    assert_eq!(world.view(first).await.state.outcome, RunOutcome::Failed);
    // The first person may do nothing any more; that is not asked.
    let tenant = world.sites[0].id();
    let user = dana.user_id().to_string();
    let removed = world
        .services
        .member_remove(&world.owner, Some(&tenant), &user);
    removed.await.unwrap();

    let second = world
        .services
        .retry(&marta, &first.to_string())
        .await
        .unwrap();
    assert_eq!(second.result, StartResult::Accepted);
    world.pool().drain().await.unwrap();
    world.sandbox.faults().clear();
    let third = world
        .services
        .retry(&ravi, &second.run_id.to_string())
        .await
        .unwrap();
    world.pool().drain().await.unwrap();

    let view = world.view(third.run_id).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    assert_eq!(
        (view.initiator.as_str(), view.retry_of),
        ("ravi", Some(second.run_id))
    );
    let decision = &view.decisions[0].json;
    assert!(decision.contains(&ravi.user_id().to_string()));
    assert!(!decision.contains(&dana.user_id().to_string()));
    assert_eq!(world.view(first).await.retries, [second.run_id]);
    assert_eq!(world.told(&ravi, third.run_id).await, 1);
    assert_eq!(world.told(&marta, third.run_id).await, 0);
    for run in [second.run_id, third.run_id] {
        let access = world.services.store().run(&world.owner, run).await.unwrap();
        let context: serde_json::Value = serde_json::from_str(&access.run().context).unwrap();
        assert_eq!(context["original_initiator"], "dana", "through every retry");
    }
}

async fn l07_what_cannot_be_retried_says_why(world: Arc<World>) {
    let services = &world.services;
    let queued = world.ask(&world.owner, 0, SYNC).await;
    let refused = services.retry(&world.owner, &queued.to_string()).await;
    assert_eq!(refused.unwrap_err().status(), 409, "not over");
    world.pool().drain().await.unwrap();
    let refused = services.retry(&world.owner, &queued.to_string()).await;
    assert_eq!(refused.unwrap_err().status(), 409, "succeeded");
    assert!(world.view(queued).await.follow_ups.retry.is_none());

    // A refusal of the person is final.
    let dana = world.operator("dana").await;
    let lost = world.ask(&dana, 0, SYNC).await;
    let (tenant, user) = (world.sites[0].id(), dana.user_id().to_string());
    let removed = services.member_remove(&world.owner, Some(&tenant), &user);
    removed.await.unwrap();
    world.pool().drain().await.unwrap();
    let refused = services.retry(&world.owner, &lost.to_string()).await;
    assert_eq!(refused.unwrap_err().status(), 409);
    let retry = world.view(lost).await.follow_ups.retry.unwrap();
    let final_for_owner = retry.disabled_because.unwrap();
    assert!(
        final_for_owner.ends_with("is final. Start the operation from the tenant's page."),
        "{final_for_owner}"
    );

    // One of circumstances may be retried, once they have changed.
    let run = world.ask(&world.owner, 0, SYNC).await;
    services
        .connection_disable(&world.owner, &tenant)
        .await
        .unwrap();
    world.pool().drain().await.unwrap();
    assert!(
        world
            .view(run)
            .await
            .follow_ups
            .retry
            .unwrap()
            .disabled_because
            .is_none()
    );
    services
        .connection_enable(&world.owner, &tenant)
        .await
        .unwrap();
    let again = services
        .retry(&world.owner, &run.to_string())
        .await
        .unwrap();
    world.pool().drain().await.unwrap();
    assert_eq!(
        world.view(again.run_id).await.state.outcome,
        RunOutcome::Succeeded
    );
}

async fn l08_a_retry_needs_the_capability_of_the_person(world: Arc<World>) {
    let ravi = world
        .person("ravi", Role::Readonly, Some(Role::Readonly))
        .await;
    world.break_for(0, "", FaultKind::WrongSecret);
    let run = world.work(0, CHECK).await;
    let seen = world.seen_by(&ravi, run.id).await;
    let retry = seen.follow_ups.retry.unwrap();
    assert!(
        retry
            .disabled_because
            .unwrap()
            .contains("Run provider operations")
    );
    let refused = world.services.retry(&ravi, &run.id.to_string()).await;
    assert_eq!(refused.unwrap_err().status(), 403);
    assert!(world.view(run.id).await.retries.is_empty());
}
