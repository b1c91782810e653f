//! What an installation does by itself: it ends what nobody took, and tidies away (V-15).

use std::sync::Arc;

use domain::{
    ids::RunId,
    operation::OperationType,
    run::{RunOutcome, RunStatus},
    summary::SummaryCounts,
    time::{DAY, HOUR, MINUTE, Timestamp},
    verification::VerificationReport,
};
use store::{ItemOutcome, Reconciled, Removed, STALE_QUEUED};

use crate::{
    database::Database,
    intents::{laboratory, open, writing},
    invariants::open_the_wall,
    world::{World, accepted, worker},
};

impl World {
    /// Lets a queued run have been there to take for so long.
    async fn age(&self, run: RunId, micros: i64) {
        let at = self.store.now().await.unwrap().plus(-micros);
        let run = self.db.id(run.as_uuid());
        let sql = format!(
            "update run_queue set available_at = {} where run_id = {run}",
            at.0
        );
        assert_eq!(self.db.raw.run(&sql).await, 1);
    }

    /// Lets workers have been there in a span, seen from now.
    async fn present(&self, from: i64, until: i64) {
        let now = self.store.now().await.unwrap();
        let (from, until) = (now.plus(-from), now.plus(-until));
        let sql = format!(
            "insert into worker_presence (began_at, until_at) values ({}, {})",
            from.0, until.0
        );
        self.db.raw.run(&sql).await;
    }

    /// A verification that ended well and left its report.
    async fn report(&self) -> RunId {
        let running = self
            .running(&self.owner, OperationType::ConnectionCheck)
            .await;
        let run = running.key().run_id;
        let at = self.store.now().await.unwrap();
        let report = VerificationReport::of("connection check", at, vec![], "f".to_owned());
        self.store.report_store(&running, &report).await.unwrap();
        self.succeed(running).await;
        run
    }

    async fn present_now(&self) -> Option<i64> {
        self.db
            .raw
            .int("select cast(sum(until_at - began_at) as bigint) from worker_presence")
            .await
    }
}

fn done(key: &str) -> ItemOutcome<'_> {
    ItemOutcome {
        position: 0,
        key,
        label: "An item",
        outcome: "succeeded",
        reason_code: None,
        message: None,
        objects: Some(1),
    }
}

pub async fn r10_a_run_that_nobody_took_is_ended_and_told(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    let operator = world.operator("operator").await;
    let run = world.sync(&operator).await;
    world.present(2 * DAY, 0).await;
    assert_eq!(store.runs_reconcile().await.unwrap().ended, 0);
    world.age(run, DAY - MINUTE).await;
    assert_eq!(store.runs_reconcile().await.unwrap().ended, 0);
    // A retry that is for later is not old, whenever it was asked for.
    world.age(run, -HOUR).await;
    assert_eq!(store.runs_reconcile().await.unwrap().ended, 0);
    world.age(run, DAY + MINUTE).await;
    assert_eq!(store.runs_reconcile().await.unwrap().ended, 1);
    assert_eq!(store.runs_reconcile().await.unwrap().ended, 0);

    let access = store.run(&operator, run).await.unwrap();
    let row = access.run();
    assert_eq!(
        (row.state.status, row.state.outcome),
        (RunStatus::Completed, RunOutcome::Failed)
    );
    assert_eq!(row.reason_code.as_deref(), Some(STALE_QUEUED));
    assert_eq!(
        (row.started_at, row.reconciled_at),
        (None, row.completed_at)
    );
    assert_eq!(row.failures[0].reason_code, STALE_QUEUED);
    assert_eq!(world.count("notifications", run).await, 1);
    assert_eq!(world.count("run_decisions", run).await, 0);
    assert_eq!(world.audited("run.completed", run).await, 1);
    // A new start is not answered with it any more, and a system's own run tells nobody.
    world
        .succeed(world.running(&operator, OperationType::InventorySync).await)
        .await;
    let system = world.sync_by_system().await;
    world.age(system, 3 * DAY).await;
    assert_eq!(store.runs_reconcile().await.unwrap().ended, 1);
    assert_eq!(world.count("notifications", system).await, 0);
    assert!(
        store
            .runs_start(worker(), 5)
            .await
            .unwrap()
            .running
            .is_empty()
    );
}

