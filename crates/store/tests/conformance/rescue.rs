//! Lost leases: a new attempt, a new decision, and an old attempt that can do nothing.

use std::sync::Arc;

use domain::{
    capability::Role,
    connection::{ConsentStatus, VerificationStatus},
    lifecycle::TenantLifecycle,
    operation::OperationType::{ConnectionCheck, InventorySync},
    run::{DecisionPhase, RunOutcome, RunStatus},
    summary::{CountKey, SummaryCounts},
    time::{SECOND, Timestamp},
    verification::VerificationReport,
};
use policy::Running;
use store::{InventoryObject, ItemOutcome, StoreError, Verified, WorkedOutcome};

use crate::{
    database::Database,
    intents::{DONE, laboratory, open, writing},
    retries::wait_out,
    world::{World, end, worker},
};

fn item(outcome: &'static str) -> ItemOutcome<'static> {
    ItemOutcome {
        position: 0,
        key: "groups",
        label: "Groups",
        outcome,
        reason_code: None,
        message: None,
        objects: None,
    }
}

fn counted() -> SummaryCounts {
    let mut counts = SummaryCounts::default();
    counts.set(CountKey::Processed, 1);
    counts
}

pub async fn l08_a_lost_lease_makes_a_new_attempt_with_a_new_decision(db: Arc<Database>) {
    let world = World::new(&db).await;
    let first = world.running(&world.owner, InventorySync).await;
    let run = first.key().run_id;
    assert_eq!(world.rescue().await.unwrap(), 0, "the lease still holds");
    let before = world.store.run(&world.owner, run).await.unwrap();
    world.expire(run).await;
    assert_eq!(world.rescue().await.unwrap(), 1);
    let queued = world.store.run(&world.owner, run).await.unwrap();
    assert_eq!(queued.run().state.status, RunStatus::Queued);
    assert_eq!(queued.run().attempt, 2);

    let second = world.start_one().await;
    assert_eq!(second.key().attempt, 2);
    let after = world.store.run(&world.owner, run).await.unwrap();
    assert_eq!(after.run().started_at, before.run().started_at);
    let decisions = world.store.run_decisions(&after).await.unwrap();
    let phases: Vec<_> = decisions.iter().map(|d| (d.attempt, d.phase)).collect();
    assert_eq!(
        phases,
        [(1, DecisionPhase::Start), (2, DecisionPhase::Rescue)]
    );
    let attempts = world.store.run_attempts(&after).await.unwrap();
    assert_eq!(attempts.len(), 2);
    assert_eq!(attempts[0].ended_by.as_deref(), Some("lease_expired"));
    assert_eq!(world.audited("run.rescued", run).await, 1);
    world.succeed(second).await;
    assert_eq!(world.count("notifications", run).await, 1);
    assert_eq!(world.audited("run.completed", run).await, 1);
}

pub async fn the_old_attempt_changes_nothing_any_more(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, me) = (&world.store, worker());
    world.ask(&world.owner, ConnectionCheck).await;
    let old = store.runs_start(me, 1).await.unwrap().running.remove(0);
    let run = old.key().run_id;
    assert_eq!(
        store.lease_renew(me, &[old.key()]).await.unwrap().kept,
        [old.key()]
    );
    assert!(
        store
            .lease_renew(worker(), &[old.key()])
            .await
            .unwrap()
            .kept
            .is_empty()
    );
    assert!(store.lease_renew(me, &[]).await.unwrap().kept.is_empty());
    world.expire(run).await;
    world.rescue().await.unwrap();
    let refuses_all = async |old: Running, fingerprint: Vec<String>| {
        let lost = |answer: Result<(), StoreError>, what: &str| {
            assert!(
                matches!(answer, Err(StoreError::LeaseLost)),
                "{what}: {answer:?}"
            );
        };
        let object = InventoryObject {
            external_id: "1".to_owned(),
            display_name: "Object".to_owned(),
            odata_type: None,
        };
        let report = VerificationReport::of("check", Timestamp(1), vec![], String::new());
        let verified = Verified {
            verification: VerificationStatus::Failed,
            consent: Some(ConsentStatus::Revoked),
            error_code: None,
        };
        lost(
            store
                .run_progress(&old, &item("succeeded"), &counted())
                .await,
            "progress",
        );
        lost(
            store.inventory_store(&old, "group", &[object]).await,
            "inventory",
        );
        lost(
            store.inventory_forget(&old, "group").await.map(drop),
            "forget",
        );
        lost(store.report_store(&old, &report).await, "report");
        lost(store.connection_verified(&old, &verified).await, "verified");
        assert!(
            store
                .lease_renew(me, &[old.key()])
                .await
                .unwrap()
                .kept
                .is_empty()
        );
        lost(
            store.run_finish(&old, &end(WorkedOutcome::Succeeded)).await,
            "finish",
        );
        assert_eq!(state_of(&world).await, fingerprint);
    };
    let waiting = state_of(&world).await;
    // While the new attempt waits, and while it runs.
    let second = {
        let refused_while_queued = store.run_progress(&old, &item("failed"), &counted()).await;
        assert!(matches!(refused_while_queued, Err(StoreError::LeaseLost)));
        assert_eq!(state_of(&world).await, waiting);
        world.start_one().await
    };
    refuses_all(old, state_of(&world).await).await;
    store
        .run_progress(&second, &item("succeeded"), &counted())
        .await
        .unwrap();
    let report = VerificationReport::of("check", Timestamp(1), vec![], String::new());
    store.report_store(&second, &report).await.unwrap();
    world.succeed(second).await;
}

