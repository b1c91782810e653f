//! Runs that lose their workers or their database, once and again and again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    operation::OperationType::InventorySync,
    run::{RunOutcome, RunStatus},
    time::SECOND,
};
use policy::Running;
use store::{GivenBack, LeaseWatch, RESCUES_MOST, WorkedOutcome};

use crate::{
    database::Database,
    invariants::open_the_wall,
    retries::{item_done, queue, row, wait_out},
    world::{World, accepted, end, worker},
};

pub async fn r10_a_run_that_kills_its_workers_is_given_up(db: Arc<Database>) {
    let world = World::new(&db).await;
    let mut running = world.running(&world.owner, InventorySync).await;
    let run = running.key().run_id;
    item_done(&world, &running).await;
    for lost in 0..RESCUES_MOST {
        assert_eq!(queue(&world, run, "rescues").await, lost);
        world.expire(run).await;
        assert_eq!(world.rescue().await.unwrap(), 1);
        running = world.start_one().await;
        // A worker that stops is no worker lost.
        world
            .store
            .run_hand_back(&running, GivenBack::Stopping)
            .await
            .unwrap();
        running = world.start_one().await;
    }
    assert_eq!(queue(&world, run, "rescues").await, RESCUES_MOST);
    world.expire(run).await;
    assert_eq!(world.rescue().await.unwrap(), 1);
    let over = row(&world, run).await;
    let kept = RunOutcome::PartiallySucceeded;
    assert_eq!(over.state.outcome, kept, "an item of it was done");
    assert_eq!(over.reason_code.as_deref(), Some("worker_lost"));
    assert!(over.failures[0].message.contains("4 times"));
    assert!(!over.counts.is_empty(), "what was counted stays");
    assert_eq!(world.count("run_items", run).await, 1);
    assert_eq!(world.count("run_queue", run).await, 0);
    assert_eq!(world.count("notifications", run).await, 1);
    assert_eq!(world.audited("run.completed", run).await, 1);
    let id = db.id(run.as_uuid());
    let sql = format!("select reconciled_at - completed_at from operation_runs where id = {id}");
    assert_eq!(db.raw.int(&sql).await, Some(0));
    let good = end(WorkedOutcome::Succeeded);
    let late = world.store.run_finish(&running, &good).await;
    assert!(matches!(late, Err(store::StoreError::LeaseLost)));
    assert_eq!(world.rescue().await.unwrap(), 0);
}

pub async fn r10_a_run_under_which_the_database_breaks_off_waits_and_is_given_up(
    db: Arc<Database>,
) {
    let world = World::new(&db).await;
    let mut running = world.running(&world.owner, InventorySync).await;
    let run = running.key().run_id;
    item_done(&world, &running).await;
    let break_off = async |running: &Running| {
        let back = world.store.run_hand_back(running, GivenBack::BrokenOff);
        back.await.unwrap();
    };
    let id = db.id(run.as_uuid());
    let waits = format!(
        "select q.available_at - r.updated_at from run_queue q join operation_runs r on r.id = q.run_id
         where q.run_id = {id}"
    );
    for broken in 0..RESCUES_MOST {
        break_off(&running).await;
        // Twice as long each time, and it can say why.
        let pause = (2 << broken) * SECOND;
        let waits = db.raw.int(&waits).await.unwrap();
        assert!((pause..=pause * 3 / 2).contains(&waits), "{waits}");
        assert_eq!(queue(&world, run, "rescues").await, broken + 1);
        let why = format!("select waiting_code from run_queue where run_id = {id}");
        assert_eq!(db.raw.texts(&why).await, ["database_busy"]);
        let started = world.store.runs_start(worker(), 1).await.unwrap();
        assert!(started.running.is_empty(), "it waits");
        wait_out(&world, run).await;
        running = world.start_one().await;
        assert_eq!(running.key().attempt, broken + 2);
    }
    break_off(&running).await;
    let over = row(&world, run).await;
    let kept = RunOutcome::PartiallySucceeded;
    assert_eq!(over.state.outcome, kept, "an item of it was done");
    assert_eq!(over.reason_code.as_deref(), Some("database_busy"));
    assert!(over.failures[0].message.contains("4 times"));
    assert_eq!(world.count("run_items", run).await, 1, "what is done stays");
    assert_eq!(world.count("run_queue", run).await, 0);
    assert_eq!(world.count("notifications", run).await, 1);
    assert_eq!(world.audited("run.rescued", run).await, RESCUES_MOST);
    assert_eq!(world.audited("run.completed", run).await, 1);
    let again = world.store.run_hand_back(&running, GivenBack::BrokenOff);
    assert!(matches!(again.await, Err(store::StoreError::LeaseLost)));
}

/// So many runs of one worker, each in a tenant of its own.
async fn under_way(world: &World, runs: usize) -> Vec<Running> {
    world.sync(&world.owner).await;
    for n in 1..runs {
        let tenant = world.another_tenant(&format!("Tenant {n}")).await;
        accepted(world.ask_in(&world.owner, &tenant, InventorySync).await);
    }
    let running = world.store.runs_start(worker(), 10).await.unwrap().running;
    assert_eq!(running.len(), runs);
    running
}

async fn ask_for_the_end(world: &World, run: domain::ids::RunId) {
    let access = world.store.run(&world.owner, run).await.unwrap();
    world.store.run_cancel(&world.owner, &access).await.unwrap();
}

