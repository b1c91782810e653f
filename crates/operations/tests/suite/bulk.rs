//! Bulk verification: one run over chosen tenants, each by a gated run of its own (B-07, L-09).

use std::sync::Arc;

use domain::{
    bulk::BulkState,
    capability::Role,
    error::ApiError,
    ids::{RunId, TenantId, WorkerId},
    lifecycle::TenantLifecycle,
    run::{RunOutcome, RunStatus},
    views::{Live, OperationsQuery, RunView, StartResult},
};
use operations::{PoolSettings, Scope};

use crate::{
    play::on_both,
    world::{CHECK, SETTINGS, SYNC, World, changed, patience, until},
};

on_both! {
    b07_one_worker_ends_a_bulk_of_twenty_tenants,
    b07_each_item_says_what_became_of_it,
    b07_a_choice_is_looked_at_and_asked_for_once,
    b07_a_foreign_tenant_in_the_form_is_not_found_for_the_whole,
    b07_a_bulk_that_is_ended_ends_what_it_asked_for,
    b07_a_bulk_that_never_started_has_begun_nothing,
    l08_a_rescued_bulk_goes_on_where_it_was,
    l09_a_revocation_refuses_the_parts_that_have_not_started,
    l10_a_bulk_whose_person_may_not_any_more_stops_and_keeps_what_is_done,
    v02_a_bulk_shows_each_person_their_own_tenants_alone,
    v02_the_end_of_a_bulk_is_that_of_the_persons_own_tenants,
    v14_a_poll_of_a_bulk_moves_with_the_persons_own_tenants_alone,
    b07_what_did_not_succeed_is_asked_for_again,
}

/// Tenants in service, all of them connected to the directory of the first.
async fn tenants(world: &World, count: usize) -> Vec<TenantId> {
    let seed = &world.sites[0].seed;
    let mut made = Vec::new();
    for number in 0..count {
        let name = format!("Customer {number:02}");
        let id = world
            .tenant(&world.owner, &name, TenantLifecycle::Active)
            .await;
        world
            .connect(&world.owner, id, seed, &seed.client_secret)
            .await;
        made.push(id);
    }
    made
}

async fn select(world: &World, person: &Scope, tenants: &[TenantId]) -> String {
    let chosen: Vec<_> = tenants.iter().map(ToString::to_string).collect();
    let id = world.services.verify_select(person, &chosen).await.unwrap();
    id.to_string()
}

async fn ask(world: &World, person: &Scope, tenants: &[TenantId]) -> RunId {
    let selection = select(world, person, tenants).await;
    let answer = world.services.verify_start(person, &selection).await;
    let answer = answer.unwrap();
    assert_eq!(answer.result, StartResult::Accepted);
    answer.run_id
}

fn states(view: &RunView) -> Vec<BulkState> {
    let items = view.bulk.as_ref().unwrap();
    items.iter().map(|item| item.state).collect()
}

fn count(view: &RunView, label: &str) -> u64 {
    let found = view.counts.iter().find(|(known, _)| known == label);
    found.unwrap_or_else(|| panic!("no count {label}")).1
}

/// Starts the bulk that waits, as a worker would, without a worker going on with it.
async fn start(world: &World) -> policy::Running {
    let worker = WorkerId::from_uuid(uuid::Uuid::now_v7());
    let store = world.services.store();
    let mut started = store.runs_start(worker, 1).await.unwrap();
    assert!(started.refused.is_empty());
    started.running.pop().unwrap()
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
    services.store().run_hand_back(&running).await.unwrap();
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

async fn b07_a_bulk_that_is_ended_ends_what_it_asked_for(world: Arc<World>) {
    let tenants = tenants(&world, 3).await;
    let run = ask(&world, &world.owner, &tenants).await;
    let store = world.services.store();
    let running = start(&world).await;
    assert_eq!(store.bulk_ask(&running, 2).await.unwrap(), 2);
    // One part runs, one waits, one was not asked for.
    let part = start(&world).await;
    let id = run.to_string();
    world.services.cancel(&world.owner, &id).await.unwrap();
    assert_eq!(store.bulk_ask(&running, 2).await.unwrap(), 0);
    store.bulk_abort(&running).await.unwrap();
    store.bulk_abort(&running).await.unwrap();
    let view = world.view(run).await;
    let mut seen = states(&view);
    seen.sort_unstable();
    assert_eq!(
        seen,
        [BulkState::Waiting, BulkState::Running, BulkState::Cancelled]
    );
    let asked = world.view(part.key().run_id).await;
    assert_eq!(asked.cancel_asked.unwrap().by, "Olivia");
    // A worker that takes over is told, ends what is under way, and then the whole.
    store.run_hand_back(&part).await.unwrap();
    store.run_hand_back(&running).await.unwrap();
    let over = || async {
        world.pool().drain().await.unwrap();
        world.view(run).await.state.is_over()
    };
    until("the end of the bulk", over).await;
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Cancelled);
    assert!(states(&view).iter().all(|state| state.is_over()));
    assert!(states(&view).contains(&BulkState::NotStarted));
    assert_eq!(world.told(&world.owner, run).await, 1);
}

