//! Signing in: the first person, sessions, selections.

use std::sync::Arc;

use domain::{ids::WorkspaceId, lifecycle::TenantLifecycle, reason::ReasonCode};
use store::{Presence, StoreError};

use crate::{
    database::Database,
    world::{World, person, resolve, sign_in, strangers, worker},
};

const HOUR: i64 = domain::time::HOUR;

pub async fn an_installation_is_claimed_once(db: Arc<Database>) {
    let store = &db.store;
    store.ping().await.unwrap();
    assert!(store.is_unclaimed().await.unwrap());
    let claim = |token: &'static str, name: &'static str| {
        store.claim_installation(token, person(name), "First workspace")
    };
    store.setup_link_create("old").await.unwrap();
    db.raw.run("update setup_links set expires_at = 1").await;
    assert!(matches!(claim("old", "a").await, Err(StoreError::NotFound)));
    store.setup_link_create("link").await.unwrap();
    assert!(matches!(
        claim("wrong", "a").await,
        Err(StoreError::NotFound)
    ));
    assert!(store.is_unclaimed().await.unwrap());
    // A link that was printed later ends the one before it.
    store.setup_link_create("newer").await.unwrap();
    assert!(matches!(
        claim("link", "a").await,
        Err(StoreError::NotFound)
    ));
    let user = claim("newer", "a").await.unwrap();
    assert!(!store.is_unclaimed().await.unwrap());
    assert!(matches!(
        claim("newer", "b").await,
        Err(StoreError::NotFound)
    ));
    store.setup_link_create("late").await.unwrap();
    assert!(matches!(
        claim("late", "b").await,
        Err(StoreError::Conflict)
    ));

    let scope = sign_in(store, user).await;
    assert_eq!(store.workspaces(&scope).await.unwrap().len(), 1);
    assert!(
        store
            .audit_verify()
            .await
            .unwrap()
            .iter()
            .all(|v| v.broken_at.is_none())
    );
    let taken = store.user_create(person("A")).await;
    assert!(
        matches!(taken, Err(StoreError::Conflict)),
        "addresses differ by case alone"
    );
}

pub async fn two_links_make_one_first_person(db: Arc<Database>) {
    for round in 0..10 {
        db.store
            .setup_link_create(&format!("link {round}"))
            .await
            .unwrap();
    }
    // Ten links that are all good, as if as many servers had printed theirs in one moment.
    let end = db.store.now().await.unwrap().0 + HOUR;
    db.raw
        .run(&format!("update setup_links set expires_at = {end}"))
        .await;
    let tasks: Vec<_> = (0..10)
        .map(|round| {
            let store = db.store.clone();
            tokio::spawn(async move {
                let token = format!("link {round}");
                let first = person(&format!("first{round}"));
                store
                    .claim_installation(&token, first, "First workspace")
                    .await
            })
        })
        .collect();
    let mut claimed = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => claimed += 1,
            Err(StoreError::Conflict) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(claimed, 1);
    assert_eq!(db.raw.int("select count(*) from users").await, Some(1));
}

pub async fn sessions_end_by_idleness_age_and_disabling(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    let user = world.operator("operator").await.user_id();
    let there = async |token: &'static str| resolve(store, token, Presence::ByHand).await.is_some();

    assert!(!there("never").await);
    store.session_create(user, "ended").await.unwrap();
    let scope = resolve(store, "ended", Presence::ByHand).await.unwrap();
    assert_eq!(scope.user_id(), user);
    assert_eq!(scope.selected_workspace(), Some(world.workspace.id()));
    store.session_end(&scope).await.unwrap();
    assert!(!there("ended").await);

    let now = store.now().await.unwrap().0;
    store.session_create(user, "idle").await.unwrap();
    db.raw
        .run(&format!(
            "update sessions set last_seen_at = {}",
            now - HOUR + 60_000_000
        ))
        .await;
    assert!(there("idle").await, "a minute is left");
    db.raw
        .run(&format!(
            "update sessions set last_seen_at = {}",
            now - HOUR
        ))
        .await;
    assert!(!there("idle").await);

    store.session_create(user, "old").await.unwrap();
    db.raw
        .run(&format!("update sessions set expires_at = {now}"))
        .await;
    assert!(!there("old").await);
    store.session_create(user, "new").await.unwrap();
    assert_eq!(
        db.raw.int("select count(*) from sessions").await,
        Some(1),
        "the others are swept"
    );

    assert!(
        store
            .login("OPERATOR@example.test ")
            .await
            .unwrap()
            .is_some()
    );
    store.user_disable("operator@example.test").await.unwrap();
    assert!(!there("new").await);
    assert!(
        store
            .login("operator@example.test")
            .await
            .unwrap()
            .is_none()
    );
    assert!(store.login("nobody@example.test").await.unwrap().is_none());
    let again = store.user_disable("operator@example.test").await;
    assert!(matches!(again, Err(StoreError::NotFound)));
    store.user_enable("operator@example.test").await.unwrap();
    assert!(there("new").await);
    let again = store.user_enable("operator@example.test").await;
    assert!(matches!(again, Err(StoreError::NotFound)));
}

