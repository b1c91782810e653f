//! Asking for runs: what is answered, and what is left behind.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    capability::Role,
    error::ApiError,
    ids::RunId,
    lifecycle::TenantLifecycle,
    operation::OperationType,
    reason::ReasonCode,
    run::{AuthorityMode, RunOutcome},
};
use store::{Requested, RunDraft, StoreError, SystemDraft, WorkedOutcome};

use crate::{
    database::Database,
    world::{World, accepted, end, worker},
};

use OperationType::{ConnectionCheck, InventorySync};

async fn runs(db: &Database) -> Option<i64> {
    db.raw.int("select count(*) from operation_runs").await
}

pub async fn r07_answers_accepted_deduped_busy_blocked_forbidden(db: Arc<Database>) {
    let world = World::new(&db).await;
    let operator = world.operator("operator").await;
    let reader = world
        .person("reader", Some(Role::Owner), Some(Role::Readonly))
        .await;

    let forbidden = world.ask(&reader, InventorySync).await;
    let Requested::Forbidden(ApiError::Forbidden { capability }) = forbidden else {
        panic!("{forbidden:?}");
    };
    assert_eq!(capability, "Run inventory sync");
    assert_eq!(runs(&db).await, Some(0), "a forbidden start leaves no run");

    let run = world.sync(&operator).await;
    assert_eq!(
        world.ask(&operator, InventorySync).await,
        Requested::Deduped(run)
    );
    assert_eq!(
        world.ask(&world.owner, InventorySync).await,
        Requested::Deduped(run)
    );
    assert_eq!(
        world.ask(&operator, ConnectionCheck).await,
        Requested::ScopeBusy(run)
    );
    let other = world.another_tenant("Second tenant").await;
    accepted(world.ask_in(&world.owner, &other, ConnectionCheck).await);
    assert_eq!(runs(&db).await, Some(2));
    assert_eq!(world.audited("run.requested", run).await, 1);
    assert_eq!(
        world.count("run_decisions", run).await,
        0,
        "nothing is decided for later"
    );

    let third = world.another_tenant("Third tenant").await;
    let archived = TenantLifecycle::Archived;
    world
        .store
        .tenant_lifecycle_set(&world.owner, &third, archived)
        .await
        .unwrap();
    let answer = world.ask_in(&world.owner, &third, InventorySync).await;
    let Requested::Blocked(blocked, ReasonCode::TenantNotOperable) = answer else {
        panic!("{answer:?}");
    };
    let access = world.store.run(&world.owner, blocked).await.unwrap();
    let row = access.run();
    assert_eq!(row.state.outcome, RunOutcome::Blocked);
    assert_eq!(row.started_at, None);
    assert_eq!(row.refusal_code(), Some(ReasonCode::TenantNotOperable));
    assert_eq!(row.blocked_phase.as_deref(), Some("request"));
    assert!(row.counts.is_empty());
    for (action, count) in [("run.requested", 1), ("run.blocked", 1), ("run.started", 0)] {
        assert_eq!(world.audited(action, blocked).await, count, "{action}");
    }
    assert_eq!(world.count("notifications", blocked).await, 1);
    assert_eq!(world.count("run_queue", blocked).await, 0);
    let decisions = world.store.run_decisions(&access).await.unwrap();
    assert_eq!(decisions.len(), 1);
    assert!(!decisions[0].allowed && decisions[0].retryable);
}

pub async fn r07_a_request_of_somebody_without_the_tenant_leaves_nothing(db: Arc<Database>) {
    let world = World::new(&db).await;
    let operator = world.operator("operator").await;
    let user = operator.user_id();
    let draft = RunDraft {
        operation: InventorySync,
        tenant: &world.tenant,
        retry_of: None,
    };
    world
        .store
        .tenant_member_remove(&world.owner, &world.tenant, user)
        .await
        .unwrap();
    let answer = world.store.run_request(&operator, draft).await;
    assert!(matches!(answer, Err(StoreError::NotFound)));
    world
        .store
        .user_disable("operator@example.test")
        .await
        .unwrap();
    let answer = world.store.run_request(&operator, draft).await;
    assert!(matches!(answer, Err(StoreError::NotFound)));
    assert_eq!(runs(&db).await, Some(0));
}

pub async fn a_queued_run_says_which_connection_it_will_use(db: Arc<Database>) {
    let world = World::new(&db).await;
    let run = world.sync(&world.owner).await;
    let (run, connection) = (db.id(run.as_uuid()), db.id(world.connection.as_uuid()));
    let sql = format!(
        "select count(*) from run_queue where run_id = {run} and connection_id = {connection}"
    );
    assert_eq!(db.raw.int(&sql).await, Some(1));
}

