//! Bulk runs: selections, their items, the parts, and who sees what.

use std::sync::Arc;

use domain::{
    bulk::{BulkState, BulkTally, NOTHING_STARTED},
    capability::Role,
    ids::RunId,
    lifecycle::TenantLifecycle,
    operation::OperationType,
    run::RunOutcome,
    waiting::{Waiting, WaitingFor},
};
use policy::Running;
use store::{
    Asked, BulkEnds, QueueSettings, RESCUES_MOST, Requested, RunFilter, Scope, StoreError,
    TenantAccess, WorkedOutcome, WorkerCard,
};

use crate::{
    database::Database,
    world::{World, accepted, end, strangers, worker},
};

const BULK: OperationType = OperationType::BulkConnectionCheck;

pub async fn ask(world: &World, scope: &Scope, tenants: &[TenantAccess]) -> Requested {
    let store = &world.store;
    let selected = store.bulk_select(scope, &world.workspace, BULK, tenants);
    let selection = store.bulk_selection(scope, selected.await.unwrap()).await;
    let selection = selection.unwrap();
    store.bulk_request(scope, &selection, None).await.unwrap()
}

async fn running(world: &World, tenants: &[TenantAccess]) -> Running {
    accepted(ask(world, &world.owner, tenants).await);
    world.start_one().await
}

fn tally(states: &[(BulkState, u64)]) -> BulkTally {
    states.iter().copied().collect()
}

pub async fn b07_a_bulk_asks_for_each_item_once(db: Arc<Database>) {
    let world = World::new(&db).await;
    let second = world.another_tenant("Second tenant").await;
    let third = world.another_tenant("Third tenant").await;
    let tenants = [world.tenant.clone(), second.clone(), third.clone()];
    let store = &world.store;
    let bulk = running(&world, &tenants).await;
    assert_eq!(bulk.connection_id(), None);
    assert_eq!(bulk.tenant_id(), None);
    assert_eq!(store.bulk_ask(&bulk, 2).await.unwrap(), 2);
    let waiting = tally(&[(BulkState::Queued, 2), (BulkState::Waiting, 1)]);
    assert_eq!(store.bulk_tally(&bulk).await.unwrap(), waiting);
    assert_eq!(store.bulk_ask(&bulk, 2).await.unwrap(), 1);
    assert_eq!(store.bulk_ask(&bulk, 2).await.unwrap(), 0);
    let run = store.run(&world.owner, bulk.key().run_id).await.unwrap();
    let items = store
        .bulk_items(&world.owner, &run, &tenants)
        .await
        .unwrap();
    let order: Vec<_> = items.iter().map(|item| item.tenant_id).collect();
    assert_eq!(order, tenants.each_ref().map(TenantAccess::id));
    for item in &items {
        let part = store.run(&world.owner, item.run_id.unwrap()).await.unwrap();
        assert_eq!(part.run().parent_id, Some(run.run().id));
        assert_eq!(part.run().user_id, Some(world.owner.user_id()));
        assert_eq!(world.audited("run.requested", part.run().id).await, 1);
    }
    // The part of one tenant, and what is seen of the others.
    let some = &tenants[..1];
    let seen = store.bulk_items(&world.owner, &run, some).await.unwrap();
    assert_eq!(seen.len(), 1);
    assert!(store.bulk_reaches_beyond(&run, some).await.unwrap());
    assert!(!store.bulk_reaches_beyond(&run, &tenants).await.unwrap());
    let tallies = store.bulk_tallies(&world.owner, &[run.run()], some).await;
    let tallies = tallies.unwrap();
    assert_eq!(
        tallies.get(&run.run().id),
        Some(&tally(&[(BulkState::Queued, 1)]))
    );
    // The parts start like any other run, and tell nobody when they end.
    let started = store.runs_start(worker(), 10).await.unwrap();
    assert_eq!(started.running.len(), 3);
    for part in started.running {
        let id = part.key().run_id;
        world.succeed(part).await;
        assert_eq!(world.count("notifications", id).await, 0);
    }
    let done = store.bulk_tally(&bulk).await.unwrap();
    assert_eq!(done.outcome(), RunOutcome::Succeeded);
    let id = bulk.key().run_id;
    world.succeed(bulk).await;
    assert_eq!(world.count("notifications", id).await, 1);
}