/// Everything an old attempt might have touched, as text.
async fn state_of(world: &World) -> Vec<String> {
    let db = &world.db;
    let mut all = Vec::new();
    for query in [
        "select status || outcome || attempt || summary_counts || updated_at from operation_runs",
        "select key || outcome from run_items",
        "select external_id from inventory_items",
        "select overall from verification_reports",
        "select verification_status || consent_status || version from provider_connections",
        "select status || attempt from run_queue",
        "select ended_by from run_attempts where ended_by is not null",
        "select action from audit_log order by sequence",
    ] {
        all.extend(db.raw.texts(query).await);
    }
    all
}

pub async fn l10_a_refused_rescue_keeps_what_was_done(db: Arc<Database>) {
    let world = World::new(&db).await;
    for (index, (done, outcome)) in [
        (None, RunOutcome::Blocked),
        (Some("failed"), RunOutcome::Blocked),
        (Some("succeeded"), RunOutcome::PartiallySucceeded),
    ]
    .into_iter()
    .enumerate()
    {
        let operator = world.operator(&format!("operator{index}")).await;
        let running = world.running(&operator, InventorySync).await;
        let run = running.key().run_id;
        if let Some(done) = done {
            world
                .store
                .run_progress(&running, &item(done), &counted())
                .await
                .unwrap();
        }
        world.expire(run).await;
        world.rescue().await.unwrap();
        let role = Role::Readonly;
        let user = operator.user_id();
        world
            .store
            .tenant_role_set(&world.owner, &world.tenant, user, role)
            .await
            .unwrap();
        let started = world.store.runs_start(worker(), 10).await.unwrap();
        assert!(started.running.is_empty());
        assert_eq!(started.refused.len(), 1);

        let access = world.store.run(&world.owner, run).await.unwrap();
        let row = access.run();
        assert_eq!(row.state.outcome, outcome, "{done:?}");
        assert_eq!(row.blocked_phase.as_deref(), Some("rescue"));
        assert_eq!(row.reason_code.as_deref(), Some("missing_capability"));
        assert!(row.started_at.is_some());
        let items = world.store.run_items(&access).await.unwrap();
        assert_eq!(items.len(), usize::from(done.is_some()));
        assert_eq!(row.counts.is_empty(), done.is_none());
        let decisions = world.store.run_decisions(&access).await.unwrap();
        let verdicts: Vec<_> = decisions.iter().map(|d| d.allowed).collect();
        assert_eq!(verdicts, [true, false]);
        assert_eq!(world.audited("run.blocked", run).await, 1);
        assert_eq!(world.count("notifications", run).await, 1);
    }
}

pub async fn a_stopping_worker_hands_its_runs_back(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, mine, other) = (&world.store, worker(), worker());
    let second = world.another_tenant("Second tenant").await;
    world.sync(&world.owner).await;
    let kept = store.runs_start(other, 1).await.unwrap();
    assert_eq!(kept.running.len(), 1);
    world.ask_in(&world.owner, &second, InventorySync).await;
    let handed = store.runs_start(mine, 1).await.unwrap().running.remove(0);
    assert_eq!(store.runs_hand_back(mine).await.unwrap(), 1);
    assert_eq!(store.runs_hand_back(mine).await.unwrap(), 0);
    let again = world.start_one().await;
    assert_eq!(again.key().run_id, handed.key().run_id);
    assert_eq!(again.key().attempt, 2);
}