async fn b07_a_bulk_that_never_started_has_begun_nothing(world: Arc<World>) {
    let operator = world.operator("operator").await;
    let run = ask(&world, &operator, &[world.sites[0].id]).await;
    let lowered = world
        .services
        .member_set_role(
            &world.owner,
            None,
            &operator.user_id().to_string(),
            "readonly",
        )
        .await;
    lowered.unwrap();
    world.pool().drain().await.unwrap();
    let view = world.seen_by(&operator, run).await;
    assert_eq!(view.state.outcome, RunOutcome::Blocked);
    assert_eq!(view.started_at, None);
    assert!(view.counts.is_empty() && view.progress.is_none(), "R-08");
    assert_eq!(states(&view), [BulkState::NotStarted]);
    assert_eq!(view.bulk.unwrap()[0].run_id, None);
}

async fn l08_a_rescued_bulk_goes_on_where_it_was(world: Arc<World>) {
    let tenants = tenants(&world, 5).await;
    let run = ask(&world, &world.owner, &tenants).await;
    let store = world.services.store();
    let first = start(&world).await;
    assert_eq!(store.bulk_ask(&first, 3).await.unwrap(), 3);
    store.run_hand_back(&first).await.unwrap();
    // What comes too late asks for nothing.
    assert!(matches!(
        store.bulk_ask(&first, 3).await,
        Err(store::StoreError::LeaseLost)
    ));
    world.pool().drain().await.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.attempt, 2);
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    assert_eq!(states(&view), [BulkState::Succeeded; 5]);
    let query = OperationsQuery {
        tenant: "all".to_owned(),
        parent: run.to_string(),
        ..OperationsQuery::default()
    };
    let page = world.services.operations_page(&world.owner, &query, None);
    let page = changed(page.await);
    assert_eq!(page.rows.len(), 5, "one part a tenant");
    assert!(page.rows.iter().all(|row| row.parent_id == Some(run)));
}

async fn l09_a_revocation_refuses_the_parts_that_have_not_started(world: Arc<World>) {
    let operator = world.operator("operator").await;
    world.enrol(&operator, 1, Role::Operator).await;
    let run = ask(&world, &operator, &[world.sites[0].id, world.sites[1].id]).await;
    let store = world.services.store();
    let running = start(&world).await;
    assert_eq!(store.bulk_ask(&running, 20).await.unwrap(), 2);
    // Queued, and then the person may not any more.
    let tenant = world.sites[1].id();
    let lowered = world
        .services
        .member_set_role(
            &world.owner,
            Some(&tenant),
            &operator.user_id().to_string(),
            "readonly",
        )
        .await;
    lowered.unwrap();
    store.run_hand_back(&running).await.unwrap();
    world.pool().drain().await.unwrap();
    let view = world.seen_by(&operator, run).await;
    assert_eq!(view.state.outcome, RunOutcome::PartiallySucceeded);
    let items = view.bulk.unwrap();
    let refused = items
        .iter()
        .find(|item| item.tenant_id == world.sites[1].id);
    let refused = refused.unwrap();
    assert_eq!(refused.state, BulkState::Blocked);
    let part = refused.run_id.unwrap();
    assert_eq!(refused.reason_code.as_deref(), Some("missing_capability"));
    assert!(world.asked_for(part).is_empty(), "nothing was called");
}

async fn l10_a_bulk_whose_person_may_not_any_more_stops_and_keeps_what_is_done(world: Arc<World>) {
    for (done, outcome) in [
        (1, RunOutcome::PartiallySucceeded),
        (0, RunOutcome::Blocked),
    ] {
        let operator = world.operator(&format!("operator {done}")).await;
        world.enrol(&operator, 1, Role::Operator).await;
        let run = ask(&world, &operator, &[world.sites[0].id, world.sites[1].id]).await;
        let store = world.services.store();
        let running = start(&world).await;
        assert_eq!(store.bulk_ask(&running, 1).await.unwrap(), 1);
        if done == 1 {
            world.pool().drain().await.unwrap();
        }
        let user = operator.user_id().to_string();
        let lowered = world
            .services
            .member_set_role(&world.owner, None, &user, "readonly")
            .await;
        lowered.unwrap();
        let said = store.checkpoint(&running).await.unwrap();
        assert!(matches!(said, store::Asked::Refused(_)), "{said:?}");
        let view = world.seen_by(&operator, run).await;
        assert_eq!(view.state.outcome, outcome);
        assert_eq!(view.blocked_phase.as_deref(), Some("checkpoint"));
        assert!(states(&view).contains(&BulkState::NotStarted));
        world.pool().drain().await.unwrap();
    }
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
    for state in ["succeeded", "partially_succeeded", "failed"] {
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
    // The gate refused all parts; the whole was not refused, so it failed.
    let view = world.view(again.run_id).await;
    assert_eq!(view.state.outcome, RunOutcome::Failed);
    assert_eq!(count(&view, "Blocked"), 1);
    assert_eq!(view.denial_class, None);
}
