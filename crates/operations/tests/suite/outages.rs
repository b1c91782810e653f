//! `provider.connection.check` against a provider that is away, throttles or refuses (P-03).

use std::{sync::Arc, time::Duration};

use domain::{
    connection::VerificationStatus, retry::Chance, run::RunOutcome, verification::CheckReason,
};
use graph::{ClientSettings, Endpoints, HttpGraphClient};
use graph_sandbox::FaultKind;
use operations::{Jitter, Pool};

use crate::{
    play::on_both,
    verification::{check, connection, failed_with},
    world::{CHECK, SETTINGS, World, patience},
};

on_both! {
    p03_outages_fail_the_run_and_leave_the_connection_as_it_was,
    p03_a_refused_call_blocks,
    p03_a_short_throttle_is_waited_out,
    p03_a_dead_provider_is_told_apart,
    p03_a_hanging_provider_ends_in_time,
}

async fn p03_outages_fail_the_run_and_leave_the_connection_as_it_was(world: Arc<World>) {
    let status = |status, wait: Option<&str>| FaultKind::Status {
        status,
        retry_after: wait.map(str::to_owned),
    };
    for (route, fault, reason, found) in [
        (
            "/organization",
            status(429, Some("600")),
            "provider_throttled",
            CheckReason::Throttled,
        ),
        (
            "/organization",
            status(500, None),
            "provider_error",
            CheckReason::DependencyUnreachable,
        ),
        (
            "/organization",
            status(503, None),
            "provider_error",
            CheckReason::DependencyUnreachable,
        ),
        (
            "/organization",
            FaultKind::Reset,
            "provider_unreachable",
            CheckReason::DependencyUnreachable,
        ),
        (
            "/organization",
            FaultKind::CutMidBody,
            "provider_unreachable",
            CheckReason::DependencyUnreachable,
        ),
        (
            "/organization",
            FaultKind::InvalidJson,
            "provider_invalid_response",
            CheckReason::InvalidState,
        ),
        (
            "/organization",
            FaultKind::Truncate,
            "provider_invalid_response",
            CheckReason::InvalidState,
        ),
        (
            "/oauth2",
            FaultKind::InvalidJson,
            "provider_invalid_response",
            CheckReason::InvalidState,
        ),
        (
            "/oauth2",
            status(429, Some("600")),
            "provider_throttled",
            CheckReason::Throttled,
        ),
        (
            "/oauth2",
            status(500, None),
            "provider_error",
            CheckReason::DependencyUnreachable,
        ),
    ] {
        let before = connection(&world).await;
        world.break_for(0, route, fault.clone());
        let view = world.work(0, CHECK).await;
        failed_with(&view, reason);
        let sign_in = check(&view, "provider.connection.check");
        assert_eq!(sign_in.reason_code, found, "{route} {fault:?}");
        let now = connection(&world).await;
        assert_eq!(now.verification, before.verification, "{route} {fault:?}");
        assert_eq!(
            now.last_checked_at, before.last_checked_at,
            "{route} {fault:?}"
        );
        world.sandbox.faults().clear();
    }
}

async fn p03_a_refused_call_blocks(world: Arc<World>) {
    let fault = FaultKind::Status {
        status: 403,
        retry_after: None,
    };
    world.break_for(0, "/organization", fault);
    let view = world.work(0, CHECK).await;
    failed_with(&view, "provider_permission_denied");
    let sign_in = check(&view, "provider.connection.check");
    assert_eq!(sign_in.reason_code, CheckReason::PermissionDenied);
    assert!(sign_in.message.contains("Organization.Read.All"));
    assert_eq!(
        connection(&world).await.verification,
        VerificationStatus::Failed
    );
}

async fn p03_a_short_throttle_is_waited_out(world: Arc<World>) {
    let mut fault = graph_sandbox::Fault::everywhere(FaultKind::Status {
        status: 429,
        retry_after: Some("0".to_owned()),
    });
    fault.count = Some(1);
    fault.route = Some("/organization".to_owned());
    world.sandbox.faults().add(fault).unwrap();
    let view = world.work(0, CHECK).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    let asked = world.asked_for(view.id);
    let answers: Vec<_> = asked
        .iter()
        .filter(|entry| entry.path == "/v1.0/organization")
        .map(|entry| entry.status)
        .collect();
    assert_eq!(answers, [Some(429), Some(200)]);
}

async fn p03_a_dead_provider_is_told_apart(world: Arc<World>) {
    // A port that was free a moment ago: nobody listens there.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let run = world.ask(&world.owner, 0, CHECK).await;
    let client = HttpGraphClient::new(patience()).unwrap();
    let nowhere = Endpoints::custom(&nobody, &nobody).unwrap();
    let pool = Pool::new(&world.services, Arc::new(client), nowhere, SETTINGS)
        .with_jitter(Jitter::Fixed(Chance(0)));
    pool.drain().await.unwrap();
    let view = world.view(run).await;
    failed_with(&view, "provider_unreachable");
    assert_eq!(
        connection(&world).await.verification,
        VerificationStatus::Healthy
    );
}

async fn p03_a_hanging_provider_ends_in_time(world: Arc<World>) {
    let short = ClientSettings {
        header_timeout: Duration::from_millis(150),
        body_timeout: Duration::from_millis(150),
        max_retry_after: Duration::from_millis(400),
        ..patience()
    };
    for fault in [FaultKind::Hang, FaultKind::HangMidBody] {
        world.break_for(0, "", fault);
        let run = world.ask(&world.owner, 0, CHECK).await;
        world
            .pool_with(short.clone(), SETTINGS)
            .drain()
            .await
            .unwrap();
        failed_with(&world.view(run).await, "provider_unreachable");
        world.sandbox.faults().clear();
    }
}
