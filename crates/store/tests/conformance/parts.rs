//! Parts of a bulk that is over: what has not started does not start any more (L-09).

use std::sync::Arc;

use domain::{
    capability::Role,
    operation::OperationType,
    reason::{ReasonCode, ReasonDetail},
    run::{RunOutcome, RunStatus},
};
use policy::Running;
use store::{Asked, RESCUES_MOST, Requested, Scope, TenantAccess, WorkedOutcome};

use crate::{
    bulk::ask,
    database::Database,
    race::{Border, step_aside},
    world::{World, accepted, end, worker},
};

/// What ends a bulk whose parts are not over.
#[derive(Debug, Clone, Copy)]
enum Ending {
    /// Its person may not any more.
    Refused,
    /// Its handler broke off.
    Failed,
    /// Its workers fell silent too often.
    Lost,
    /// Somebody ends it while it waits for its next attempt.
    Cancelled,
}

const ENDINGS: [Ending; 4] = [
    Ending::Refused,
    Ending::Failed,
    Ending::Lost,
    Ending::Cancelled,
];

impl Ending {
    async fn of(self, world: &World, person: &Scope, bulk: Running) {
        let store = &world.store;
        let run = bulk.key().run_id;
        match self {
            Self::Refused => {
                let user = person.user_id();
                let lowered =
                    store.workspace_role_set(&world.owner, &world.workspace, user, Role::Readonly);
                lowered.await.unwrap();
                let asked = store.checkpoint(&bulk).await.unwrap();
                assert!(matches!(asked, Asked::Refused(_)));
            }
            Self::Failed => {
                let failed = end(WorkedOutcome::Failed);
                store.run_finish(&bulk, &failed).await.unwrap();
            }
            Self::Lost => {
                for lost in 0..=RESCUES_MOST {
                    world.expire(run).await;
                    assert_eq!(world.rescue().await.unwrap(), 1);
                    if lost < RESCUES_MOST {
                        assert_eq!(world.start_one().await.key().run_id, run);
                    }
                }
            }
            Self::Cancelled => {
                store
                    .run_hand_back(&bulk, store::GivenBack::Stopping)
                    .await
                    .unwrap();
                let access = store.run(&world.owner, run).await.unwrap();
                store.run_cancel(&world.owner, &access).await.unwrap();
            }
        }
        let access = store.run(&world.owner, run).await.unwrap();
        assert_eq!(access.run().state.status, RunStatus::Completed, "{self:?}");
    }
}

/// A bulk that is under way, in the name of somebody who may do everything in its tenants.
async fn bulk(world: &World, person: &Scope, tenants: &[TenantAccess]) -> Running {
    accepted(ask(world, person, tenants).await);
    let bulk = world.start_one().await;
    let asked = world.store.bulk_ask(&bulk, 10).await.unwrap();
    assert_eq!(asked, tenants.len());
    bulk
}

pub async fn l09_a_part_whose_bulk_is_over_does_not_start(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    let second = world.another_tenant("Second tenant").await;
    for (number, ending) in ENDINGS.into_iter().enumerate() {
        let person = world.operator(&format!("operator {number}")).await;
        let user = person.user_id();
        let joined = store.tenant_role_set(&world.owner, &second, user, Role::Operator);
        joined.await.unwrap();
        let tenants = [world.tenant.clone(), second.clone()];
        let bulk = bulk(&world, &person, &tenants).await;
        // One part is under way, the other one waits behind a pause.
        store.queue_pause_set(&world.owner, &second).await.unwrap();
        let going = world.start_one().await;
        let parent = bulk.key().run_id;
        ending.of(&world, &person, bulk).await;
        // What is under way goes on, and ends as it would have.
        let asked = store.checkpoint(&going).await.unwrap();
        assert!(matches!(asked, Asked::GoOn(_)), "{ending:?}");
        world.succeed(going).await;
        store.queue_resume(&world.owner, &second).await.unwrap();
        let started = store.runs_start(worker(), 10).await.unwrap();
        assert!(started.running.is_empty(), "{ending:?}");
        let [refused] = &started.refused[..] else {
            panic!("{ending:?}: {:?}", started.refused);
        };
        let part = store.run(&world.owner, refused.key.run_id).await.unwrap();
        assert_eq!(part.run().parent_id, Some(parent));
        assert_eq!(part.run().state.outcome, RunOutcome::Blocked);
        assert!(part.run().started_at.is_none());
        let decision = store.run_decisions(&part).await.unwrap().remove(0);
        assert_eq!(
            (decision.reason_code, decision.reason_detail),
            (
                Some(ReasonCode::ExecutionPrerequisiteInvalid),
                Some(ReasonDetail::BulkOver)
            )
        );
        // A person may ask for it again, as a run of its own.
        let again = world
            .ask_in(&world.owner, &second, OperationType::ConnectionCheck)
            .await;
        assert!(matches!(again, Requested::Accepted(_)));
        let again = world.start_one().await;
        world.succeed(again).await;
    }
    assert_eq!(store.violations().await.unwrap(), []);
}

pub async fn l09_an_end_of_a_bulk_before_the_start_of_a_part_is_always_seen(db: Arc<Database>) {
    let world = World::new(&db).await;
    let other = db.another_store().await;
    let (mut before, mut after, mut border) = (0, 0, Border::default());
    for round in 0..60 {
        let bulk = bulk(&world, &world.owner, std::slice::from_ref(&world.tenant)).await;
        let parent = bulk.key().run_id;
        let failed = end(WorkedOutcome::Failed);
        let ending = async {
            step_aside(&world.store, border.one_waits()).await;
            world.store.run_finish(&bulk, &failed).await.unwrap();
        };
        let starting = async {
            step_aside(&other, border.other_waits()).await;
            other.runs_start(worker(), 5).await.unwrap()
        };
        let ((), mut started) = tokio::join!(ending, starting);
        if started.running.is_empty() && started.refused.is_empty() {
            // The claim was too early for the row, and nobody else took it.
            started = other.runs_start(worker(), 5).await.unwrap();
        }
        let ended = entry(&world, parent, "run.completed").await;
        border.follow(started.running.is_empty());
        if let Some(part) = started.running.pop() {
            let began = entry(&world, part.key().run_id, "run.started").await;
            assert!(began < ended, "round {round}");
            world.succeed(part).await;
            before += 1;
        } else {
            let blocked = entry(&world, started.refused[0].key.run_id, "run.blocked").await;
            assert!(blocked > ended, "round {round}");
            after += 1;
        }
    }
    println!("{:?}: part first {before}, end first {after}", db.dialect);
    assert!(before > 0 && after > 0);
    other.close().await;
}

/// The place of an entry about a run in the audit log, which is its place among all commits.
async fn entry(world: &World, run: domain::ids::RunId, action: &str) -> i64 {
    let run = world.db.id(run.as_uuid());
    let query =
        format!("select max(sequence) from audit_log where run_id = {run} and action = '{action}'");
    world.db.raw.int(&query).await.unwrap()
}
