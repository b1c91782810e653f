//! What a person does to a run rests on what they may do at that moment, and not at the look before it.

use std::sync::Arc;

use domain::{capability::Role, intent::IntentAnswer, operation::OperationType};
use store::{Cancel, Requested, Scope, StoreError, WorkedOutcome};

use crate::{
    database::Database,
    intents::{laboratory, open, writing},
    race::{Border, last_change, step_aside},
    revocations::{Kind, Site},
    world::{World, end},
};

/// The ways to lose a run that are about the person.
pub const LOST: [Kind; 4] = [
    Kind::UserDisabled,
    Kind::LeftWorkspace,
    Kind::MembershipRemoved,
    Kind::RoleLowered,
];

/// What somebody is told who has lost a run between look and change.
pub fn told<T: std::fmt::Debug>(kind: Kind, answer: &Result<T, StoreError>) {
    let is_right = match kind {
        Kind::RoleLowered => matches!(answer, Err(StoreError::Conflict)),
        _ => matches!(answer, Err(StoreError::NotFound)),
    };
    assert!(is_right, "{kind:?}: {answer:?}");
}

pub async fn l04_a_cancel_by_who_lost_the_run_meanwhile_changes_nothing(db: Arc<Database>) {
    let world = World::new(&db).await;
    let site = Site::first(&world).await;
    let store = &world.store;
    let waiting = world.sync(&world.owner).await;
    for kind in LOST {
        let access = store.run(&site.operator, waiting).await.unwrap();
        kind.revoke(store, &world, &site).await;
        told(kind, &store.run_cancel(&site.operator, &access).await);
        assert_eq!(world.audited("run.cancel_requested", waiting).await, 0);
        assert_eq!(world.count("run_queue", waiting).await, 1);
        kind.restore(&world, &site).await;
    }
    let running = world.start_one().await;
    for kind in LOST {
        let access = store.run(&site.operator, waiting).await.unwrap();
        kind.revoke(store, &world, &site).await;
        told(kind, &store.run_cancel(&site.operator, &access).await);
        kind.restore(&world, &site).await;
    }
    assert_eq!(world.audited("run.cancel_requested", waiting).await, 0);
    world.succeed(running).await;
    // A run that is over tells nobody anything either who has lost it.
    let access = store.run(&site.operator, waiting).await.unwrap();
    let kind = Kind::MembershipRemoved;
    kind.revoke(store, &world, &site).await;
    told(kind, &store.run_cancel(&site.operator, &access).await);
}

pub async fn l04_a_cancel_of_a_bulk_rests_on_the_workspace(db: Arc<Database>) {
    let world = World::new(&db).await;
    let dana = world.operator("dana").await;
    let store = &world.store;
    let tenants = [world.tenant.clone()];
    let bulk = OperationType::BulkConnectionCheck;
    let selected = store.bulk_select(&world.owner, &world.workspace, bulk, &tenants);
    let selection = store
        .bulk_selection(&world.owner, selected.await.unwrap())
        .await;
    let asked = store
        .bulk_request(&world.owner, &selection.unwrap(), None)
        .await;
    let Requested::Accepted(run) = asked.unwrap() else {
        panic!("a bulk is accepted");
    };
    let set_role = async |role: Role| {
        let user = dana.user_id();
        let set = store.workspace_role_set(&world.owner, &world.workspace, user, role);
        set.await.unwrap();
    };
    let access = store.run(&dana, run).await.unwrap();
    set_role(Role::Readonly).await;
    told(Kind::RoleLowered, &store.run_cancel(&dana, &access).await);
    set_role(Role::Operator).await;
    assert_eq!(
        store.run_cancel(&dana, &access).await.unwrap(),
        Cancel::Ended
    );
}

pub async fn l04_an_answer_by_who_lost_the_run_meanwhile_is_not_taken(db: Arc<Database>) {
    let world = laboratory(&db).await;
    let site = Site::first(&world).await;
    let store = &world.store;
    let running = writing(&world).await;
    let run = running.key().run_id;
    let intent = open(&world, &running, "left").await;
    let over = end(WorkedOutcome::Succeeded);
    store.run_finish(&running, &over).await.unwrap();
    let answer = IntentAnswer::Applied;
    for kind in LOST {
        let access = store.run(&site.operator, run).await.unwrap();
        kind.revoke(store, &world, &site).await;
        let answered = store.intent_answer(&site.operator, &access, intent, answer);
        told(kind, &answered.await);
        assert_eq!(world.audited("write_intent.resolved", run).await, 0);
        kind.restore(&world, &site).await;
    }
    let access = store.run(&site.operator, run).await.unwrap();
    let answered = store.intent_answer(&site.operator, &access, intent, answer);
    answered.await.unwrap();
    store.close().await;
}

/// The place of somebody's wish to end a run in the audit log, which is its place among all commits.
async fn wished(world: &World, run: domain::ids::RunId) -> i64 {
    let run = world.db.id(run.as_uuid());
    let query = format!(
        "select max(sequence) from audit_log where run_id = {run} and action = 'run.cancel_requested'"
    );
    world.db.raw.int(&query).await.unwrap()
}

pub async fn l04_a_revocation_before_a_cancel_is_always_seen(db: Arc<Database>) {
    let world = World::new(&db).await;
    let site = Site::first(&world).await;
    let other = db.another_store().await;
    let (mut ended, mut refused, mut border) = (0, 0, Border::default());
    for round in 0..60 {
        let kind = LOST[round % LOST.len()];
        let run = world.sync(&world.owner).await;
        let access = other.run(&site.operator, run).await.unwrap();
        let revoking = async {
            step_aside(&world.store, border.one_waits()).await;
            kind.revoke(&world.store, &world, &site).await;
        };
        let cancelling = async {
            step_aside(&other, border.other_waits()).await;
            other.run_cancel(&site.operator, &access).await
        };
        let ((), answer) = tokio::join!(revoking, cancelling);
        border.follow(!matches!(answer, Ok(Cancel::Ended)));
        if matches!(answer, Ok(Cancel::Ended)) {
            ended += 1;
            let revoked = last_change(&db, kind, &site).await.unwrap();
            assert!(
                wished(&world, run).await < revoked,
                "round {round}: {kind:?}"
            );
        } else {
            refused += 1;
            told(kind, &answer);
            assert_eq!(world.audited("run.cancel_requested", run).await, 0);
            cancel(&world, &world.owner, run).await;
        }
        kind.restore(&world, &site).await;
    }
    println!(
        "{:?}: cancelled first {ended}, revoked first {refused}",
        db.dialect
    );
    assert!(ended > 0 && refused > 0);
    other.close().await;
    world.chains_hold().await;
}

async fn cancel(world: &World, scope: &Scope, run: domain::ids::RunId) {
    let access = world.store.run(scope, run).await.unwrap();
    let answer = world.store.run_cancel(scope, &access).await.unwrap();
    assert_eq!(answer, Cancel::Ended);
}
