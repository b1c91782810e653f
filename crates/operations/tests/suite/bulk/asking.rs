//! What is chosen, and what each item says became of it.

use std::sync::Arc;

use domain::{
    bulk::{BulkState, NOTHING_STARTED},
    capability::Role,
    error::ApiError,
    ids::{RunId, TenantId, WorkerId},
    lifecycle::TenantLifecycle,
    run::{RunOutcome, RunStatus},
    views::StartResult,
};
use operations::PoolSettings;

use crate::{
    play::on_both,
    world::{CHECK, SETTINGS, SYNC, World, patience},
};

use super::{ask, count, select, states, tenants};

on_both! {
    b07_one_worker_ends_a_bulk_of_twenty_tenants,
    b07_each_item_says_what_became_of_it,
    b07_a_choice_is_looked_at_and_asked_for_once,
    b07_a_choice_says_which_queues_are_paused_now,
    b07_a_foreign_tenant_in_the_form_is_not_found_for_the_whole,
    b07_what_did_not_succeed_is_asked_for_again,
}

async fn b07_one_worker_ends_a_bulk_of_twenty_tenants(world: Arc<World>) {
    let tenants = tenants(&world, 20).await;
    let run = ask(&world, &world.owner, &tenants).await;
    let one = PoolSettings {
        workers: 1,
        ..SETTINGS
    };
    let decided = world.pool_with(patience(), one).drain().await.unwrap();
    assert_eq!(decided, 21);
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    assert_eq!(states(&view), [BulkState::Succeeded; 20]);
    assert_eq!(view.progress, Some((20, 20)));
    assert_eq!(count(&view, "Succeeded"), 20);
    assert!(view.redactions.is_empty() && view.tenant.is_none());
    assert_eq!(view.banner.len(), 1, "the run has no tenant, and says so");
    assert_eq!(view.banner[0].kind, "tenantless");
    // One notification for the whole, none for its parts (L-14).
    assert_eq!(world.told(&world.owner, run).await, 1);
    for item in view.bulk.unwrap() {
        let part = world.view(item.run_id.unwrap()).await;
        assert_eq!(part.parent_id, Some(run));
        assert_eq!(part.initiator, "Olivia");
        assert_eq!(part.decisions.len(), 1, "each part passes the gate itself");
        assert_eq!(world.told(&world.owner, part.id).await, 0);
    }
}