/// What waits for runs of tenants is under way in none of them, however long it waits.
pub async fn b07_a_bulk_under_way_takes_no_place_from_another(db: Arc<Database>) {
    let mut world = World::new(&db).await;
    let settings = QueueSettings {
        tenant_limit: 1,
        ..QueueSettings::default()
    };
    world.store = world.store.clone().with_queue(settings);
    let second = world.another_tenant("Second tenant").await;
    let card = WorkerCard {
        id: worker(),
        host: "worker-1".to_owned(),
        slots: 4,
    };
    world.store.worker_seen(&card).await.unwrap();
    running(&world, std::slice::from_ref(&world.tenant)).await;
    let run = accepted(ask(&world, &world.owner, std::slice::from_ref(&second)).await);

    let access = world.store.run(&world.owner, run).await.unwrap();
    let waiting = world.store.run_waiting(&access).await.unwrap();
    assert_eq!(waiting, Some(Waiting::Slot { before: 0 }));
    let rows = std::slice::from_ref(access.run());
    let now = world.store.now().await.unwrap();
    let waits = world.store.waits_of_runs(rows, now).await.unwrap();
    assert_eq!(waits.get(&run), Some(&WaitingFor::Slot));
    assert_eq!(world.start_one().await.key().run_id, run);
}

pub async fn b07_an_ended_bulk_ends_its_parts(db: Arc<Database>) {
    let world = World::new(&db).await;
    let second = world.another_tenant("Second tenant").await;
    let store = &world.store;
    let bulk = running(&world, &[world.tenant.clone(), second]).await;
    store.bulk_ask(&bulk, 10).await.unwrap();
    let part = store
        .runs_start(worker(), 1)
        .await
        .unwrap()
        .running
        .remove(0);
    let run = store.run(&world.owner, bulk.key().run_id).await.unwrap();
    store.run_cancel(&world.owner, &run).await.unwrap();
    store.bulk_abort(&bulk).await.unwrap();
    let ended = tally(&[(BulkState::Running, 1), (BulkState::Cancelled, 1)]);
    assert_eq!(store.bulk_tally(&bulk).await.unwrap(), ended);
    assert_eq!(
        world
            .audited("run.cancel_requested", part.key().run_id)
            .await,
        1
    );
    store
        .run_hand_back(&bulk, store::GivenBack::Stopping)
        .await
        .unwrap();
    let late = store.bulk_abort(&bulk).await;
    assert!(matches!(late, Err(StoreError::LeaseLost)));
}

pub async fn b07_a_selection_is_its_makers_and_of_one_workspace(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (stranger, _, elsewhere) = strangers(&world.store).await;
    let store = &world.store;
    let mixed = [world.tenant.clone(), elsewhere];
    let answer = store.bulk_select(&world.owner, &world.workspace, BULK, &mixed);
    assert!(matches!(answer.await, Err(StoreError::NotFound)));
    let own = std::slice::from_ref(&world.tenant);
    let none = store.bulk_select(
        &world.owner,
        &world.workspace,
        OperationType::InventorySync,
        own,
    );
    assert!(matches!(none.await, Err(StoreError::NotFound)));
    let id = store.bulk_select(&world.owner, &world.workspace, BULK, own);
    let id = id.await.unwrap();
    let hidden = store.bulk_selection(&stranger, id).await;
    assert!(matches!(hidden, Err(StoreError::NotFound)));
    let selection = store.bulk_selection(&world.owner, id).await.unwrap();
    let first = accepted(
        store
            .bulk_request(&world.owner, &selection, None)
            .await
            .unwrap(),
    );
    let again = store.bulk_request(&world.owner, &selection, None).await;
    assert_eq!(again.unwrap(), Requested::Deduped(first));
    // Without the capability in the workspace there is no run (V-16).
    let reader = world
        .person("reader", Some(Role::Readonly), Some(Role::Owner))
        .await;
    let answer = ask(&world, &reader, own).await;
    assert!(matches!(answer, Requested::Forbidden(_)), "{answer:?}");
}