pub async fn r10_time_without_workers_ages_no_run(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    let run = world.sync(&world.owner).await;
    world.age(run, 30 * DAY).await;
    // Nobody ever said that workers are there.
    assert_eq!(store.runs_reconcile().await.unwrap().ended, 0);
    // They say so for the first time now: no time has passed yet.
    store.presence_tell().await.unwrap();
    assert_eq!(store.runs_reconcile().await.unwrap().ended, 0);
    // An hour ago and yesterday, together less than a day.
    world.present(3 * DAY, 2 * DAY + 2 * HOUR).await;
    world.present(10 * HOUR, 9 * HOUR).await;
    assert_eq!(store.runs_reconcile().await.unwrap().ended, 0);
    // What was before the run counts for nothing, what is after it does.
    world.present(40 * DAY, 31 * DAY).await;
    assert_eq!(store.runs_reconcile().await.unwrap().ended, 0);
    world.present(20 * DAY, 19 * DAY + HOUR).await;
    assert_eq!(store.runs_reconcile().await.unwrap().ended, 1);
}

pub async fn r10_a_paused_queue_ages_no_run(db: Arc<Database>) {
    let world = World::new(&db).await;
    let run = world.sync(&world.owner).await;
    world.age(run, 3 * DAY).await;
    world.present(3 * DAY, 0).await;
    let (store, tenant) = (&world.store, &world.tenant);
    store.queue_pause_set(&world.owner, tenant).await.unwrap();
    assert_eq!(store.runs_reconcile().await.unwrap().ended, 0);
    store.queue_resume(&world.owner, tenant).await.unwrap();
    assert_eq!(store.runs_reconcile().await.unwrap().ended, 0);
    world.age(run, 3 * DAY).await;
    assert_eq!(store.runs_reconcile().await.unwrap().ended, 1);
}

pub async fn i05_a_write_that_nobody_knows_the_end_of_outweighs_that_its_run_is_stale(
    db: Arc<Database>,
) {
    let world = laboratory(&db).await;
    let running = writing(&world).await;
    let run = running.key().run_id;
    open(&world, &running, "one").await;
    world.expire(run).await;
    assert_eq!(world.rescue().await.unwrap(), 1);
    world.present(2 * DAY, 0).await;
    world.age(run, DAY + MINUTE).await;
    assert_eq!(world.store.runs_reconcile().await.unwrap().ended, 1);
    let access = world.store.run(&world.owner, run).await.unwrap();
    assert_eq!(access.run().state.outcome, RunOutcome::Indeterminate);
    assert_eq!(world.store.violations().await.unwrap(), []);
}

pub async fn r10_what_an_earlier_attempt_did_stays(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    let running = world
        .running(&world.owner, OperationType::InventorySync)
        .await;
    let run = running.key().run_id;
    store
        .run_progress(&running, &done("groups"), &SummaryCounts::default())
        .await
        .unwrap();
    world.expire(run).await;
    assert_eq!(world.rescue().await.unwrap(), 1);
    world.present(2 * DAY, 0).await;
    world.age(run, DAY + MINUTE).await;
    assert_eq!(store.runs_reconcile().await.unwrap().ended, 1);
    let access = store.run(&world.owner, run).await.unwrap();
    assert_eq!(access.run().state.outcome, RunOutcome::PartiallySucceeded);
    assert!(access.run().reconciled_at.is_some());
    // Presence that goes on is one span; after a silence it is another.
    let before = world.present_now().await;
    store.presence_tell().await.unwrap();
    assert!(world.present_now().await >= before);
    assert_eq!(
        db.raw.int("select count(*) from worker_presence").await,
        Some(1)
    );
    db.raw
        .run("update worker_presence set began_at = 1, until_at = 2")
        .await;
    store.presence_tell().await.unwrap();
    assert_eq!(
        db.raw.int("select count(*) from worker_presence").await,
        Some(1)
    );
    let began = db
        .raw
        .int("select began_at from worker_presence")
        .await
        .unwrap();
    assert!(began > 2, "what is long over is forgotten");
}