async fn b07_each_item_says_what_became_of_it(world: Arc<World>) {
    let person = world.operator("mixed").await;
    world.enrol(&person, 1, Role::Readonly).await;
    let made = tenants(&world, 2).await;
    for tenant in &made {
        let added = world
            .services
            .member_add(
                &world.owner,
                Some(&tenant.to_string()),
                person.email(),
                Role::Operator.as_str(),
            )
            .await;
        added.unwrap();
    }
    let draft = world
        .tenant(&world.owner, "Draft of a tenant", TenantLifecycle::Draft)
        .await;
    let added = world
        .services
        .member_add(
            &world.owner,
            Some(&draft.to_string()),
            person.email(),
            Role::Operator.as_str(),
        )
        .await;
    added.unwrap();
    // Before the bulk: the same in one tenant, something else in another.
    let services = &world.services;
    let same = services
        .start(&world.owner, &made[0].to_string(), CHECK)
        .await;
    let same = same.unwrap().run_id;
    let other = services
        .start(&world.owner, &made[1].to_string(), SYNC)
        .await;
    let other = other.unwrap().run_id;
    let chosen = [
        made[0],
        made[1],
        draft,
        world.sites[0].id,
        world.sites[1].id,
    ];
    let selection = select(&world, &person, &chosen).await;
    let preview = services.verify_preview(&person, &selection).await.unwrap();
    let codes = |wanted: TenantId| {
        let chosen = preview.chosen.iter().find(|c| c.tenant.id == wanted);
        let refused = chosen.unwrap().refused.clone();
        refused.map(|(code, _)| code)
    };
    assert_eq!(preview.chosen.len(), 5);
    assert_eq!(codes(made[0]).as_deref(), Some("already_active"));
    assert_eq!(codes(made[1]).as_deref(), Some("connection_in_use"));
    assert_eq!(codes(draft).as_deref(), Some("tenant_not_operable"));
    assert_eq!(codes(world.sites[0].id), None);
    assert_eq!(
        codes(world.sites[1].id).as_deref(),
        Some("missing_capability")
    );
    let run = services.verify_start(&person, &selection).await.unwrap();
    let running = start_only(&world, run.run_id).await;
    assert_eq!(services.store().bulk_ask(&running, 20).await.unwrap(), 5);
    services
        .store()
        .run_hand_back(&running, store::GivenBack::Stopping)
        .await
        .unwrap();
    world.pool().drain().await.unwrap();
    let view = world.seen_by(&person, run.run_id).await;
    assert_eq!(view.state.outcome, RunOutcome::PartiallySucceeded);
    let items = view.bulk.clone().unwrap();
    let item = |wanted: TenantId| items.iter().find(|i| i.tenant_id == wanted).unwrap();
    assert_eq!(item(made[0]).state, BulkState::Skipped);
    assert_eq!(item(made[0]).run_id, Some(same));
    assert_eq!(item(made[1]).state, BulkState::Skipped);
    assert_eq!(item(made[1]).run_id, Some(other));
    // By circumstances: there is a run, blocked. By the person: there is none.
    assert_eq!(item(draft).state, BulkState::Blocked);
    let blocked = world.seen_by(&person, item(draft).run_id.unwrap()).await;
    assert_eq!(blocked.state.outcome, RunOutcome::Blocked);
    assert_eq!(item(world.sites[0].id).state, BulkState::Succeeded);
    let refused = item(world.sites[1].id);
    assert_eq!((refused.state, refused.run_id), (BulkState::Blocked, None));
    assert_eq!(refused.reason_code.as_deref(), Some("missing_capability"));
    let numbers = [
        "Total",
        "Processed",
        "Succeeded",
        "Skipped",
        "Blocked",
        "Failed",
    ];
    let numbers = numbers.map(|label| count(&view, label));
    assert_eq!(numbers, [5, 5, 1, 2, 2, 0]);
    assert_eq!(world.told(&person, run.run_id).await, 1);
    assert_eq!(world.told(&person, blocked.id).await, 0);
}

/// Starts the bulk while other runs wait too.
async fn start_only(world: &World, bulk: RunId) -> policy::Running {
    let worker = WorkerId::from_uuid(uuid::Uuid::now_v7());
    let store = world.services.store();
    let started = store.runs_start(worker, 10).await.unwrap();
    let mut wanted = None;
    for running in started.running {
        if running.key().run_id == bulk {
            wanted = Some(running);
        }
        // The others stay as they are: active.
    }
    wanted.unwrap()
}

async fn b07_a_choice_is_looked_at_and_asked_for_once(world: Arc<World>) {
    let tenants = [world.sites[0].id, world.sites[1].id];
    let selection = select(&world, &world.owner, &tenants).await;
    let services = &world.services;
    let first = services.verify_start(&world.owner, &selection).await;
    let first = first.unwrap();
    let again = services.verify_start(&world.owner, &selection).await;
    assert_eq!(again.unwrap().run_id, first.run_id, "sent twice");
    // The same tenants chosen anew, by anybody, while it is active.
    let equal = select(&world, &world.owner, &tenants).await;
    let equal = services.verify_start(&world.owner, &equal).await.unwrap();
    assert_eq!(
        (equal.result, equal.run_id),
        (StartResult::Deduped, first.run_id)
    );
    let fewer = ask(&world, &world.owner, &tenants[..1]).await;
    assert_ne!(fewer, first.run_id);
    let preview = services.verify_preview(&world.owner, &selection).await;
    assert_eq!(preview.unwrap().started.unwrap().run_id, first.run_id);
    // A choice is its maker's.
    let other = world.operator("somebody").await;
    for answer in [
        services.verify_preview(&other, &selection).await.err(),
        services.verify_start(&other, &selection).await.err(),
        services.verify_start(&other, "no id").await.err(),
    ] {
        assert_eq!(answer, Some(ApiError::NotFound));
    }
}

