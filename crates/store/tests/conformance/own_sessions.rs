//! A person's own sessions and password.

use std::sync::Arc;

use store::{Presence, StoreError};

use crate::{
    database::Database,
    world::{World, resolve, strangers},
};

pub async fn people_see_and_end_their_own_sessions_alone(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    let user = world.owner.user_id();
    for (token, browser) in [("laptop", "Firefox on Linux"), ("phone", "Safari on iOS")] {
        store.session_create(user, token).await.unwrap();
        store.session_note_browser(token, browser).await.unwrap();
    }
    let there = async |token| resolve(store, token, Presence::Poll).await.is_some();
    let laptop = resolve(store, "laptop", Presence::Poll).await.unwrap();
    let own = store.sessions_own(&laptop).await.unwrap();
    assert_eq!(own.len(), 3, "the owner's first one too");
    let this: Vec<_> = own.iter().filter(|session| session.is_this).collect();
    assert_eq!(this.len(), 1);
    assert_eq!(this[0].browser, "Firefox on Linux");
    assert!(this[0].expires_at > this[0].created_at);
    let phone = own.iter().find(|s| s.browser == "Safari on iOS").unwrap();

    let (stranger, ..) = strangers(store).await;
    let foreign = store.session_revoke(&stranger, phone.id).await;
    assert!(matches!(foreign, Err(StoreError::NotFound)));
    assert!(there("phone").await);
    store.session_revoke(&laptop, phone.id).await.unwrap();
    assert!(!there("phone").await);
    let again = store.session_revoke(&laptop, phone.id).await;
    assert!(matches!(again, Err(StoreError::NotFound)));

    store.session_create(user, "desktop").await.unwrap();
    store.sessions_revoke_others(&laptop).await.unwrap();
    assert!(there("laptop").await && !there("desktop").await);
    assert_eq!(store.sessions_own(&laptop).await.unwrap().len(), 1);
    assert_eq!(store.sessions_own(&stranger).await.unwrap().len(), 1);
}

pub async fn a_new_password_ends_the_other_sessions_and_every_workspace_is_told(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    let user = world.owner.user_id();
    store
        .workspace_create("A second workspace", user)
        .await
        .unwrap();
    store.session_create(user, "this").await.unwrap();
    store.session_create(user, "other").await.unwrap();
    let scope = resolve(store, "this", Presence::Poll).await.unwrap();
    let old = store.password_hash_own(&scope).await.unwrap();
    store
        .password_change(&scope, &old, "new hash")
        .await
        .unwrap();
    assert_eq!(store.password_hash_own(&scope).await.unwrap(), "new hash");
    assert!(resolve(store, "this", Presence::Poll).await.is_some());
    assert!(resolve(store, "other", Presence::Poll).await.is_none());
    let told = "select count(*) from audit_log where action = 'user.password_changed'";
    assert_eq!(db.raw.int(told).await, Some(2), "one a workspace");
    let late = store.password_change(&scope, &old, "another hash").await;
    assert!(
        matches!(late, Err(StoreError::Conflict)),
        "what was checked is old"
    );
    store.user_disable("owner@example.test").await.unwrap();
    let gone = store.password_hash_own(&scope).await;
    assert!(matches!(gone, Err(StoreError::NotFound)));
}
