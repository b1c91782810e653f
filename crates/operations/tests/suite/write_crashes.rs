//! A worker that dies on either side of a change: the attempt that takes over looks before it sends (I5).

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use domain::{ids::RunId, run::RunOutcome};
use operations::{PoolSettings, Scope};
use store::LabEffect;
use tokio::sync::watch;

use crate::{
    meddling::{Meddle, Meddling},
    play::on_both,
    world::{SETTINGS, World, until},
    writes::{ask_for, effects, laboratory, of_items, sent},
};

on_both! {
    i05_a_crash_between_intent_and_call_is_looked_at_and_tried_again,
    i05_a_crash_between_the_answer_and_its_row_is_looked_at_and_not_tried_again,
    i05_a_crash_and_a_changed_object_are_asked_of_a_person,
    l10_authority_lost_between_crash_and_rescue_leaves_a_question,
}

/// Has a run of three changes stop for ever at its first one, and ends its worker there.
async fn crash(world: &World, scope: &Scope, meddle: Meddle) -> RunId {
    crash_in(world, scope, LabEffect::Update, meddle).await
}

/// The same with changes of this kind.
pub async fn crash_in(world: &World, scope: &Scope, effect: LabEffect, meddle: Meddle) -> RunId {
    let run = ask_for(world, scope, 3, effect).await;
    let client = Meddling::once(meddle);
    let stopped = client.stopped();
    let at_once = PoolSettings {
        grace: Duration::ZERO,
        ..SETTINGS
    };
    let (stop, stopping) = watch::channel(false);
    let pool = world.pool_of_with(Arc::new(client), at_once);
    let pool = tokio::spawn(pool.run(stopping));
    let stops = || async { stopped.load(Ordering::SeqCst) == 1 };
    until("the worker that stops", stops).await;
    // Its task is dropped where it stands; the run goes back as a new attempt.
    stop.send(true).unwrap();
    pool.await.unwrap();
    let view = world.view(run).await;
    assert_eq!((view.state.word(), view.attempt), ("queued", 2));
    assert_eq!(states(world, run).await, ["open"]);
    // The pause is over in which the provider might still be at it.
    let store = world.services.store();
    store::conformance::pause_over(store, run).await.unwrap();
    run
}

pub async fn states(world: &World, run: RunId) -> Vec<String> {
    let store = world.services.store();
    store::conformance::intent_states(store, run).await.unwrap()
}

/// What the attempt that took over asked first about an object, and how often it was changed.
fn first_of(world: &World, run: RunId, since: usize) -> String {
    let asked = world.asked_for(run);
    let one = asked.iter().skip(since).find(|entry| {
        let mut steps = entry.path.rsplit("/deviceConfigurations/");
        steps.next().is_some() && steps.next().is_some()
    });
    one.unwrap().method.clone()
}

async fn i05_a_crash_between_intent_and_call_is_looked_at_and_tried_again(world: Arc<World>) {
    let world = laboratory(&world).await;
    let run = crash(&world, &world.owner, Meddle::StopsBefore).await;
    assert_eq!(sent(&world, run).len(), 0);
    let before = world.asked_for(run).len();
    world.pool().drain().await.unwrap();
    assert_eq!(first_of(&world, run, before), "GET", "it looks first");
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    assert_eq!((sent(&world, run).len(), effects(&world, run)), (3, 3));
    assert_eq!(
        states(&world, run).await,
        ["failed", "done", "done", "done"]
    );
}

async fn i05_a_crash_between_the_answer_and_its_row_is_looked_at_and_not_tried_again(
    world: Arc<World>,
) {
    let world = laboratory(&world).await;
    let run = crash(&world, &world.owner, Meddle::StopsAfter).await;
    assert_eq!(effects(&world, run), 1);
    let before = world.asked_for(run).len();
    world.pool().drain().await.unwrap();
    assert_eq!(first_of(&world, run, before), "GET", "it looks first");
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    assert_eq!(of_items(&view, "succeeded"), 3);
    assert_eq!(sent(&world, run).len(), 3, "nothing was sent twice");
    assert_eq!(effects(&world, run), 3);
    assert_eq!(states(&world, run).await, ["done", "done", "done"]);
}

async fn i05_a_crash_and_a_changed_object_are_asked_of_a_person(world: Arc<World>) {
    let world = laboratory(&world).await;
    let run = crash(&world, &world.owner, Meddle::StopsAfter).await;
    let [entry] = &sent(&world, run)[..] else {
        panic!("one change");
    };
    let (collection, id) = entry.path.rsplit_once('/').unwrap();
    let collection = collection.trim_start_matches("/beta");
    let tenant = &world.sites[0].seed.tenant_id;
    assert!(
        world
            .sandbox
            .change(tenant, collection, id, "description", "by hand")
    );
    world.pool().drain().await.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Indeterminate);
    assert_eq!(view.questions.len(), 1);
    assert_eq!(of_items(&view, "indeterminate"), 1);
    assert_eq!(
        sent(&world, run).len(),
        3,
        "what somebody did by hand stays"
    );
    assert_eq!(states(&world, run).await, ["indeterminate", "done", "done"]);
    assert_eq!(world.pool().drain().await.unwrap(), 0, "never tried again");
}

async fn l10_authority_lost_between_crash_and_rescue_leaves_a_question(world: Arc<World>) {
    let world = laboratory(&world).await;
    let dana = world.operator("dana").await;
    let run = crash(&world, &dana, Meddle::StopsAfter).await;
    let (tenant, user) = (world.sites[0].id(), dana.user_id().to_string());
    let lowered = world
        .services
        .member_set_role(&world.owner, Some(&tenant), &user, "readonly");
    lowered.await.unwrap();
    let calls = world.asked_for(run).len();
    world.pool().drain().await.unwrap();
    assert_eq!(
        world.asked_for(run).len(),
        calls,
        "nobody looks without leave"
    );
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Indeterminate);
    assert_eq!(view.blocked_phase.as_deref(), Some("rescue"));
    assert_eq!(view.questions.len(), 1);
    assert!(view.explanation.is_some(), "and says why it was refused");
}
