//! How people come into a workspace who have no account.

use std::sync::Arc;

use domain::{
    capability::{Capability, Role},
    error::ApiError,
};

use crate::{
    play::on_both,
    world::{World, request},
};

on_both! {
    an_invited_person_makes_an_account_and_is_a_member,
    v17_owners_alone_invite,
    a_link_that_cannot_be_used_is_not_found,
}

const PASSWORD: &str = "copper lantern meadow";

async fn an_invited_person_makes_an_account_and_is_a_member(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let token = services
        .invite(owner, " Dana@Example.test ", "operator")
        .await
        .unwrap();
    let page = services
        .invitations_page(owner, Some(&token))
        .await
        .unwrap();
    assert_eq!(page.made.unwrap().email, "dana@example.test");
    assert_eq!(page.open.len(), 1);
    let later = services.invitations_page(owner, None).await.unwrap();
    assert!(later.made.is_none(), "the link is seen once");

    let seen = services.join_page(&token, request()).await.unwrap();
    assert_eq!(
        (&*seen.workspace, &*seen.email, seen.role),
        ("Contoso Group", "dana@example.test", Role::Operator)
    );
    for (name, password, field) in [
        ("", PASSWORD, "Name"),
        ("Dana", "short", "Password"),
        ("Dana", "dana@example.test!", "Password"),
    ] {
        let refused = services.join(&token, name, password, request()).await;
        assert!(
            matches!(&refused, Err(ApiError::Invalid { field: f, .. }) if f == field),
            "{refused:?}"
        );
    }
    let session = services
        .join(&token, "Dana", PASSWORD, request())
        .await
        .unwrap();
    let dana = world.resolve(&session).await;
    let header = services.header(&dana).await.unwrap();
    assert_eq!(header.workspace.unwrap().name, "Contoso Group");
    // V-16: no tenant comes with it.
    assert!(services.tenants_page(&dana).await.unwrap().rows.is_empty());
    let site = world.sites[0].id();
    services
        .member_add(owner, Some(&site), "dana@example.test", "operator")
        .await
        .unwrap();
    assert_eq!(services.tenants_page(&dana).await.unwrap().rows.len(), 1);
    let again = services.join(&token, "Eve", PASSWORD, request()).await;
    assert_eq!(again, Err(ApiError::NotFound));
}

async fn v17_owners_alone_invite(world: Arc<World>) {
    let services = &world.services;
    let forbidden = ApiError::Forbidden {
        capability: Capability::MembersManage.label().to_owned(),
    };
    let token = services
        .invite(&world.owner, "dana@example.test", "operator")
        .await
        .unwrap();
    let page = services
        .invitations_page(&world.owner, Some(&token))
        .await
        .unwrap();
    let id = page.made.unwrap().id.to_string();
    for role in [Role::Readonly, Role::Operator, Role::Manager] {
        let person = world.person(role.as_str(), role, Some(Role::Owner)).await;
        for refused in [
            services
                .invite(&person, "eve@example.test", "owner")
                .await
                .map(drop),
            services.invitations_page(&person, None).await.map(drop),
            services.invitation_withdraw(&person, &id).await,
        ] {
            assert_eq!(refused, Err(forbidden.clone()), "{role}");
        }
    }
    // The owner of another workspace sees neither the invitation nor its link's address.
    let (outsider, _) = world.other_workspace().await;
    let foreign = services.invitation_withdraw(&outsider, &id).await;
    assert_eq!(foreign, Err(ApiError::NotFound));
    let page = services
        .invitations_page(&outsider, Some(&token))
        .await
        .unwrap();
    assert!(page.made.is_none() && page.open.is_empty());
    let known = services
        .invite(&world.owner, "outsider@example.test", "operator")
        .await;
    assert!(matches!(known, Err(ApiError::Invalid { .. })));
}

async fn a_link_that_cannot_be_used_is_not_found(world: Arc<World>) {
    let services = &world.services;
    let token = services
        .invite(&world.owner, "dana@example.test", "owner")
        .await
        .unwrap();
    let page = services
        .invitations_page(&world.owner, Some(&token))
        .await
        .unwrap();
    let id = page.made.unwrap().id.to_string();
    services
        .invitation_withdraw(&world.owner, &id)
        .await
        .unwrap();
    for bad in [&*token, "unknown", "", "\u{0}"] {
        let seen = services.join_page(bad, request()).await.map(drop);
        assert_eq!(seen, Err(ApiError::NotFound), "{bad:?}");
        let used = services.join(bad, "Dana", PASSWORD, request()).await;
        assert_eq!(used, Err(ApiError::NotFound), "{bad:?}");
    }
}
