//! Changes that somebody in the tenant must approve: asked for once, and gone on with when they are.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, http::Request};
use domain::{ids::RunId, run::RunOutcome, views::RunView};
use graph::{
    ApprovalRequest, ApprovalStatus, CallContext, Connection, GraphClient as _, HttpGraphClient,
};
use graph_sandbox::FaultKind;
use operations::PoolSettings;
use store::{LabEffect, StoreError};
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::{
    play::on_both,
    world::{SETTINGS, World, patience, until},
    writes::{CONFIGURATIONS, ask, ask_for, effects, laboratory, of_items, sent},
};

on_both! {
    b05_a_tenant_that_wants_changes_approved_is_asked_and_answers,
    b05_what_waited_is_sent_with_its_approval_when_the_run_is_resumed,
    b05_an_attempt_that_takes_over_asks_nobody_a_second_time,
    b05_a_creation_and_an_assignment_wait_to_be_approved_too,
    b05_only_a_run_of_the_tenant_that_is_over_is_resumed,
}

/// A laboratory whose first tenant wants changes approved.
async fn protected(world: &World) -> World {
    let world = laboratory(world).await;
    world.break_for(0, CONFIGURATIONS, FaultKind::ApprovalRequired);
    world
}

/// Nobody's leave runs out here.
const LEAVE: Duration = Duration::from_secs(60);

/// The tenant's requests as an administrator sees them.
async fn requests(world: &World) -> Vec<ApprovalRequest> {
    let seed = &world.sites[0].seed;
    let secret = seed.client_secret.clone().into();
    let cloud = world.endpoints.clone();
    let connection = Connection::new(&seed.tenant_id, &seed.client_id, secret, cloud).unwrap();
    let context = CallContext {
        client_request_id: "an administrator".to_owned(),
    };
    let client = HttpGraphClient::new(patience()).unwrap();
    let writer = client.writer().unwrap();
    let read = writer.approval_requests(&connection, &context, LEAVE).await;
    read.unwrap()
}

/// The request for an item of a run.
async fn request_for(world: &World, run: RunId, item: usize) -> ApprovalRequest {
    let words = format!("TenantAtlas run {run}, item {item:05}");
    let mut all = requests(world).await;
    all.retain(|request| request.justification == words);
    assert_eq!(all.len(), 1, "asked for once");
    all.remove(0)
}

/// Another administrator decides.
async fn decide(world: &World, request: &ApprovalRequest, status: &str) {
    let tenant = &world.sites[0].seed.tenant_id;
    let code = request.code.as_str();
    let decided = Request::post(format!("/_sandbox/tenants/{tenant}/approvals/{code}"))
        .body(Body::from(format!("{{\"status\":\"{status}\"}}")))
        .unwrap();
    let answer = world.sandbox.router().oneshot(decided).await.unwrap();
    assert!(answer.status().is_success());
}

/// Works off what is queued, and waits for nobody's approval.
async fn drain(world: &World) {
    let pool = world.pool().with_approval_wait(Duration::ZERO);
    pool.drain().await.unwrap();
}

async fn resume(world: &World, run: RunId) -> RunView {
    let tenant = world.access(0).await;
    let store = world.services.store();
    let resumed = store.lab_write_resume(&world.owner, &tenant, run).await;
    let resumed = resumed.unwrap();
    drain(world).await;
    world.view(resumed).await
}

fn outcomes(view: &RunView) -> Vec<&str> {
    view.items.iter().map(|item| &*item.outcome).collect()
}

const WAITS: &str = "awaiting_provider_approval";