pub async fn polls_do_not_keep_a_session(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    store
        .session_create(world.owner.user_id(), "token")
        .await
        .unwrap();
    let half_an_hour_ago = store.now().await.unwrap().0 - HOUR / 2;
    let age = format!("update sessions set last_seen_at = {half_an_hour_ago}");
    db.raw.run(&age).await;
    let seen = format!("select count(*) from sessions where last_seen_at > {half_an_hour_ago}");
    resolve(store, "token", Presence::Poll).await.unwrap();
    assert_eq!(db.raw.int(&seen).await, Some(0));
    resolve(store, "token", Presence::ByHand).await.unwrap();
    assert_eq!(db.raw.int(&seen).await, Some(1));
}

pub async fn failed_sign_ins_are_counted_in_a_window(db: Arc<Database>) {
    let store = &db.store;
    let failures = async || store.sign_in_failures("somebody").await.unwrap();
    assert_eq!(failures().await.0, 0);
    store.sign_in_failed("somebody", HOUR).await.unwrap();
    let (_, began) = failures().await;
    store.sign_in_failed("somebody", HOUR).await.unwrap();
    assert_eq!(failures().await, (2, began));
    db.raw
        .run("update sign_in_attempts set window_started_at = 1")
        .await;
    store.sign_in_failed("somebody", HOUR).await.unwrap();
    let (count, anew) = failures().await;
    assert_eq!(count, 1);
    assert!(anew >= began);
    store.sign_in_succeeded("somebody").await.unwrap();
    assert_eq!(failures().await.0, 0);
}

pub async fn selections_follow_what_may_be_selected(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    store
        .session_create(world.owner.user_id(), "token")
        .await
        .unwrap();
    let scope = async || resolve(store, "token", Presence::Poll).await.unwrap();
    let asked = scope().await;
    store
        .session_select_tenant(&asked, &world.tenant)
        .await
        .unwrap();
    assert_eq!(scope().await.selected_tenant(), Some(world.tenant.id()));
    store
        .session_select_workspace(&asked, &world.workspace)
        .await
        .unwrap();
    assert_eq!(scope().await.selected_tenant(), None);

    store
        .session_select_tenant(&asked, &world.tenant)
        .await
        .unwrap();
    world.lifecycle(TenantLifecycle::Archived).await;
    assert_eq!(
        scope().await.selected_tenant(),
        None,
        "archiving forgets the selection"
    );
    let archived = world.fresh_tenant().await;
    let refused = store.session_select_tenant(&asked, &archived).await;
    assert!(matches!(refused, Err(StoreError::Conflict)));
    let stale = store
        .tenant_lifecycle_set(&asked, &world.tenant, TenantLifecycle::Draft)
        .await;
    assert!(matches!(stale, Err(StoreError::Conflict)));

    let second = store
        .workspace_create("A second workspace", asked.user_id())
        .await
        .unwrap();
    let second = store.workspace(&asked, second).await.unwrap();
    store
        .session_select_workspace(&asked, &second)
        .await
        .unwrap();
    let current = store.current_workspace(&scope().await).await.unwrap();
    assert_eq!(current.id(), second.id());
    let ws = db.id(second.id().as_uuid());
    db.raw
        .run(&format!(
            "delete from workspace_memberships where workspace_id = {ws}"
        ))
        .await;
    let current = store.current_workspace(&scope().await).await.unwrap();
    assert_eq!(
        current.id(),
        world.workspace.id(),
        "a stale selection falls back"
    );
}

pub async fn d03_disabling_a_person_is_told_in_each_of_their_workspaces(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    let dana = world.operator("dana").await;
    strangers(store).await;
    let elsewhere = store.workspace_create("A second", dana.user_id()).await;
    let run = world.sync(&dana).await;
    let (id, version) = (db.id(dana.user_id().as_uuid()), async || {
        let of = db.id(dana.user_id().as_uuid());
        let sql = format!("select version from users where id = {of}");
        db.raw.int(&sql).await.unwrap()
    });
    let before = version().await;
    let entries = async |action: &str, workspace: WorkspaceId| {
        let workspace = db.id(workspace.as_uuid());
        let sql = format!(
            "select count(*) from audit_log where action = '{action}' and subject_id = {id}
               and workspace_id = {workspace} and actor_id is null and actor_name = 'Command line'"
        );
        db.raw.int(&sql).await.unwrap()
    };

    store.user_disable(dana.email()).await.unwrap();
    assert_eq!(version().await, before + 1);
    for workspace in [world.workspace.id(), elsewhere.unwrap()] {
        assert_eq!(entries("user.disabled", workspace).await, 1);
    }
    let all = "select count(*) from audit_log where action = 'user.disabled'";
    assert_eq!(db.raw.int(all).await, Some(2), "strangers are not told");

    // What they had queued is refused, and its page can say why.
    let started = store.runs_start(worker(), 10).await.unwrap();
    assert_eq!((started.running.len(), started.refused.len()), (0, 1));
    let access = store.run(&world.owner, run).await.unwrap();
    assert_eq!(
        access.run().refusal_code(),
        Some(ReasonCode::InitiatorNotEntitled)
    );

    // Refused, it leaves nothing; enabled, they are told of again.
    let again = store.user_disable(dana.email()).await;
    assert!(matches!(again, Err(StoreError::NotFound)));
    assert_eq!(db.raw.int(all).await, Some(2));
    store.user_enable(dana.email()).await.unwrap();
    assert_eq!(version().await, before + 2);
    assert_eq!(entries("user.enabled", world.workspace.id()).await, 1);
    world.chains_hold().await;
}