pub async fn r05_twenty_equal_requests_make_one_run(db: Arc<Database>) {
    let world = Arc::new(World::new(&db).await);
    // Two processes, each of which asks for what it is asked for in groups.
    let stores = [world.store.clone(), db.another_store().await];
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let (world, store) = (Arc::clone(&world), stores[number % 2].clone());
            tokio::spawn(async move {
                let draft = RunDraft {
                    operation: InventorySync,
                    tenant: &world.tenant,
                    retry_of: None,
                };
                store.run_request(&world.owner, draft).await.unwrap()
            })
        })
        .collect();
    let (mut new, mut all) = (Vec::new(), BTreeSet::new());
    for task in tasks {
        match task.await.unwrap() {
            Requested::Accepted(run) => {
                new.push(run);
                all.insert(run);
            }
            Requested::Deduped(run) => {
                all.insert(run);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((new.len(), all.len()), (1, 1));
    assert_eq!(runs(&db).await, Some(1));
    assert_eq!(db.raw.int("select count(*) from run_queue").await, Some(1));
    assert_eq!(world.audited("run.requested", new[0]).await, 1);
    assert_eq!(
        world
            .store
            .runs_start(worker(), 50)
            .await
            .unwrap()
            .running
            .len(),
        1
    );
}

pub async fn l08_a_retry_is_a_new_run_of_the_person_who_retries(db: Arc<Database>) {
    let world = World::new(&db).await;
    let operator = world.operator("operator").await;
    let running = world.running(&operator, InventorySync).await;
    let first: RunId = running.key().run_id;
    world.succeed(running).await;
    let access = world.store.run(&world.owner, first).await.unwrap();
    let draft = RunDraft {
        operation: InventorySync,
        tenant: &world.tenant,
        retry_of: Some(&access),
    };
    let second = accepted(world.store.run_request(&world.owner, draft).await.unwrap());
    assert_ne!(first, second);
    assert_eq!(world.store.run_retries(&access).await.unwrap(), [second]);
    let retry = world.store.run(&world.owner, second).await.unwrap();
    assert_eq!(retry.run().retry_of, Some(first));
    assert_eq!(retry.run().user_id, Some(world.owner.user_id()));
    let context: serde_json::Value = serde_json::from_str(&retry.run().context).unwrap();
    assert_eq!(context["original_initiator"], "operator");
}

pub async fn l08_a_slots_run_is_retried_in_the_persons_own_name(db: Arc<Database>) {
    let world = World::new(&db).await;
    let operator = world.operator("operator").await;
    let schedule = world.nightly().await;
    let slot = world.slot_run(schedule).await;
    let running = world.start_one().await;
    let failed = end(WorkedOutcome::Failed);
    world.store.run_finish(&running, &failed).await.unwrap();
    let access = world.store.run(&operator, slot).await.unwrap();
    let retry = || RunDraft {
        operation: InventorySync,
        tenant: &world.tenant,
        retry_of: Some(&access),
    };
    let asked = world.store.run_request(&operator, retry()).await.unwrap();
    let again = world.store.run(&operator, accepted(asked)).await.unwrap();
    let row = again.run();
    assert_eq!(
        (row.authority, row.user_id),
        (AuthorityMode::ActorBound, Some(operator.user_id()))
    );
    assert_eq!(
        (row.retry_of, row.schedule_id, row.slot_at),
        (Some(slot), Some(schedule), None)
    );
    let context: serde_json::Value = serde_json::from_str(&row.context).unwrap();
    assert_eq!(context["original_initiator"], "System");
    assert_eq!(context["execution_authority_mode"], "actor_bound");
    // It rests on the person: the schedule may be gone, the person may not.
    world
        .store
        .schedule_delete(&world.owner, &world.tenant, schedule)
        .await
        .unwrap();
    let user = operator.user_id();
    world
        .store
        .tenant_role_set(&world.owner, &world.tenant, user, Role::Readonly)
        .await
        .unwrap();
    let started = world.store.runs_start(worker(), 10).await.unwrap();
    assert!(started.running.is_empty());
    let access = world.store.run(&world.owner, row.id).await.unwrap();
    assert_eq!(
        access.run().refusal_code(),
        Some(ReasonCode::MissingCapability)
    );
    // Nobody who may not start it gets a run by trying.
    let refused = world.store.run_request(&operator, retry()).await.unwrap();
    assert!(matches!(refused, Requested::Forbidden(_)), "{refused:?}");
}

pub async fn l06_the_system_starts_only_what_is_listed(db: Arc<Database>) {
    let world = World::new(&db).await;
    let draft = SystemDraft {
        operation: ConnectionCheck,
        workspace_id: world.workspace.id(),
        tenant_id: world.tenant.id(),
    };
    assert!(world.store.run_request_by_system(draft).await.is_err());
    assert_eq!(runs(&db).await, Some(0));
    let run = world.sync_by_system().await;
    let running = world.start_one().await;
    world.succeed(running).await;
    let access = world.store.run(&world.owner, run).await.unwrap();
    assert_eq!(access.run().user_id, None);
    assert_eq!(access.run().initiator_name, "System");
    assert_eq!(
        world.count("notifications", run).await,
        0,
        "the system is told nothing"
    );
}
