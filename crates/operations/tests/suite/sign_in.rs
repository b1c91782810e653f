//! Signing in, and the first start.

use std::sync::Arc;

use domain::error::ApiError;
use operations::Presence;

use crate::{
    play::on_both,
    world::{OWNER_PASSWORD, World, request},
};

on_both! {
    a_right_password_opens_a_session_and_signing_out_ends_it,
    a_wrong_password_gives_no_hint,
    tries_are_bounded_and_nobody_is_locked_out_elsewhere,
    tries_made_at_once_are_bounded_too,
    a_disabled_person_is_out_at_once,
    the_setup_link_makes_one_first_person,
}

const OWNER: &str = "olivia@example.test";

async fn a_right_password_opens_a_session_and_signing_out_ends_it(world: Arc<World>) {
    let services = &world.services;
    let token = services
        .sign_in(
            " Olivia@Example.TEST ",
            OWNER_PASSWORD,
            "192.0.2.1",
            request(),
        )
        .await
        .unwrap();
    assert_eq!(token.len(), 64, "256 bits");
    let other = services
        .sign_in(OWNER, OWNER_PASSWORD, "192.0.2.1", request())
        .await;
    assert_ne!(other.unwrap(), token, "each sign-in has its own");
    let scope = world.resolve(&token).await;
    assert_eq!((scope.display_name(), scope.email()), ("Olivia", OWNER));
    services.sign_out(&scope).await.unwrap();
    let ended = services
        .scope(&token, request(), Presence::ByHand)
        .await
        .unwrap();
    assert!(ended.is_none());
    for forged in ["", "x", &"0".repeat(64)] {
        let nobody = services.scope(forged, request(), Presence::ByHand).await;
        assert!(nobody.unwrap().is_none());
    }
}

async fn a_wrong_password_gives_no_hint(world: Arc<World>) {
    let services = &world.services;
    let wrong = services
        .sign_in(OWNER, "wrong", "192.0.2.1", request())
        .await;
    let unknown = services
        .sign_in("nobody@example.test", "wrong", "192.0.2.1", request())
        .await;
    let unhashed = world.stranger("without").await;
    let unusable = services
        .sign_in(unhashed.email(), "not a hash", "192.0.2.1", request())
        .await;
    let wrong = wrong.unwrap_err();
    assert_eq!(wrong, unknown.unwrap_err());
    assert_eq!(wrong, unusable.unwrap_err());
    assert!(matches!(&wrong, ApiError::Invalid { field, .. } if field == "Sign-in"));
}

async fn tries_are_bounded_and_nobody_is_locked_out_elsewhere(world: Arc<World>) {
    let services = &world.services;
    // Known and unknown addresses are held back alike.
    for address in [OWNER, "nobody@example.test"] {
        for _ in 0..5 {
            let wrong = services
                .sign_in(address, "wrong", "192.0.2.1", request())
                .await;
            assert!(matches!(wrong, Err(ApiError::Invalid { .. })));
        }
        let held = services
            .sign_in(address, "wrong", "192.0.2.9", request())
            .await;
        assert!(
            matches!(held, Err(ApiError::TooMany { retry_after_seconds }) if retry_after_seconds > 0)
        );
    }
    // Not even the right password: a guess that hits must not show.
    let held = services
        .sign_in(OWNER, OWNER_PASSWORD, "192.0.2.9", request())
        .await;
    assert!(matches!(held, Err(ApiError::TooMany { .. })));
    // Sessions that are open stay open.
    assert!(services.header(&world.owner).await.is_ok());

    // One peer that tries many addresses is held back as well.
    let mut answers = Vec::new();
    for n in 0..31 {
        let address = format!("guess{n}@example.test");
        answers.push(
            services
                .sign_in(&address, "wrong", "198.51.100.7", request())
                .await,
        );
    }
    assert!(matches!(answers.pop(), Some(Err(ApiError::TooMany { .. }))));
    assert!(
        answers
            .iter()
            .all(|a| matches!(a, Err(ApiError::Invalid { .. })))
    );
}

async fn tries_made_at_once_are_bounded_too(world: Arc<World>) {
    let tries = (0..12).map(|_| {
        let services = world.services.clone();
        tokio::spawn(async move {
            services
                .sign_in(OWNER, "wrong", "192.0.2.1", request())
                .await
        })
    });
    let tries: Vec<_> = tries.collect();
    let mut looked_at = 0;
    for one in tries {
        if matches!(one.await.unwrap(), Err(ApiError::Invalid { .. })) {
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, 5);
}

async fn a_disabled_person_is_out_at_once(world: Arc<World>) {
    let services = &world.services;
    let token = services
        .sign_in(OWNER, OWNER_PASSWORD, "192.0.2.1", request())
        .await
        .unwrap();
    services.store().user_disable(OWNER).await.unwrap();
    let scope = services.scope(&token, request(), Presence::ByHand).await;
    assert!(scope.unwrap().is_none());
    let refused = services
        .sign_in(OWNER, OWNER_PASSWORD, "192.0.2.1", request())
        .await;
    assert!(
        matches!(refused, Err(ApiError::Invalid { .. })),
        "the same words"
    );
    // A scope of a request under way sees nothing any more.
    assert_eq!(
        services.tenants_page(&world.owner).await.unwrap_err(),
        ApiError::NotFound
    );
    let header = services.header(&world.owner).await.unwrap();
    assert!(header.workspace.is_none() && header.workspaces.is_empty());
}

async fn the_setup_link_makes_one_first_person(world: Arc<World>) {
    let services = &world.services;
    assert!(
        services.setup_token(request()).await.unwrap().is_none(),
        "claimed already"
    );
    let long = "a perfectly fine password";
    for token in ["", "unknown"] {
        let again = services
            .setup(token, "Eve", "eve@example.test", long, "Mine", request())
            .await;
        assert!(matches!(again, Err(ApiError::Invalid { field, .. }) if field == "Link"));
    }
    for (name, email, password, workspace, field) in [
        ("", "eve@example.test", long, "Mine", "Name"),
        ("Eve", "no address", long, "Mine", "E-mail"),
        ("Eve", "eve@", long, "Mine", "E-mail"),
        ("Eve", "eve@example.test", "short", "Mine", "Password"),
        (
            "Evelyn",
            "eve@example.test",
            "evelyn is the best",
            "Mine",
            "Password",
        ),
        ("Eve", "eve@example.test", long, " ", "Workspace"),
    ] {
        let refused = services
            .setup("unknown", name, email, password, workspace, request())
            .await;
        assert!(
            matches!(refused, Err(ApiError::Invalid { field: f, .. }) if f == field),
            "{field}"
        );
    }
}