async fn b07_a_choice_says_which_queues_are_paused_now(world: Arc<World>) {
    let tenants = [world.sites[0].id, world.sites[1].id];
    let selection = select(&world, &world.owner, &tenants).await;
    let services = &world.services;
    let paused = tenants[0].to_string();
    services.queue_pause(&world.owner, &paused).await.unwrap();
    let waits = async || {
        let preview = services.verify_preview(&world.owner, &selection).await;
        let chosen = preview.unwrap().chosen;
        chosen.into_iter().map(|c| c.waits).collect::<Vec<_>>()
    };
    let told = waits().await;
    let sentence = told[0].as_deref().unwrap();
    assert!(
        sentence.starts_with("Olivia paused the queue"),
        "{sentence}"
    );
    assert_eq!(told[1], None, "another tenant's queue is its own");
    services.queue_resume(&world.owner, &paused).await.unwrap();
    assert_eq!(waits().await, [None, None]);
}

async fn b07_a_foreign_tenant_in_the_form_is_not_found_for_the_whole(world: Arc<World>) {
    let operator = world.operator("operator").await;
    let (_, elsewhere) = world.other_workspace().await;
    let own = world.sites[0].id();
    let unknown = TenantId::from_uuid(uuid::Uuid::now_v7()).to_string();
    let foreign = [
        elsewhere.to_string(),
        world.sites[1].id(),
        unknown,
        "x".to_owned(),
    ];
    for other in foreign {
        let chosen = [own.clone(), other];
        let answer = world.services.verify_select(&operator, &chosen).await;
        assert_eq!(answer, Err(ApiError::NotFound));
    }
    let answer = world.services.verify_select(&operator, &[]).await;
    assert!(matches!(answer, Err(ApiError::Invalid { .. })));
    // The role in the tenant lends none in the workspace (V-16).
    let reader = world
        .person("reader", Role::Readonly, Some(Role::Owner))
        .await;
    let answer = world.services.verify_select(&reader, &[own]).await;
    assert!(matches!(answer, Err(ApiError::Forbidden { .. })));
    let page = world.services.verify_page(&reader).await;
    assert!(matches!(page, Err(ApiError::Forbidden { .. })));
    let page = world.services.verify_page(&operator).await.unwrap();
    let shown: Vec<_> = page.tenants.iter().map(|tenant| tenant.id).collect();
    assert_eq!(shown, [world.sites[0].id]);
}

async fn b07_what_did_not_succeed_is_asked_for_again(world: Arc<World>) {
    let draft = world
        .tenant(&world.owner, "Not yet", TenantLifecycle::Draft)
        .await;
    let run = ask(&world, &world.owner, &[draft, world.sites[0].id]).await;
    world.pool().drain().await.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::PartiallySucceeded);
    let offered = view.follow_ups.retry.unwrap();
    assert_eq!(offered.disabled_because, None);
    assert_eq!(
        view.decisions[0].at_request,
        ["Olivia had “Start operations” in Contoso Group."]
    );
    let again = world.services.retry(&world.owner, &run.to_string()).await;
    let again = again.unwrap();
    assert_eq!(again.result, StartResult::Accepted);
    let view = world.view(again.run_id).await;
    assert_eq!(view.retry_of, Some(run));
    assert_eq!(view.state.status, RunStatus::Queued);
    let items = view.bulk.unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].tenant_id, draft);
    world.pool().drain().await.unwrap();
    // The gate refused all parts: that is no failure of the whole, and looks like none.
    let view = world.view(again.run_id).await;
    assert_eq!(view.state.outcome, RunOutcome::Blocked);
    assert!(view.failures.is_empty());
    let told = view.explanation.as_ref().unwrap();
    assert!(told.sentence.contains("Each was refused"));
    let offered = view.follow_ups.retry.as_ref().unwrap();
    assert_eq!(offered.disabled_because, None);
    assert_eq!(count(&view, "Blocked"), 1);
    assert_eq!(view.denial_class, None);
    assert_eq!(view.reason_code.as_deref(), Some(NOTHING_STARTED));
    // Who may not start it is told who can; with the items gone, that they are.
    let reader = world
        .person("reader", Role::Readonly, Some(Role::Readonly))
        .await;
    let seen = world.seen_by(&reader, again.run_id).await;
    assert_eq!(
        seen.state.word(),
        "completed",
        "its items are of a tenant of others"
    );
    assert_eq!(seen.explanation, None);
    operations::tidy(world.services.store(), -1).await.unwrap();
    let told = world.view(again.run_id).await.explanation.unwrap();
    assert!(told.next_step.ends_with("Choose the tenants anew."));
}
