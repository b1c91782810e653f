//! A person's own sessions and password.

use std::sync::Arc;

use domain::error::ApiError;
use operations::Presence;

use crate::{
    play::on_both,
    world::{OWNER_PASSWORD, World, request},
};

on_both! {
    people_end_their_own_sessions,
    a_password_is_changed_by_who_knows_it,
    tries_at_a_password_are_bounded,
}

const OWNER: &str = "olivia@example.test";
const NEW: &str = "copper lantern meadow";

async fn open(world: &World, browser: &str) -> String {
    let services = &world.services;
    let token = services
        .sign_in(OWNER, OWNER_PASSWORD, "192.0.2.1", request())
        .await
        .unwrap();
    services
        .session_opened_in(&token, browser, request())
        .await
        .unwrap();
    token
}

async fn is_open(world: &World, token: &str) -> bool {
    let scope = world.services.scope(token, request(), Presence::Poll).await;
    scope.unwrap().is_some()
}

async fn people_end_their_own_sessions(world: Arc<World>) {
    let services = &world.services;
    let laptop = open(&world, "Firefox on Linux").await;
    let phone = open(&world, "Safari on iOS").await;
    let here = world.resolve(&laptop).await;
    let page = services.account_page(&here).await.unwrap();
    assert_eq!(page.email, OWNER);
    let this: Vec<_> = page.sessions.iter().filter(|s| s.is_this).collect();
    assert_eq!(this.len(), 1);
    assert_eq!(this[0].browser, "Firefox on Linux");
    let other = page.sessions.iter().find(|s| s.browser == "Safari on iOS");
    let other = other.unwrap().id.to_string();

    let (outsider, _) = world.other_workspace().await;
    let foreign = services.session_revoke(&outsider, &other).await;
    assert_eq!(foreign, Err(ApiError::NotFound));
    services.session_revoke(&here, &other).await.unwrap();
    assert!(!is_open(&world, &phone).await);

    services.sessions_revoke_others(&here).await.unwrap();
    let page = services.account_page(&here).await.unwrap();
    assert_eq!(page.sessions.len(), 1);
    assert!(is_open(&world, &laptop).await);
}

async fn a_password_is_changed_by_who_knows_it(world: Arc<World>) {
    let services = &world.services;
    let this = open(&world, "Firefox").await;
    let other = open(&world, "Firefox").await;
    let scope = world.resolve(&this).await;
    for (current, new, field) in [
        ("wrong", NEW, "Current password"),
        (OWNER_PASSWORD, "short", "New password"),
        (OWNER_PASSWORD, "olivia walks on", "New password"),
        (OWNER_PASSWORD, OWNER_PASSWORD, "New password"),
    ] {
        let refused = services.password_change(&scope, current, new).await;
        assert!(
            matches!(&refused, Err(ApiError::Invalid { field: f, .. }) if f == field),
            "{refused:?}"
        );
    }
    assert!(is_open(&world, &other).await, "nothing was changed");
    services
        .password_change(&scope, OWNER_PASSWORD, NEW)
        .await
        .unwrap();
    assert!(is_open(&world, &this).await && !is_open(&world, &other).await);
    let old = services
        .sign_in(OWNER, OWNER_PASSWORD, "192.0.2.1", request())
        .await;
    assert!(matches!(old, Err(ApiError::Invalid { .. })));
    assert!(
        services
            .sign_in(OWNER, NEW, "192.0.2.1", request())
            .await
            .is_ok()
    );
}

async fn tries_at_a_password_are_bounded(world: Arc<World>) {
    let services = &world.services;
    let scope = world.resolve(&open(&world, "Firefox").await).await;
    for _ in 0..5 {
        let wrong = services.password_change(&scope, "wrong", NEW).await;
        assert!(matches!(wrong, Err(ApiError::Invalid { .. })));
    }
    let held = services.password_change(&scope, OWNER_PASSWORD, NEW).await;
    assert!(matches!(held, Err(ApiError::TooMany { .. })));
    // Whoever sits at an open browser keeps its owner out of nothing else.
    assert!(
        services
            .sign_in(OWNER, OWNER_PASSWORD, "192.0.2.1", request())
            .await
            .is_ok()
    );
}