pub async fn d02_items_of_a_bulk_stay_in_their_workspace_and_are_written_once(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (_, _, elsewhere) = strangers(&world.store).await;
    let bulk = running(&world, std::slice::from_ref(&world.tenant)).await;
    world.store.bulk_ask(&bulk, 10).await.unwrap();
    let parent = db.id(bulk.key().run_id.as_uuid());
    let (ws, tenant) = world.owner_ids();
    let foreign = db.id(elsewhere.id().as_uuid());
    let part = format!("(select run_id from bulk_items where parent_id = {parent})");
    for attack in [
        // Another workspace's tenant.
        format!(
            "insert into bulk_items (workspace_id, scope_id, parent_id, position, updated_at)
             values ({ws}, {foreign}, {parent}, 9, 1)"
        ),
        // A parent that is no run of the workspace itself.
        format!(
            "insert into bulk_items (workspace_id, scope_id, parent_id, position, updated_at)
             values ({ws}, {tenant}, {part}, 9, 1)"
        ),
        // The same tenant twice.
        format!(
            "insert into bulk_items (workspace_id, scope_id, parent_id, position, updated_at)
             values ({ws}, {tenant}, {parent}, 9, 1)"
        ),
        // What became of it, once more.
        format!(
            "update bulk_items set outcome = 'skipped', reason_code = 'x' where parent_id = {parent}"
        ),
    ] {
        assert!(db.raw.try_run(&attack).await.is_err(), "{attack}");
    }
}

/// The bulks of a state that the list gives to a person with these tenants; its count counts the same.
async fn found(
    world: &World,
    tenants: &[TenantAccess],
    state: &'static str,
    bulk_ends: BulkEnds,
) -> Vec<RunId> {
    let filter = RunFilter {
        states: vec![state],
        operations: vec![BULK],
        bulk_ends,
        ..RunFilter::default()
    };
    let (store, owner, workspace) = (&world.store, &world.owner, &world.workspace);
    let page = store.runs(owner, workspace, tenants, &filter, 9).await;
    let rows: Vec<_> = page.unwrap().rows.iter().map(|row| row.id).collect();
    let count = store.runs_count(owner, workspace, tenants, &filter, 9);
    assert_eq!(count.await.unwrap(), i64::try_from(rows.len()).unwrap());
    rows
}

pub async fn v02_a_bulk_is_found_by_its_end_within_reach_alone(db: Arc<Database>) {
    let world = World::new(&db).await;
    let second = world.another_tenant("Second tenant").await;
    let both = [world.tenant.clone(), second];
    let (store, owner) = (&world.store, &world.owner);
    let bulk = running(&world, &both).await;
    store.bulk_ask(&bulk, 10).await.unwrap();
    for part in store.runs_start(worker(), 10).await.unwrap().running {
        world.succeed(part).await;
    }
    let id = bulk.key().run_id;
    world.succeed(bulk).await;
    let run = store.run(owner, id).await.unwrap();
    let one = &both[..1];
    assert!(
        store
            .reaches_everywhere(&world.workspace, &both)
            .await
            .unwrap()
    );
    assert!(
        !store
            .reaches_everywhere(&world.workspace, one)
            .await
            .unwrap()
    );
    let within = async |tenants: &[TenantAccess]| {
        let bulks = [run.run()];
        let within = store.bulks_within(owner, &bulks, tenants).await.unwrap();
        within.contains(&id)
    };
    assert!(within(&both).await && !within(one).await);

    // The list finds it by its end, its count counts it, for who may look into all of it.
    let found = async |tenants: &[TenantAccess], state, ends| {
        found(&world, tenants, state, ends).await.len()
    };
    assert_eq!(found(&both, "succeeded", BulkEnds::OfTheWhole).await, 1);
    assert_eq!(found(&both, "succeeded", BulkEnds::WithinReach).await, 1);
    assert_eq!(found(one, "succeeded", BulkEnds::WithinReach).await, 0);
    // What retention took away is no longer known to have been within.
    let now = store.now().await.unwrap().plus(1);
    store.remove_batch(now, 0).await.unwrap();
    assert!(!within(&both).await);
    assert_eq!(found(&both, "succeeded", BulkEnds::WithinReach).await, 0);
    assert_eq!(found(&both, "succeeded", BulkEnds::OfTheWhole).await, 1);
}