pub async fn l08_many_lost_runs_are_taken_back_together(db: Arc<Database>) {
    let world = World::new(&db).await;
    let running = under_way(&world, 5).await;
    let cancelled = running[4].key().run_id;
    ask_for_the_end(&world, cancelled).await;
    for running in &running {
        world.expire(running.key().run_id).await;
    }
    assert_eq!(world.rescue().await.unwrap(), 5);
    for running in &running[..4] {
        let run = running.key().run_id;
        let row = row(&world, run).await;
        assert_eq!((row.state.status, row.attempt), (RunStatus::Queued, 2));
        assert_eq!(queue(&world, run, "attempt").await, 2);
        assert_eq!(world.audited("run.rescued", run).await, 1);
    }
    let row = row(&world, cancelled).await;
    assert_eq!(row.state.outcome, RunOutcome::Cancelled);
    let again = world.store.runs_start(worker(), 10).await.unwrap();
    assert_eq!(again.running.len(), 4);
    let verdicts = world.store.audit_verify().await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken_at.is_none()));
}

pub async fn r10_more_lost_runs_than_one_transaction_takes_are_all_taken_at_once(
    db: Arc<Database>,
) {
    let world = World::new(&db).await;
    for n in 0..201 {
        let tenant = world.another_tenant(&format!("Tenant {n}")).await;
        accepted(world.ask_in(&world.owner, &tenant, InventorySync).await);
    }
    let running = world.store.runs_start(worker(), 300).await.unwrap().running;
    assert_eq!(running.len(), 201);
    db.raw.run("update run_queue set lease_until = 1").await;
    let (mut watch, begun) = (LeaseWatch::default(), Instant::now());
    let long = world.store.queue_settings().certain();
    for (looked_on, taken) in [(Duration::ZERO, 0), (long / 2, 0), (long, 201)] {
        let looked = world.store.runs_rescue(&mut watch, begun + looked_on).await;
        let rescued = looked.unwrap();
        assert!(rescued.faults.is_empty(), "{:?}", rescued.faults);
        assert_eq!(rescued.taken, taken, "after {looked_on:?}");
    }
    world.chains_hold().await;
}

pub async fn r10_a_run_that_cannot_be_taken_back_is_named_and_stops_no_other(db: Arc<Database>) {
    let world = World::new(&db).await;
    let running = under_way(&world, 5).await;
    // One is to end, one to be tried again.
    let mut odd = [1, 3].map(|at: usize| running[at].key().run_id);
    ask_for_the_end(&world, odd[0]).await;
    // The queue says another attempt than the ledger does.
    open_the_wall(&db, "run_queue").await;
    for run in odd {
        let row = db.id(run.as_uuid());
        let sql = format!("update run_queue set attempt = attempt + 1 where run_id = {row}");
        assert_eq!(db.raw.run(&sql).await, 1);
    }
    odd.sort();
    db.raw.run("update run_queue set lease_until = 1").await;

    let (mut watch, begun) = (LeaseWatch::default(), Instant::now());
    let long = world.store.queue_settings().certain();
    let mut looks = Vec::new();
    for looked_on in [Duration::ZERO, long / 2, long, long + long / 4] {
        let looked = world.store.runs_rescue(&mut watch, begun + looked_on).await;
        let rescued = looked.unwrap();
        let mut faults: Vec<_> = rescued.faults.iter().map(|(run, _)| *run).collect();
        faults.sort();
        looks.push((rescued.taken, faults));
    }
    let (none, odd) = ((0, vec![]), odd.to_vec());
    assert_eq!(looks, [none.clone(), none, (3, odd.clone()), (0, odd)]);
    let again = world.store.runs_start(worker(), 10).await.unwrap();
    assert_eq!(again.running.len(), 3);
}

pub async fn r10_a_run_that_loses_its_workers_before_it_did_anything_has_failed(db: Arc<Database>) {
    let world = World::new(&db).await;
    let run = world.sync(&world.owner).await;
    for _ in 0..=RESCUES_MOST {
        world.start_one().await;
        world.expire(run).await;
        assert_eq!(world.rescue().await.unwrap(), 1);
    }
    assert_eq!(row(&world, run).await.state.outcome, RunOutcome::Failed);
}

pub async fn r10_a_run_that_cannot_start_is_left_aside_and_stops_no_other(db: Arc<Database>) {
    let world = World::new(&db).await;
    let odd = world.sync(&world.owner).await;
    let tenant = world.another_tenant("Second tenant").await;
    let other = accepted(world.ask_in(&world.owner, &tenant, InventorySync).await);
    // The queue says another attempt than the ledger does.
    open_the_wall(&db, "run_queue").await;
    let row_of = db.id(odd.as_uuid());
    let damage = format!("update run_queue set attempt = attempt + 1 where run_id = {row_of}");
    assert_eq!(db.raw.run(&damage).await, 1);

    // Together with the other one, and once more when nothing else waits.
    for others in [vec![other], vec![]] {
        // A minute later.
        let due = format!("update run_queue set available_at = queued_at where run_id = {row_of}");
        assert_eq!(db.raw.run(&due).await, 1);
        let claimed = world.store.runs_start(worker(), 10).await.unwrap();
        let started: Vec<_> = claimed.running.iter().map(|it| it.key().run_id).collect();
        assert_eq!(started, others);
        let waits = format!(
            "select count(*) from run_queue where run_id = {row_of} and available_at > queued_at"
        );
        assert_eq!(db.raw.int(&waits).await, Some(1));
    }
    assert_eq!(world.count("run_decisions", odd).await, 0);

    let mended = format!(
        "update run_queue set attempt = attempt - 1, available_at = queued_at where run_id = {row_of}"
    );
    assert_eq!(db.raw.run(&mended).await, 1);
    let running = world.start_one().await;
    assert_eq!(running.key().run_id, odd);
}
