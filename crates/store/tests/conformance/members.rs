//! Memberships at both levels, and what they let somebody see.

use std::sync::Arc;

use domain::{
    capability::Role,
    ids::{RunId, TenantId, WorkspaceId},
};
use store::{Scope, StoreError};
use uuid::Uuid;

use crate::{
    database::Database,
    world::{World, strangers},
};

pub async fn v16_memberships_are_set_changed_and_removed(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
    let scope = world.person("member", Some(Role::Manager), None).await;
    let user = scope.user_id();
    let missing = store.tenant(&scope, tenant.id()).await;
    assert!(
        matches!(missing, Err(StoreError::NotFound)),
        "nothing is inherited"
    );
    assert!(
        store
            .tenants(&scope, &world.workspace)
            .await
            .unwrap()
            .is_empty()
    );

    for role in [Role::Readonly, Role::Operator] {
        store
            .tenant_role_set(owner, tenant, user, role)
            .await
            .unwrap();
        assert_eq!(
            store.tenant(&scope, tenant.id()).await.unwrap().role(),
            role
        );
    }
    let members = store.tenant_members(tenant).await.unwrap();
    assert_eq!(
        members
            .iter()
            .map(|m| (&*m.display_name, m.role))
            .collect::<Vec<_>>(),
        [("member", Role::Operator), ("owner", Role::Owner)]
    );
    let members = store.workspace_members(&world.workspace).await.unwrap();
    assert_eq!(
        members
            .iter()
            .map(|m| (&*m.display_name, m.role))
            .collect::<Vec<_>>(),
        [("member", Role::Manager), ("owner", Role::Owner)]
    );
    let found = store
        .colleague_by_email(tenant, "Member@Example.Test")
        .await
        .unwrap();
    assert_eq!(found, user);

    store
        .tenant_member_remove(owner, tenant, user)
        .await
        .unwrap();
    let again = store.tenant_member_remove(owner, tenant, user).await;
    assert!(matches!(again, Err(StoreError::NotFound)));
    assert!(store.workspace(&scope, world.workspace.id()).await.is_ok());

    store
        .tenant_role_set(owner, tenant, user, Role::Operator)
        .await
        .unwrap();
    store
        .workspace_member_remove(owner, &world.workspace, user)
        .await
        .unwrap();
    let of_user = format!(
        "select count(*) from tenant_memberships where user_id = {}",
        db.id(user.as_uuid())
    );
    assert_eq!(
        db.raw.int(&of_user).await,
        Some(0),
        "the tenants go with the workspace"
    );
    assert!(store.tenant(&scope, tenant.id()).await.is_err());
    let again = store
        .workspace_member_remove(owner, &world.workspace, user)
        .await;
    assert!(matches!(again, Err(StoreError::NotFound)));
}

pub async fn the_last_owner_keeps_the_role(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner, workspace) = (&world.store, &world.owner, &world.workspace);
    let me = owner.user_id();
    let lower = store
        .workspace_role_set(owner, workspace, me, Role::Manager)
        .await;
    assert!(matches!(lower, Err(StoreError::LastOwner)));
    let leave = store.workspace_member_remove(owner, workspace, me).await;
    assert!(matches!(leave, Err(StoreError::LastOwner)));
    store
        .workspace_role_set(owner, workspace, me, Role::Owner)
        .await
        .unwrap();

    let second = world
        .person("second", Some(Role::Owner), Some(Role::Owner))
        .await;
    // Both leave at once: one of them is the last.
    let leave = |person: &Scope| {
        let (store, person, workspace) = (store.clone(), person.clone(), workspace.clone());
        tokio::spawn(async move {
            let own = person.user_id();
            store
                .workspace_member_remove(&person, &workspace, own)
                .await
        })
    };
    let (one, two) = (leave(owner), leave(&second));
    let answers = [one.await.unwrap(), two.await.unwrap()];
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(
        answers
            .iter()
            .any(|answer| matches!(answer, Err(StoreError::LastOwner)))
    );
}

pub async fn the_last_owner_of_a_tenant_keeps_the_role(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
    let workspace = &world.workspace;
    let me = owner.user_id();
    for role in [Role::Manager, Role::Readonly] {
        let lower = store.tenant_role_set(owner, tenant, me, role).await;
        assert!(matches!(lower, Err(StoreError::LastOwner)), "{role}");
    }
    let leave = store.tenant_member_remove(owner, tenant, me).await;
    assert!(matches!(leave, Err(StoreError::LastOwner)));
    store
        .tenant_role_set(owner, tenant, me, Role::Owner)
        .await
        .unwrap();

    // Out of the workspace is out of its tenants, so the same is asked there.
    let second = world.person("second", Some(Role::Owner), None).await;
    let named = |answer: Result<(), StoreError>| match answer {
        Err(StoreError::LastOwnerOfTenant { name }) => name,
        other => panic!("{other:?}"),
    };
    let leave = store.workspace_member_remove(owner, workspace, me).await;
    assert_eq!(named(leave).as_deref(), Some("First tenant"));
    let leave = store.workspace_member_remove(&second, workspace, me).await;
    assert_eq!(named(leave), None, "not named to a stranger to it (V-02)");

    let heir = second.user_id();
    store
        .tenant_role_set(owner, tenant, heir, Role::Owner)
        .await
        .unwrap();
    store
        .workspace_member_remove(&second, workspace, me)
        .await
        .unwrap();
    let members = store.tenant_members(tenant).await.unwrap();
    let left: Vec<_> = members.iter().map(|m| (m.user_id, m.role)).collect();
    assert_eq!(left, [(heir, Role::Owner)]);
}

