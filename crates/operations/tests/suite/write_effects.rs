//! Creations and assignments whose answer is lost: found by looking, sent again where that is safe, else asked of a
//! person.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, http::Request};
use domain::{ids::RunId, run::RunOutcome, views::RunView};
use graph_sandbox::{FaultKind, Sandbox};
use serde_json::{Value, json};
use store::LabEffect;
use tower::ServiceExt as _;

use crate::{
    meddling::{Meddle, Meddling},
    play::on_both,
    world::{World, until},
    write_crashes::{crash_in, states},
    writes::{CONFIGURATIONS, ask_for, effects, hits, laboratory, of_items, sent},
};

on_both! {
    i05_a_creation_whose_answer_was_lost_is_found_and_not_sent_again,
    i05_a_creation_that_shows_up_later_is_found,
    i05_a_creation_that_nobody_saw_is_asked_of_a_person,
    i05_a_creation_among_namesakes_is_asked_of_a_person,
    i05_a_creation_that_reads_back_otherwise_is_asked_of_a_person,
    i05_assignments_whose_answer_was_lost_are_compared_as_a_set,
    i05_assignments_that_were_not_taken_are_sent_again,
    i05_assignments_that_somebody_changed_are_asked_of_a_person,
    i05_assignments_that_cannot_be_read_back_are_asked_of_a_person,
    i05_a_crash_around_a_creation_is_never_a_second_one,
    i05_a_crash_around_an_assignment_is_looked_at,
}

pub const LOST: [FaultKind; 3] = [
    FaultKind::StatusAfterCommit { status: 504 },
    FaultKind::StatusAfterCommit { status: 500 },
    FaultKind::ResetAfterCommit,
];

/// Asks the sandbox's control API from within a call, on a thread of its own.
pub fn control(sandbox: &Sandbox, method: &str, path: String, body: &str) -> Value {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let router = sandbox.router();
    let asking = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        runtime.block_on(async {
            let answer = router.oneshot(request).await.unwrap();
            assert!(answer.status().is_success());
            let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
            serde_json::from_slice(&body.unwrap()).unwrap()
        })
    });
    asking.join().unwrap()
}

/// A run of two such changes, the first of which meets this.
pub async fn meets(world: &World, effect: LabEffect, meddle: Meddle) -> (RunId, RunView) {
    let run = ask_for(world, &world.owner, 2, effect).await;
    let client = Meddling::once(meddle);
    let pool = world.pool_of(client).with_creation_wait(Duration::ZERO);
    pool.drain().await.unwrap();
    (run, world.view(run).await)
}

/// One change is done, and the other is a question with this reason; nothing is tried again.
pub async fn is_asked(world: &World, view: &RunView, reason: &str) {
    assert_eq!(view.state.outcome, RunOutcome::Indeterminate, "{view:#?}");
    assert_eq!(of_items(view, "indeterminate"), 1);
    assert_eq!(of_items(view, "succeeded"), 1);
    let [question] = &view.questions[..] else {
        panic!("{:#?}", view.questions);
    };
    assert_eq!(question.reason_code.as_deref(), Some(reason));
    assert_eq!(world.pool().drain().await.unwrap(), 0);
    assert!(view.follow_ups.retry.is_none());
}

async fn i05_a_creation_whose_answer_was_lost_is_found_and_not_sent_again(world: Arc<World>) {
    let world = laboratory(&world).await;
    for kind in LOST {
        hits(&world, 1, kind.clone());
        let run = ask_for(&world, &world.owner, 2, LabEffect::Create).await;
        world.pool().drain().await.unwrap();
        let view = world.view(run).await;
        assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{kind:?}");
        assert_eq!(sent(&world, run).len(), 2, "{kind:?} was sent again");
        assert_eq!(effects(&world, run), 2);
        assert_eq!(states(&world, run).await, ["done", "done"]);
        assert!(view.questions.is_empty());
    }
}