pub async fn l13_a_bulk_of_which_nothing_was_let_start_is_found_as_blocked(db: Arc<Database>) {
    let world = World::new(&db).await;
    let second = world.another_tenant("Second tenant").await;
    let both = [world.tenant.clone(), second];
    let store = &world.store;
    for tenant in &both {
        let archived = store.tenant_lifecycle_set(&world.owner, tenant, TenantLifecycle::Archived);
        archived.await.unwrap();
    }
    let bulk = running(&world, &both).await;
    store.bulk_ask(&bulk, 10).await.unwrap();
    let told = store.bulk_tally(&bulk).await.unwrap();
    assert_eq!(told, tally(&[(BulkState::Blocked, 2)]));
    let made_of_blocked = bulk.key().run_id;
    let nothing_started = end(WorkedOutcome::NothingStarted);
    store.run_finish(&bulk, &nothing_started).await.unwrap();
    let run = store.run(&world.owner, made_of_blocked).await.unwrap();
    assert_eq!(run.run().state.outcome, RunOutcome::Blocked);
    assert_eq!(run.run().denial_class, None);
    assert_eq!(run.run().reason_code.as_deref(), Some(NOTHING_STARTED));
    assert_eq!(world.audited("run.completed", made_of_blocked).await, 1);
    assert_eq!(world.audited("run.blocked", made_of_blocked).await, 0);
    assert_eq!(world.count("notifications", made_of_blocked).await, 1);

    // Another was refused itself: that says nothing of its tenants, and is told to everybody.
    let lost = world.operator("lost").await;
    let refused = accepted(ask(&world, &lost, &both[..1]).await);
    let removed = store.workspace_member_remove(&world.owner, &world.workspace, lost.user_id());
    removed.await.unwrap();
    assert!(
        store
            .runs_start(worker(), 1)
            .await
            .unwrap()
            .running
            .is_empty()
    );
    // A third was refused at work: that it is blocked tells that nothing of it had succeeded by then.
    let stopped = world.operator("stopped").await;
    let stopped_id = accepted(ask(&world, &stopped, &both[..1]).await);
    let at_work = world.start_one().await;
    let removed = store.workspace_member_remove(&world.owner, &world.workspace, stopped.user_id());
    removed.await.unwrap();
    let asked = store.checkpoint(&at_work).await.unwrap();
    assert!(matches!(asked, Asked::Refused(_)), "{asked:?}");
    let mut all = found(&world, &both, "blocked", BulkEnds::OfTheWhole).await;
    all.sort_unstable();
    assert_eq!(all, [made_of_blocked, refused, stopped_id]);
    let within = found(&world, &[], "blocked", BulkEnds::WithinReach).await;
    assert_eq!(within, [refused]);
}

pub async fn r10_a_bulk_that_is_given_up_counts_its_own_parts_alone(db: Arc<Database>) {
    let world = World::new(&db).await;
    for (is_own, outcome) in [
        (false, RunOutcome::Failed),
        (true, RunOutcome::PartiallySucceeded),
    ] {
        let tenant = world.another_tenant(&format!("Own {is_own}")).await;
        let bulk = running(&world, std::slice::from_ref(&tenant)).await;
        let run = bulk.key().run_id;
        // Somebody else's run in the tenant stands in the way of the bulk's own: the item names it, and is left out.
        let other = match is_own {
            true => None,
            false => {
                accepted(
                    world
                        .ask_in(&world.owner, &tenant, OperationType::InventorySync)
                        .await,
                );
                Some(world.start_one().await)
            }
        };
        world.store.bulk_ask(&bulk, 10).await.unwrap();
        match other {
            Some(other) => world.succeed(other).await,
            None => world.succeed(world.start_one().await).await,
        }
        for lost in 0..=RESCUES_MOST {
            world.expire(run).await;
            assert_eq!(world.rescue().await.unwrap(), 1);
            if lost < RESCUES_MOST {
                world.start_one().await;
            }
        }
        let access = world.store.run(&world.owner, run).await.unwrap();
        assert_eq!(access.run().state.outcome, outcome);
        assert_eq!(access.run().reason_code.as_deref(), Some("worker_lost"));
    }
}
