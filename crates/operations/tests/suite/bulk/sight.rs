//! What each person is told of a bulk: their own tenants alone.

use std::sync::Arc;

use domain::{
    bulk::BulkState,
    capability::Role,
    error::ApiError,
    ids::RunId,
    lifecycle::TenantLifecycle,
    run::RunOutcome,
    views::{Live, OperationsQuery},
};
use operations::Scope;

use crate::{
    play::on_both,
    world::{World, changed},
};

use super::{ask, count, start, states, tenants};

on_both! {
    v02_a_bulk_shows_each_person_their_own_tenants_alone,
    v02_the_end_of_a_bulk_is_that_of_the_persons_own_tenants,
    v16_whoever_may_start_in_the_workspace_may_end_a_bulk_and_learns_nothing_by_it,
    v14_a_poll_of_a_bulk_moves_with_the_persons_own_tenants_alone,
}

/// Everything that a person is told of a bulk: page, list, file.
async fn told(world: &World, person: &Scope, run: RunId) -> String {
    let view = world.seen_by(person, run).await;
    let query = OperationsQuery {
        tenant: "all".to_owned(),
        ..OperationsQuery::default()
    };
    let list = world.services.operations_page(person, &query, None).await;
    let list = changed(list);
    let row = list.rows.iter().find(|row| row.id == run).unwrap();
    assert_eq!(row.progress, view.progress);
    let file = world.services.run_export(person, &run.to_string()).await;
    let file = file.unwrap();
    assert_eq!(file.summary_counts.progress(), view.progress);
    let parts = [
        serde_json::to_string(&view),
        serde_json::to_string(&list),
        serde_json::to_string(&file),
    ];
    parts.map(Result::unwrap).join("\n")
}

async fn v02_a_bulk_shows_each_person_their_own_tenants_alone(world: Arc<World>) {
    let made = tenants(&world, 4).await;
    let first = world
        .person("first", Role::Operator, Some(Role::Readonly))
        .await;
    let none = world.person("none", Role::Readonly, None).await;
    let outsider = world.stranger("outsider").await;
    let mut chosen = made.clone();
    chosen.push(world.sites[0].id);
    let run = ask(&world, &world.owner, &chosen).await;
    world.pool().drain().await.unwrap();

    let view = world.seen_by(&first, run).await;
    let items = view.bulk.clone().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].tenant_id, world.sites[0].id);
    assert_eq!((count(&view, "Total"), view.progress), (1, Some((1, 1))));
    assert_eq!(
        view.redactions.len(),
        1,
        "that there is more is said (V-15)"
    );

    let view = world.seen_by(&none, run).await;
    assert!(view.bulk.as_ref().unwrap().is_empty());
    assert_eq!((count(&view, "Total"), view.progress), (0, None));
    assert!(view.redactions[0].starts_with("You are a member of none"));

    let parts = world.view(run).await.bulk.unwrap();
    for person in [&first, &none] {
        let told = told(&world, person, run).await;
        for part in parts.iter().filter(|part| made.contains(&part.tenant_id)) {
            assert!(!told.contains(&part.tenant), "{}", part.tenant);
            assert!(!told.contains(&part.tenant_id.to_string()));
            assert!(!told.contains(&part.run_id.unwrap().to_string()));
        }
    }
    // Who is no member of the workspace knows of no such run.
    let page = world
        .services
        .run_page(&outsider, &run.to_string(), None)
        .await;
    assert_eq!(page.err(), Some(ApiError::NotFound));
}

async fn v16_whoever_may_start_in_the_workspace_may_end_a_bulk_and_learns_nothing_by_it(
    world: Arc<World>,
) {
    let made = tenants(&world, 2).await;
    let duty = world.person("duty", Role::Operator, None).await;
    let reader = world.person("reader", Role::Readonly, None).await;
    let run = ask(&world, &world.owner, &made).await;
    let bulk = start(&world).await;
    let store = world.services.store();
    assert_eq!(store.bulk_ask(&bulk, 2).await.unwrap(), 2);
    let part = start(&world).await.key().run_id.to_string();

    let id = run.to_string();
    let refused = world.services.cancel(&reader, &id).await;
    assert!(
        matches!(refused, Err(ApiError::Forbidden { .. })),
        "{refused:?}"
    );
    // Of a part alone there is nothing to end for somebody who knows of none.
    let hidden = world.services.cancel(&duty, &part).await;
    assert_eq!(hidden.err(), Some(ApiError::NotFound));
    world.services.cancel(&duty, &id).await.unwrap();
    store.bulk_abort(&bulk).await.unwrap();
    assert_eq!(world.seen_by(&duty, run).await.bulk.unwrap(), []);
    let page = world.services.run_page(&duty, &part, None).await;
    assert_eq!(page.err(), Some(ApiError::NotFound));
    let asked = world.seen_by(&world.owner, part.parse().unwrap()).await;
    assert_eq!(asked.cancel_asked.unwrap().by, "duty");
}