pub async fn v15_details_go_and_say_so_and_links_answer(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    let running = world
        .running(&world.owner, OperationType::InventorySync)
        .await;
    let run = running.key().run_id;
    store
        .run_progress(&running, &done("first"), &SummaryCounts::default())
        .await
        .unwrap();
    // As many more as no test would wait for one by one.
    let many = "insert into run_items (workspace_id, scope_id, run_id, position, key, label, outcome, updated_at)
       with recursive n(n) as (select 1 union all select n + 1 from n where n < 2299)
       select workspace_id, scope_id, run_id, n, 'k' || n, label, outcome, updated_at from run_items, n";
    assert_eq!(db.raw.run(many).await, 2_299);
    let under_way = store.now().await.unwrap();
    assert_eq!(
        store.removable(under_way.plus(DAY)).await.unwrap().items,
        0,
        "not while it runs"
    );
    world.succeed(running).await;
    let (first, second) = (world.report().await, world.report().await);
    let access = store.run(&world.owner, run).await.unwrap();
    assert!(store.run_removal(&access).await.unwrap().is_none());
    let now = store.now().await.unwrap();
    // Kept for 90 days, there is nothing to do yet; kept for none, everything but the newest report.
    assert_eq!(store.removable(now.plus(-90 * DAY)).await.unwrap().items, 0);
    assert_eq!(
        store.remove_batch(now.plus(-90 * DAY), 90).await.unwrap(),
        Removed::default()
    );
    let removable = store.removable(now.plus(1)).await.unwrap();
    assert_eq!(
        (removable.items, removable.runs, removable.reports),
        (2_300, 1, 1)
    );
    let version = store.version_of_run(&access).await.unwrap().version;
    let mut batches = 0;
    let (mut items, mut reports) = (0, 0);
    loop {
        let removed = store.remove_batch(now.plus(1), 90).await.unwrap();
        if removed == Removed::default() {
            break;
        }
        assert!(removed.items + removed.reports <= 1_001);
        (batches, items, reports) = (
            batches + 1,
            items + removed.items,
            reports + removed.reports,
        );
    }
    assert_eq!((items, reports), (2_300, 1));
    assert!(batches >= 3, "{batches}");
    // The page is told, and says it; run, decisions and audit entries are where they were.
    assert!(store.version_of_run(&access).await.unwrap().version > version);
    let removal = store.run_removal(&access).await.unwrap().unwrap();
    assert_eq!(
        (removal.items, removal.reports, removal.kept_days),
        (2_300, 0, 90)
    );
    assert!(store.run_items(&access).await.unwrap().is_empty());
    assert_eq!(store.run_decisions(&access).await.unwrap().len(), 1);
    assert_eq!(world.audited("run.completed", run).await, 1);
    for (run, has_report) in [(first, false), (second, true)] {
        let access = store.run(&world.owner, run).await.unwrap();
        assert_eq!(
            store.run_report(&access).await.unwrap().is_some(),
            has_report
        );
    }
    assert_eq!(store.removable(now.plus(1)).await.unwrap().reports, 0);
}

pub async fn retention_is_one_process_a_day(db: Arc<Database>) {
    let world = World::new(&db).await;
    let elsewhere = db.another_store().await;
    assert_eq!(world.store.retention_days().await.unwrap(), 90);
    world.store.retention_days_set(30).await.unwrap();
    assert_eq!(elsewhere.retention_days().await.unwrap(), 30);
    assert!(world.store.retention_turn().await.unwrap());
    assert!(!elsewhere.retention_turn().await.unwrap());
    assert!(!world.store.retention_turn().await.unwrap());
    let now: Timestamp = world.store.now().await.unwrap();
    for last in [now.plus(-DAY), now.plus(300 * DAY)] {
        db.raw
            .run(&format!("update upkeep set last_at = {}", last.0))
            .await;
        assert!(
            elsewhere.retention_turn().await.unwrap(),
            "a day ago, or a clock that jumped"
        );
        assert!(!world.store.retention_turn().await.unwrap());
    }
    elsewhere.close().await;
}

pub async fn r10_a_waiting_run_that_the_ledger_knows_otherwise_is_named_and_stops_no_other(
    db: Arc<Database>,
) {
    let world = World::new(&db).await;
    let store = &world.store;
    let other = world.another_tenant("Other tenant").await;
    let run = world.sync(&world.owner).await;
    let asked = world.ask_in(&world.owner, &other, OperationType::InventorySync);
    let odd = accepted(asked.await);
    world.present(3 * DAY, 0).await;
    for old in [run, odd] {
        world.age(old, 2 * DAY).await;
    }
    open_the_wall(&db, "operation_runs").await;
    let sql = format!(
        "update operation_runs set status = 'running', started_attempt = 1, started_at = 1 where id = {}",
        db.id(odd.as_uuid())
    );
    assert_eq!(db.raw.run(&sql).await, 1);
    for ended in [1, 0] {
        let odd = vec![odd];
        let reconciled = store.runs_reconcile().await.unwrap();
        assert_eq!(reconciled, Reconciled { ended, odd });
    }
    assert_eq!(world.audited("run.completed", run).await, 1);
    assert_eq!(world.audited("run.completed", odd).await, 0);
    assert_eq!(world.count("notifications", odd).await, 0);
}