async fn b05_a_tenant_that_wants_changes_approved_is_asked_and_answers(world: Arc<World>) {
    let world = protected(&world).await;
    let run = ask(&world, &world.owner, 2).await;
    let approving = async {
        until("both requests", || async {
            requests(&world).await.len() == 2
        })
        .await;
        for request in requests(&world).await {
            assert!(request.justification.contains(&run.to_string()));
            decide(&world, &request, "approved").await;
        }
    };
    let pool = world.pool();
    let (drained, ()) = tokio::join!(pool.drain(), approving);
    drained.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{view:#?}");
    assert_eq!((of_items(&view, "succeeded"), effects(&world, run)), (2, 2));
}

async fn b05_what_waited_is_sent_with_its_approval_when_the_run_is_resumed(world: Arc<World>) {
    let world = protected(&world).await;
    let run = ask(&world, &world.owner, 3).await;
    drain(&world).await;
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::PartiallySucceeded);
    assert_eq!(outcomes(&view), [WAITS, WAITS, WAITS]);
    let [failure] = &view.failures[..] else {
        panic!("{:#?}", view.failures);
    };
    assert_eq!(failure.reason_code, WAITS);
    let says = |word| failure.message.contains(word);
    assert!(
        says("Multi Admin Approval") && says("resume"),
        "{failure:?}"
    );
    for (item, shown) in view.items.iter().enumerate() {
        let request = request_for(&world, run, item).await;
        let message = shown.message.as_deref().unwrap();
        assert!(message.contains(request.code.as_str()), "{message}");
    }
    assert_eq!(effects(&world, run), 0);

    decide(&world, &request_for(&world, run, 0).await, "approved").await;
    decide(&world, &request_for(&world, run, 1).await, "rejected").await;
    let second = resume(&world, run).await;
    assert_eq!(outcomes(&second), ["succeeded", "failed", WAITS]);
    let reason = second.items[1].reason_code.as_deref();
    assert_eq!(reason, Some("provider_approval_refused"));
    assert_eq!(second.state.outcome, RunOutcome::PartiallySucceeded);
    assert_eq!(
        sent(&world, second.id).len(),
        1,
        "sent with its approval at once"
    );
    assert_eq!(effects(&world, second.id), 1);
    assert_eq!(requests(&world).await.len(), 3, "nobody was asked again");

    // A run that was resumed is resumed like any other; the requests keep the first one's name.
    decide(&world, &request_for(&world, run, 2).await, "approved").await;
    let third = resume(&world, second.id).await;
    assert_eq!(outcomes(&third), ["skipped", "failed", "succeeded"]);
    assert_eq!(
        (sent(&world, third.id).len(), effects(&world, third.id)),
        (1, 1)
    );
    assert_eq!(requests(&world).await.len(), 3);
    let first = world.view(run).await;
    assert_eq!(outcomes(&first), [WAITS; 3], "it stays as it ended");
}

async fn b05_an_attempt_that_takes_over_asks_nobody_a_second_time(world: Arc<World>) {
    let world = protected(&world).await;
    let run = ask(&world, &world.owner, 2).await;
    let at_once = PoolSettings {
        grace: Duration::ZERO,
        ..SETTINGS
    };
    let (stop, stopping) = watch::channel(false);
    let pool = tokio::spawn(world.pool_with(patience(), at_once).run(stopping));
    until("both requests", || async {
        requests(&world).await.len() == 2
    })
    .await;
    stop.send(true).unwrap();
    pool.await.unwrap();
    assert_eq!(world.view(run).await.attempt, 2);
    decide(&world, &request_for(&world, run, 0).await, "approved").await;
    drain(&world).await;
    let view = world.view(run).await;
    assert_eq!(outcomes(&view), ["succeeded", WAITS]);
    assert_eq!(requests(&world).await.len(), 2);
    assert_eq!(effects(&world, run), 1);
    let waiting = request_for(&world, run, 1).await;
    assert_eq!(waiting.status, ApprovalStatus::Waiting);
}

async fn b05_a_creation_and_an_assignment_wait_to_be_approved_too(world: Arc<World>) {
    let world = protected(&world).await;
    for effect in [LabEffect::Create, LabEffect::Assign] {
        let run = ask_for(&world, &world.owner, 1, effect).await;
        drain(&world).await;
        assert_eq!(outcomes(&world.view(run).await), [WAITS]);
        decide(&world, &request_for(&world, run, 0).await, "approved").await;
        let resumed = resume(&world, run).await;
        assert_eq!(resumed.state.outcome, RunOutcome::Succeeded, "{resumed:#?}");
        assert_eq!(outcomes(&resumed), ["succeeded"]);
        assert_eq!(
            (sent(&world, resumed.id).len(), effects(&world, resumed.id)),
            (1, 1)
        );
    }
}

async fn b05_only_a_run_of_the_tenant_that_is_over_is_resumed(world: Arc<World>) {
    let world = laboratory(&world).await;
    let run = ask(&world, &world.owner, 1).await;
    let store = world.services.store();
    let own = world.access(0).await;
    let early = store.lab_write_resume(&world.owner, &own, run).await;
    assert!(matches!(early, Err(StoreError::NotFound)), "{early:?}");
    drain(&world).await;
    let other = world.access(1).await;
    let foreign = store.lab_write_resume(&world.owner, &other, run).await;
    assert!(matches!(foreign, Err(StoreError::NotFound)), "{foreign:?}");
    // Nothing of it waits: everything is left alone.
    let resumed = resume(&world, run).await;
    assert_eq!(outcomes(&resumed), ["skipped"]);
    assert!(sent(&world, resumed.id).is_empty());
}