async fn v02_the_end_of_a_bulk_is_that_of_the_persons_own_tenants(world: Arc<World>) {
    let draft = world
        .tenant(&world.owner, "Not yet", TenantLifecycle::Draft)
        .await;
    let first = world
        .person("first", Role::Operator, Some(Role::Operator))
        .await;
    let none = world.person("none", Role::Readonly, None).await;
    let run = ask(&world, &world.owner, &[draft, world.sites[0].id]).await;
    world.pool().drain().await.unwrap();
    let listed = async |person: &Scope, state: &str| {
        let query = OperationsQuery {
            tenant: "all".to_owned(),
            operation: "bulk.connection_check".to_owned(),
            state: state.to_owned(),
            ..OperationsQuery::default()
        };
        let list = world.services.operations_page(person, &query, None).await;
        let list = changed(list);
        let row = list.rows.iter().find(|row| row.id == run);
        row.map(|row| (row.state.word(), row.reason_code.clone()))
    };
    let some = || Some("some_items_not_succeeded".to_owned());
    // The whole, for who may look into all of it.
    let whole = world.view(run).await;
    assert_eq!(whole.state.outcome, RunOutcome::PartiallySucceeded);
    assert_eq!(whole.failures[0].reason_code, some().unwrap());
    for state in ["", "partially_succeeded"] {
        let row = listed(&world.owner, state).await;
        assert_eq!(row, Some(("partially_succeeded", some())), "{state}");
    }

    // In the one tenant of this person all went well, and nothing says that elsewhere it did not.
    let seen = world.seen_by(&first, run).await;
    assert_eq!(seen.state.outcome, RunOutcome::Succeeded);
    assert!(seen.failures.is_empty() && seen.follow_ups.retry.is_none());
    assert_eq!(seen.timeline.last().unwrap().label, "Succeeded");
    assert_eq!(listed(&first, "").await, Some(("succeeded", None)));
    for state in ["succeeded", "partially_succeeded", "blocked", "failed"] {
        assert_eq!(listed(&first, state).await, None, "{state}");
    }
    let file = world.services.run_export(&first, &run.to_string()).await;
    let file = file.unwrap();
    assert_eq!(file.outcome, RunOutcome::Succeeded);
    assert!(file.failures.is_empty() && file.reason_code.is_none());
    let again = world.services.retry(&first, &run.to_string()).await;
    assert_eq!(again.unwrap_err().status(), 409);

    // With none of its tenants, that it is over is all there is to tell.
    let seen = world.seen_by(&none, run).await;
    assert_eq!(seen.state.word(), "completed");
    assert!(seen.failures.is_empty() && seen.state.is_over());
    assert_eq!(seen.timeline.last().unwrap().label, "Completed");
    assert_eq!(listed(&none, "").await, Some(("completed", None)));

    // With its items gone, it is the same for everybody who may not look everywhere.
    operations::tidy(world.services.store(), -1).await.unwrap();
    for person in [&first, &none] {
        let seen = world.seen_by(person, run).await;
        assert_eq!(seen.state.word(), "completed");
        assert!(seen.redactions[0].starts_with("The items of this run went on"));
    }
    let whole = world.view(run).await;
    assert_eq!(whole.state.outcome, RunOutcome::PartiallySucceeded);
    let again = whole.follow_ups.retry.unwrap();
    assert!(again.disabled_because.unwrap().contains("have gone"));
}

async fn v14_a_poll_of_a_bulk_moves_with_the_persons_own_tenants_alone(world: Arc<World>) {
    let watcher = world
        .person("watcher", Role::Readonly, Some(Role::Readonly))
        .await;
    let other = tenants(&world, 1).await[0];
    let run = ask(&world, &world.owner, &[other, world.sites[0].id]).await;
    let store = world.services.store();
    let bulk = start(&world).await;
    let id = run.to_string();
    let first = world.seen_by(&watcher, run).await;
    assert_eq!(states(&first), [BulkState::Waiting]);
    store.bulk_ask(&bulk, 20).await.unwrap();
    let second = world.services.run_page(&watcher, &id, Some(&first.version));
    let second = changed(second.await);
    assert_eq!(states(&second), [BulkState::Queued]);
    // The part in the other tenant is cancelled: no news for somebody who is not a member there.
    let owner = &world.owner;
    let seen = world.view(run).await.bulk.unwrap();
    let part = |tenant| seen.iter().find(|item| item.tenant_id == tenant).unwrap();
    let elsewhere = part(other).run_id.unwrap().to_string();
    world.services.cancel(owner, &elsewhere).await.unwrap();
    let poll = world
        .services
        .run_page(&watcher, &id, Some(&second.version));
    let poll = poll.await.unwrap();
    let Live::Unchanged { version, .. } = poll else {
        panic!("told of another tenant");
    };
    assert_eq!(version, second.version);
    let here = part(world.sites[0].id).run_id.unwrap().to_string();
    world.services.cancel(owner, &here).await.unwrap();
    let third = world
        .services
        .run_page(&watcher, &id, Some(&second.version));
    assert_eq!(states(&changed(third.await)), [BulkState::Cancelled]);
}