pub async fn one_attempt_is_handed_back_and_only_by_who_holds_it(db: Arc<Database>) {
    let world = World::new(&db).await;
    let second = world.another_tenant("Second tenant").await;
    world.sync(&world.owner).await;
    world.ask_in(&world.owner, &second, InventorySync).await;
    let mut running = world.store.runs_start(worker(), 2).await.unwrap().running;
    let (kept, handed) = (running.remove(1), running.remove(0));
    world
        .store
        .run_hand_back(&handed, store::GivenBack::Stopping)
        .await
        .unwrap();
    let again = world
        .store
        .run_hand_back(&handed, store::GivenBack::Stopping)
        .await;
    assert!(matches!(again, Err(StoreError::LeaseLost)), "{again:?}");
    let next = world.start_one().await;
    assert_eq!(next.key().run_id, handed.key().run_id);
    assert_eq!(next.key().attempt, 2);
    assert_eq!(world.audited("run.started", handed.key().run_id).await, 2);
    // The other one of the same worker is still under way.
    assert_eq!(world.audited("run.started", kept.key().run_id).await, 1);
    world
        .store
        .run_hand_back(&kept, store::GivenBack::Stopping)
        .await
        .unwrap();
}

pub async fn l10_what_was_written_outweighs_that_a_run_is_refused(db: Arc<Database>) {
    let world = laboratory(&db).await;
    // At a checkpoint, and when another worker would take it up; its item does not say so yet in either.
    for is_lost in [false, true] {
        let running = writing(&world).await;
        let run = running.key().run_id;
        let written = open(&world, &running, "one").await;
        let closed = world.store.intent_close(&running, written, &DONE);
        closed.await.unwrap();
        if is_lost {
            world.expire(run).await;
            assert_eq!(world.rescue().await.unwrap(), 1);
        }
        world.lifecycle(TenantLifecycle::Archived).await;
        if is_lost {
            let started = world.store.runs_start(worker(), 10).await.unwrap();
            assert_eq!(started.refused.len(), 1);
        } else {
            let asked = world.store.checkpoint(&running).await.unwrap();
            assert!(matches!(asked, store::Asked::Refused(_)), "it has to stop");
        }
        let access = world.store.run(&world.owner, run).await.unwrap();
        let row = access.run();
        assert_eq!(row.state.outcome, RunOutcome::PartiallySucceeded);
        assert_eq!(row.reason_code.as_deref(), Some("tenant_not_operable"));
        assert_eq!(world.store.violations().await.unwrap(), []);
        world.lifecycle(TenantLifecycle::Active).await;
    }
}

pub async fn i05_a_change_under_way_at_a_stop_is_not_looked_at_at_once(db: Arc<Database>) {
    let world = laboratory(&db).await;
    let mine = worker();
    let first = writing(&world).await;
    let run = first.key().run_id;
    open(&world, &first, "one").await;
    let id = db.id(run.as_uuid());
    let back = world
        .store
        .run_hand_back(&first, store::GivenBack::Stopping);
    back.await.unwrap();
    let waits = format!(
        "select q.available_at - r.updated_at from run_queue q join operation_runs r on r.id = q.run_id
         where q.run_id = {id}"
    );
    assert_eq!(db.raw.int(&waits).await, Some(30 * SECOND));
    let why = format!("select waiting_code from run_queue where run_id = {id}");
    assert_eq!(db.raw.texts(&why).await, ["change_under_way"]);
    assert!(
        world
            .store
            .runs_start(mine, 1)
            .await
            .unwrap()
            .running
            .is_empty()
    );
    wait_out(&world, run).await;
    let second = world
        .store
        .runs_start(mine, 1)
        .await
        .unwrap()
        .running
        .remove(0);
    // What is known to be over is not waited for.
    let intents = world.store.intents_of(&second).await.unwrap();
    let closed = world.store.intent_close(&second, intents[0].id, &DONE);
    closed.await.unwrap();
    assert_eq!(world.store.runs_hand_back(mine).await.unwrap(), 1);
    assert_eq!(db.raw.int(&waits).await, Some(0));
}
