//! Members of workspaces and tenants: who may change them, and the last owner.

use std::sync::Arc;

use domain::{capability::Role, error::ApiError};

use crate::{play::on_both, world::World};

on_both! {
    v17_owners_alone_change_members,
    the_last_owner_keeps_the_role,
    the_last_owner_of_a_tenant_is_told_what_to_do,
    v16_roles_are_given_in_one_place_at_a_time,
    what_is_not_right_is_said_in_words,
}

async fn v17_owners_alone_change_members(world: Arc<World>) {
    let dana = world.operator("dana").await;
    let user = dana.user_id().to_string();
    let tenant = world.sites[0].id();
    let forbidden = Err(ApiError::Forbidden {
        capability: "Manage members".to_owned(),
    });
    for role in [Role::Readonly, Role::Operator, Role::Manager] {
        let person = world.person(role.as_str(), role, Some(role)).await;
        for place in [None, Some(&*tenant)] {
            let services = &world.services;
            let looked = services.members_page(&person, place).await.map(drop);
            assert_eq!(looked, forbidden, "{role}");
            let added = services.member_add(&person, place, "olivia@example.test", "owner");
            assert_eq!(added.await, forbidden, "{role}");
            // Not even to themselves.
            let own = person.user_id().to_string();
            let raised = services.member_set_role(&person, place, &own, "owner");
            assert_eq!(raised.await, forbidden, "{role}");
            let removed = services.member_remove(&person, place, &user);
            assert_eq!(removed.await, forbidden, "{role}");
        }
    }
}

async fn the_last_owner_keeps_the_role(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let user = owner.user_id().to_string();
    let lowered = services
        .member_set_role(owner, None, &user, "manager")
        .await;
    assert_eq!(lowered.unwrap_err().status(), 409);
    let lowered = services
        .member_add(owner, None, owner.email(), "readonly")
        .await;
    assert_eq!(
        lowered.unwrap_err().status(),
        409,
        "adding again is no way round"
    );
    let removed = services.member_remove(owner, None, &user).await;
    assert!(
        matches!(removed, Err(ApiError::Conflict { message }) if message.contains("last owner"))
    );

    let mira = world.person("mira", Role::Owner, None).await;
    services
        .member_set_role(owner, None, &user, "manager")
        .await
        .unwrap();
    let lost = services.members_page(owner, None).await;
    assert_eq!(lost.unwrap_err().status(), 403, "seen at the next request");
    let page = services.members_page(&mira, None).await.unwrap();
    let roles: Vec<_> = page
        .members
        .iter()
        .map(|m| (&*m.name, m.role, m.is_self))
        .collect();
    assert_eq!(
        roles,
        [
            ("Olivia", Role::Manager, false),
            ("mira", Role::Owner, true)
        ]
    );
}

async fn the_last_owner_of_a_tenant_is_told_what_to_do(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let user = owner.user_id().to_string();
    let (id, tenant) = (world.sites[0].id(), &world.sites[0].seed.display_name);
    let said = |answer: Result<(), ApiError>| match answer {
        Err(ApiError::Conflict { message }) => message,
        other => panic!("{other:?}"),
    };
    let last = "This is the last owner. Make somebody else an owner first.";
    let lowered = services.member_set_role(owner, Some(&id), &user, "operator");
    assert_eq!(said(lowered.await), last);
    let again = services.member_add(owner, Some(&id), owner.email(), "readonly");
    assert_eq!(said(again.await), last, "adding again is no way round");
    let removed = services.member_remove(owner, Some(&id), &user);
    assert_eq!(said(removed.await), last);

    let mira = world.person("mira", Role::Owner, None).await;
    let left = said(services.member_remove(owner, None, &user).await);
    let named = [tenant, &world.sites[1].seed.display_name].map(|name| {
        format!("This is the last owner of {name}. Make somebody else an owner there first.")
    });
    assert!(named.contains(&left), "{left}");
    let left = said(services.member_remove(&mira, None, &user).await);
    assert!(left.starts_with("This is the last owner of a tenant that you are no member of."));
}

async fn v16_roles_are_given_in_one_place_at_a_time(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let dana = world.person("dana", Role::Manager, None).await;
    let user = dana.user_id().to_string();
    let tenant = world.sites[0].id();
    let early = services
        .member_set_role(owner, Some(&tenant), &user, "owner")
        .await;
    assert_eq!(early, Err(ApiError::NotFound), "no member of it yet");
    services
        .member_add(owner, Some(&tenant), "DANA@example.test", "operator")
        .await
        .unwrap();
    let page = services.members_page(owner, Some(&tenant)).await.unwrap();
    let here = page
        .members
        .iter()
        .find(|m| m.user_id == dana.user_id())
        .unwrap();
    assert_eq!(here.role, Role::Operator);
    let page = services.members_page(owner, None).await.unwrap();
    let there = page
        .members
        .iter()
        .find(|m| m.user_id == dana.user_id())
        .unwrap();
    assert_eq!(there.role, Role::Manager);
    // Out of the workspace is out of its tenants.
    services.member_remove(owner, None, &user).await.unwrap();
    let page = services.members_page(owner, Some(&tenant)).await.unwrap();
    assert!(page.members.iter().all(|m| m.user_id != dana.user_id()));
    let gone = services.tenant_page(&dana, &tenant, None, None).await;
    assert_eq!(gone.unwrap_err(), ApiError::NotFound);
    let again = services.member_remove(owner, None, &user).await;
    assert_eq!(again, Err(ApiError::NotFound));
}

async fn what_is_not_right_is_said_in_words(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let stranger = world.stranger("stranger").await;
    let tenant = world.sites[0].id();
    for (place, email, role, field) in [
        (None, "nobody@example.test", "operator", "E-mail"),
        (None, stranger.email(), "emperor", "Role"),
        // Somebody with an account elsewhere is as unknown here as nobody.
        (Some(&*tenant), stranger.email(), "operator", "E-mail"),
        (Some(&*tenant), "nobody@example.test", "operator", "E-mail"),
    ] {
        let refused = services.member_add(owner, place, email, role).await;
        assert!(
            matches!(refused, Err(ApiError::Invalid { field: f, .. }) if f == field),
            "{email}"
        );
    }
}