pub async fn two_owners_of_a_tenant_who_leave_at_once_leave_one(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
    let me = owner.user_id();
    let second = world
        .person("second", Some(Role::Owner), Some(Role::Owner))
        .await;
    let go = |person: &Scope, way: u32| {
        let (store, person, tenant) = (store.clone(), person.clone(), tenant.clone());
        let workspace = world.workspace.clone();
        tokio::spawn(async move {
            let own = person.user_id();
            match way {
                0 => store.tenant_member_remove(&person, &tenant, own).await,
                1 => {
                    let role = Role::Manager;
                    store.tenant_role_set(&person, &tenant, own, role).await
                }
                _ => {
                    store
                        .workspace_member_remove(&person, &workspace, own)
                        .await
                }
            }
        })
    };
    for round in 0..9 {
        let (one, two) = (go(owner, round % 2), go(&second, round / 3));
        let answers = [one.await.unwrap(), two.await.unwrap()];
        let left = if answers[0].is_err() { owner } else { &second };
        assert_eq!(
            answers.iter().filter(|answer| answer.is_ok()).count(),
            1,
            "round {round}: {answers:?}"
        );
        for refused in answers.into_iter().filter_map(Result::err) {
            assert!(
                matches!(
                    refused,
                    StoreError::LastOwner | StoreError::LastOwnerOfTenant { .. }
                ),
                "round {round}: {refused:?}"
            );
        }
        let members = store.tenant_members(tenant).await.unwrap();
        let owners = members.iter().filter(|m| m.role == Role::Owner).count();
        assert_eq!(owners, 1, "round {round}");
        for user in [me, second.user_id()] {
            let workspace = &world.workspace;
            store
                .workspace_role_set(left, workspace, user, Role::Owner)
                .await
                .unwrap();
            store
                .tenant_role_set(left, tenant, user, Role::Owner)
                .await
                .unwrap();
        }
    }
}

pub async fn d02_a_tenants_member_is_a_member_of_its_workspace(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    let (stranger, ..) = strangers(store).await;
    let refused = store
        .tenant_role_set(
            &world.owner,
            &world.tenant,
            stranger.user_id(),
            Role::Readonly,
        )
        .await;
    assert!(matches!(refused, Err(StoreError::Database(_))));
    let unseen = store
        .colleague_by_email(&world.tenant, "stranger@example.test")
        .await;
    assert!(matches!(unseen, Err(StoreError::NotFound)));
    let found = store
        .person_by_email(&world.workspace, "stranger@example.test")
        .await;
    assert_eq!(found.unwrap(), stranger.user_id());
    let unknown = store
        .person_by_email(&world.workspace, "nobody@example.test")
        .await;
    assert!(matches!(unknown, Err(StoreError::NotFound)));
}

pub async fn v02_unknown_and_foreign_tenants_answer_alike(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    let (stranger, foreign_workspace, foreign) = strangers(store).await;
    let run = world.sync(&world.owner).await;
    let member = world.person("member", Some(Role::Owner), None).await;

    let said = |error: StoreError| format!("{error:?} {error}");
    let unknown = said(
        store
            .tenant(&world.owner, TenantId::from_uuid(Uuid::now_v7()))
            .await
            .unwrap_err(),
    );
    let theirs = store.tenant(&world.owner, foreign.id()).await.unwrap_err();
    assert_eq!(said(theirs), unknown);
    let not_entitled = store.tenant(&member, world.tenant.id()).await.unwrap_err();
    assert_eq!(said(not_entitled), unknown);

    let id = WorkspaceId::from_uuid(Uuid::now_v7());
    assert_eq!(
        said(store.workspace(&world.owner, id).await.unwrap_err()),
        unknown
    );
    let theirs = store.workspace(&world.owner, foreign_workspace.id()).await;
    assert_eq!(said(theirs.unwrap_err()), unknown);

    let id = RunId::from_uuid(Uuid::now_v7());
    assert_eq!(said(store.run(&stranger, id).await.unwrap_err()), unknown);
    assert_eq!(said(store.run(&stranger, run).await.unwrap_err()), unknown);
    assert_eq!(said(store.run(&member, run).await.unwrap_err()), unknown);
    let access = store.run(&world.owner, run).await.unwrap();
    assert_eq!(access.workspace_name(), "First workspace");
    assert_eq!(access.tenant().unwrap().0, "First tenant");
    access.require_view().unwrap();
    store.user_disable("owner@example.test").await.unwrap();
    assert_eq!(
        said(store.run(&world.owner, run).await.unwrap_err()),
        unknown
    );
}
