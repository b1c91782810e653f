//! How somebody without an account comes into a workspace.

use std::sync::Arc;

use domain::capability::Role;
use store::{InvitedPerson, NewInvitation, StoreError};

use crate::{
    database::Database,
    world::{World, sign_in, strangers},
};

fn new(email: &str, role: Role) -> NewInvitation {
    NewInvitation {
        email: email.to_owned(),
        role,
    }
}

fn person(name: &str) -> InvitedPerson {
    InvitedPerson {
        display_name: name.to_owned(),
        password_hash: "not a hash".to_owned(),
    }
}

pub async fn an_invitation_makes_one_person_and_one_membership(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner, workspace) = (&world.store, &world.owner, &world.workspace);
    store
        .invitation_create(
            owner,
            workspace,
            "token",
            new("Dana@Example.test", Role::Operator),
        )
        .await
        .unwrap();
    let shown = store.invitation("token").await.unwrap();
    assert_eq!(
        (&*shown.email, &*shown.workspace, &*shown.inviter),
        ("dana@example.test", "First workspace", "owner")
    );
    // Two people with one link: one of them is too late.
    let accept = |name: &'static str| {
        let store = store.clone();
        tokio::spawn(async move { store.invitation_accept("token", person(name)).await })
    };
    let (one, two) = (accept("one"), accept("two"));
    let answers = [one.await.unwrap(), two.await.unwrap()];
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(
        answers
            .iter()
            .any(|answer| matches!(answer, Err(StoreError::NotFound)))
    );
    let user = answers.into_iter().find_map(Result::ok).unwrap();
    let dana = sign_in(store, user).await;
    assert_eq!(dana.email(), "dana@example.test");
    let access = store.workspace(&dana, workspace.id()).await.unwrap();
    let members = store.workspace_members(&access).await.unwrap();
    let here = members.iter().find(|m| m.user_id == user).unwrap();
    assert_eq!(here.role, Role::Operator);
    // V-16: no tenant comes with it.
    assert!(store.tenants(&dana, &access).await.unwrap().is_empty());
    let gone = store.invitation("token").await;
    assert!(matches!(gone, Err(StoreError::NotFound)));
    let verdicts = store.audit_verify().await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken_at.is_none()));

    let known = store
        .invitation_create(
            owner,
            workspace,
            "late",
            new("dana@example.test", Role::Owner),
        )
        .await;
    assert!(matches!(known, Err(StoreError::Conflict)));
}

pub async fn an_invitation_says_what_its_inviter_may_say_when_it_is_used(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, workspace) = (&world.store, &world.workspace);
    let mira = world.person("mira", Some(Role::Owner), None).await;
    let access = store.workspace(&mira, workspace.id()).await.unwrap();
    let invite = async |token: &str| {
        store
            .invitation_create(&mira, &access, token, new("dana@example.test", Role::Owner))
            .await
            .unwrap();
    };
    invite("lowered").await;
    for role in [Role::Manager, Role::Operator, Role::Readonly] {
        store
            .workspace_role_set(&world.owner, workspace, mira.user_id(), role)
            .await
            .unwrap();
        let refused = store.invitation_accept("lowered", person("Dana")).await;
        assert!(matches!(refused, Err(StoreError::NotFound)), "{role}");
        assert!(store.invitations(workspace).await.unwrap().is_empty());
    }
    store
        .workspace_role_set(&world.owner, workspace, mira.user_id(), Role::Owner)
        .await
        .unwrap();
    store.user_disable("mira@example.test").await.unwrap();
    let refused = store.invitation_accept("lowered", person("Dana")).await;
    assert!(matches!(refused, Err(StoreError::NotFound)), "disabled");
    store.user_enable("mira@example.test").await.unwrap();
    store
        .workspace_member_remove(&world.owner, workspace, mira.user_id())
        .await
        .unwrap();
    let refused = store.invitation_accept("lowered", person("Dana")).await;
    assert!(matches!(refused, Err(StoreError::NotFound)), "removed");
    assert_eq!(
        db.raw.int("select count(*) from invitations").await,
        Some(0)
    );
}

pub async fn invitations_are_replaced_withdrawn_and_run_out(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner, workspace) = (&world.store, &world.owner, &world.workspace);
    let invite = async |token: &str, email: &str| {
        store
            .invitation_create(owner, workspace, token, new(email, Role::Operator))
            .await
            .unwrap()
    };
    let unusable = async |token: &str| {
        let answer = store.invitation_accept(token, person("Somebody")).await;
        matches!(answer, Err(StoreError::NotFound))
    };
    invite("first", "dana@example.test").await;
    let second = invite("second", "dana@example.test").await;
    assert!(unusable("first").await, "the second one replaced it");
    assert_eq!(store.invitations(workspace).await.unwrap().len(), 1);

    let (stranger, elsewhere, _) = strangers(store).await;
    let foreign = store
        .invitation_withdraw(&stranger, &elsewhere, second)
        .await;
    assert!(matches!(foreign, Err(StoreError::NotFound)));
    store
        .invitation_withdraw(owner, workspace, second)
        .await
        .unwrap();
    assert!(unusable("second").await);

    invite("old", "dana@example.test").await;
    db.raw.run("update invitations set expires_at = 1").await;
    assert!(unusable("old").await);
    assert!(store.invitations(workspace).await.unwrap().is_empty());
    invite("next", "mira@example.test").await;
    let left = db.raw.int("select count(*) from invitations").await;
    assert_eq!(left, Some(1), "the old one is swept");

    // Somebody got an account by another way meanwhile.
    let user = crate::world::person("mira");
    store.user_create(user).await.unwrap();
    let late = store.invitation_accept("next", person("Mira")).await;
    assert!(matches!(late, Err(StoreError::Conflict)));
}