async fn i05_a_creation_that_shows_up_later_is_found(world: Arc<World>) {
    let world = laboratory(&world).await;
    let run = ask_for(&world, &world.owner, 1, LabEffect::Create).await;
    let (sandbox, tenant) = (world.sandbox.clone(), world.sites[0].seed.tenant_id.clone());
    let looks = move |sandbox: &Sandbox| {
        let mut all = sandbox.journal().since(0);
        all.retain(|entry| entry.method == "GET" && entry.path.ends_with(CONFIGURATIONS));
        all.len()
    };
    // Nothing is sent; the service makes it by itself once the run has looked and seen nothing.
    let late = async {
        until("a look before and one after", || async {
            looks(&sandbox) >= 2
        })
        .await;
        let body = json!({"collection": CONFIGURATIONS, "op": "create", "body": {
            "@odata.type": "#microsoft.graph.windows10GeneralConfiguration",
            "displayName": format!("Item 0 of run {run}, seed 11"),
            "description": "Made for a trial"}});
        let path = format!("/_sandbox/tenants/{tenant}/mutate");
        control(&sandbox, "POST", path, &body.to_string());
    };
    let pool = world.pool_of(Meddling::once(Meddle::Unsent));
    let (drained, ()) = tokio::join!(pool.drain(), late);
    drained.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{view:#?}");
    assert!(sent(&world, run).is_empty(), "it was not sent again");
    assert_eq!(states(&world, run).await, ["done"]);
}

async fn i05_a_creation_that_nobody_saw_is_asked_of_a_person(world: Arc<World>) {
    let world = laboratory(&world).await;
    let (run, view) = meets(&world, LabEffect::Create, Meddle::Unsent).await;
    is_asked(&world, &view, "provider_creation_not_seen").await;
    assert_eq!(
        (sent(&world, run).len(), effects(&world, run)),
        (1, 1),
        "that it is not there yet is no leave to send it again"
    );
    let sentence = &view.questions[0].sentence;
    assert!(
        sentence.contains("to create the device configuration"),
        "{sentence}"
    );
    assert_eq!(view.questions[0].target, "not known");
}

/// Renames a configuration that has been there for long to what the run calls its first.
fn renames(world: &World, run: RunId) -> Meddle {
    let (sandbox, tenant) = (world.sandbox.clone(), world.sites[0].seed.tenant_id.clone());
    let mut known = world.sandbox.journal().since(0);
    known.retain(|entry| entry.path.contains("/deviceConfigurations/"));
    let id = known[0].path.rsplit('/').next().unwrap().to_owned();
    let name = format!("Item 0 of run {run}, seed 11");
    Meddle::Lost(Box::new(move |_| {
        assert!(sandbox.change(&tenant, CONFIGURATIONS, &id, "displayName", &name));
    }))
}

async fn i05_a_creation_among_namesakes_is_asked_of_a_person(world: Arc<World>) {
    let world = laboratory(&world).await;
    // So that the id of an object is known.
    ask_for(&world, &world.owner, 1, LabEffect::Update).await;
    world.pool().drain().await.unwrap();
    let run = ask_for(&world, &world.owner, 2, LabEffect::Create).await;
    let client = Meddling::once(renames(&world, run));
    world.pool_of(client).drain().await.unwrap();
    let view = world.view(run).await;
    is_asked(&world, &view, "provider_match_ambiguous").await;
    assert_eq!((sent(&world, run).len(), effects(&world, run)), (2, 2));
}

async fn i05_a_creation_that_reads_back_otherwise_is_asked_of_a_person(world: Arc<World>) {
    let world = laboratory(&world).await;
    let (sandbox, tenant) = (world.sandbox.clone(), world.sites[0].seed.tenant_id.clone());
    // Somebody changes what has just been made, before anybody looks.
    let changed = Meddle::Lost(Box::new(move |_| {
        let path = format!("/_sandbox/tenants/{tenant}/state?collection={CONFIGURATIONS}");
        let state = control(&sandbox, "GET", path, "");
        let all = state["entities"].as_array().unwrap();
        let is_made = |one: &&Value| one["description"] == "Made for a trial";
        let made = all.iter().find(is_made).unwrap()["id"].as_str().unwrap();
        assert!(sandbox.change(&tenant, CONFIGURATIONS, made, "description", "by hand"));
    }));
    let (run, view) = meets(&world, LabEffect::Create, changed).await;
    is_asked(&world, &view, "provider_object_changed").await;
    assert_eq!((sent(&world, run).len(), effects(&world, run)), (2, 2));
}

async fn i05_assignments_whose_answer_was_lost_are_compared_as_a_set(world: Arc<World>) {
    let world = laboratory(&world).await;
    for kind in LOST {
        hits(&world, 1, kind.clone());
        let run = ask_for(&world, &world.owner, 2, LabEffect::Assign).await;
        world.pool().drain().await.unwrap();
        let view = world.view(run).await;
        assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{kind:?}");
        let sent = sent(&world, run);
        assert_eq!(sent.len(), 2, "{kind:?} was sent again");
        assert!(sent.iter().all(|entry| entry.path.ends_with("/assign")));
        assert_eq!(effects(&world, run), 2);
        assert_eq!(states(&world, run).await, ["done", "done"]);
    }
}

async fn i05_assignments_that_were_not_taken_are_sent_again(world: Arc<World>) {
    let world = laboratory(&world).await;
    let (run, view) = meets(&world, LabEffect::Assign, Meddle::Unsent).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    assert_eq!((sent(&world, run).len(), effects(&world, run)), (2, 2));
    assert_eq!(states(&world, run).await, ["failed", "done", "done"]);
}

async fn i05_assignments_that_cannot_be_read_back_are_asked_of_a_person(world: Arc<World>) {
    let world = laboratory(&world).await;
    let path = |id: &str| format!("{CONFIGURATIONS}/{id}/assignments");
    let unreadable = Meddle::unreadable(world.sandbox.clone(), path);
    let (run, view) = meets(&world, LabEffect::Assign, unreadable).await;
    is_asked(&world, &view, "provider_error").await;
    assert_eq!((sent(&world, run).len(), effects(&world, run)), (2, 2));
    let sentence = &view.questions[0].sentence;
    assert!(sentence.contains("change the assignments of"), "{sentence}");
}

async fn i05_assignments_that_somebody_changed_are_asked_of_a_person(world: Arc<World>) {
    let world = laboratory(&world).await;
    let (sandbox, tenant) = (world.sandbox.clone(), world.sites[0].seed.tenant_id.clone());
    let changed = Meddle::Lost(Box::new(move |id| {
        let everybody = "#microsoft.graph.allLicensedUsersAssignmentTarget";
        let assignments = json!([{"id": "x", "target": {"@odata.type": everybody}}]);
        let body = json!({"collection": CONFIGURATIONS, "op": "patch", "id": id,
            "body": {"assignments": assignments}});
        let path = format!("/_sandbox/tenants/{tenant}/mutate");
        control(&sandbox, "POST", path, &body.to_string());
    }));
    let (run, view) = meets(&world, LabEffect::Assign, changed).await;
    is_asked(&world, &view, "provider_object_changed").await;
    assert_eq!((sent(&world, run).len(), effects(&world, run)), (2, 2));
}

async fn i05_a_crash_around_a_creation_is_never_a_second_one(world: Arc<World>) {
    let world = laboratory(&world).await;
    let owner = &world.owner;
    let run = crash_in(&world, owner, LabEffect::Create, Meddle::StopsAfter).await;
    world.pool().drain().await.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded, "it is found");
    assert_eq!((sent(&world, run).len(), effects(&world, run)), (3, 3));

    let run = crash_in(&world, owner, LabEffect::Create, Meddle::StopsBefore).await;
    let pool = world.pool().with_creation_wait(Duration::ZERO);
    pool.drain().await.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Indeterminate);
    assert_eq!(view.questions.len(), 1, "it may still come");
    assert_eq!((sent(&world, run).len(), effects(&world, run)), (2, 2));
    assert_eq!(states(&world, run).await, ["indeterminate", "done", "done"]);
}

async fn i05_a_crash_around_an_assignment_is_looked_at(world: Arc<World>) {
    let world = laboratory(&world).await;
    for (meddle, expected) in [
        (Meddle::StopsAfter, &["done", "done", "done"][..]),
        (Meddle::StopsBefore, &["failed", "done", "done", "done"]),
    ] {
        let run = crash_in(&world, &world.owner, LabEffect::Assign, meddle).await;
        world.pool().drain().await.unwrap();
        let view = world.view(run).await;
        assert_eq!(view.state.outcome, RunOutcome::Succeeded);
        assert_eq!((sent(&world, run).len(), effects(&world, run)), (3, 3));
        assert_eq!(states(&world, run).await, expected);
    }
}
