//! From a name to a tenant in service: workspaces, tenants, connections.

use std::sync::Arc;

use domain::{
    capability::{Capability, Role},
    connection::{ConsentStatus, CredentialKind, VerificationStatus},
    error::ApiError,
    lifecycle::TenantLifecycle,
};
use operations::{Scope, Services};
use secrecy::SecretString;
use test_certificate::TestCertificate;

use crate::{
    play::on_both,
    world::{CHECK, World, changed},
};

on_both! {
    anybody_makes_a_workspace_and_owns_it,
    v17_owners_alone_add_tenants,
    v16_who_adds_a_tenant_owns_it_and_nobody_else_has_it,
    l17_a_tenant_is_brought_into_service_step_by_step,
    a_directory_is_added_once,
    p02_a_connection_is_made_changed_and_verified_anew,
    p02_a_manager_connects_and_an_owner_stores_the_secret,
    p02_a_rotated_secret_is_the_one_that_signs_in,
    p02_a_certificate_takes_the_secrets_place,
}

fn forbidden(capability: Capability) -> ApiError {
    ApiError::Forbidden {
        capability: capability.label().to_owned(),
    }
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

async fn lifecycle(services: &Services, scope: &Scope, tenant: &str) -> TenantLifecycle {
    changed(services.tenant_page(scope, tenant, None, None).await).lifecycle
}

async fn anybody_makes_a_workspace_and_owns_it(world: Arc<World>) {
    let services = &world.services;
    let nobody = world.stranger("nobody").await;
    services
        .workspace_create(&nobody, "  Fabrikam ")
        .await
        .unwrap();
    let nobody = world.again(&nobody).await;
    let page = services.workspace_page(&nobody).await.unwrap();
    assert_eq!(page.name, "Fabrikam");
    assert!(page.manages_members && page.can_create_tenants);
    services
        .workspace_rename(&nobody, "Fabrikam Group")
        .await
        .unwrap();
    let header = services.header(&nobody).await.unwrap();
    assert!(header.manages_settings);
    assert_eq!(header.workspace.unwrap().name, "Fabrikam Group");
    for bad in ["", "  ", "two\nlines", &*"x".repeat(201)] {
        let refused = services.workspace_create(&nobody, bad).await;
        assert!(matches!(refused, Err(ApiError::Invalid { .. })), "{bad:?}");
    }
    // Settings are a manager's and up.
    let mira = world.person("mira", Role::Manager, None).await;
    services.workspace_rename(&mira, "Renamed").await.unwrap();
    let dana = world.person("dana", Role::Operator, None).await;
    let refused = services.workspace_rename(&dana, "No").await;
    assert_eq!(refused, Err(forbidden(Capability::SettingsManage)));
    let refused = services.workspace_page(&dana).await;
    assert_eq!(refused, Err(forbidden(Capability::SettingsManage)));
}

async fn v17_owners_alone_add_tenants(world: Arc<World>) {
    let services = &world.services;
    let directory = &world.sandbox.tenants()[2].tenant_id;
    for role in [Role::Readonly, Role::Operator, Role::Manager] {
        // What they are in a tenant makes no difference.
        let person = world.person(role.as_str(), role, Some(Role::Owner)).await;
        let refused = services.tenant_create(&person, "Fabrikam", directory).await;
        assert_eq!(refused, Err(forbidden(Capability::TenantsCreate)), "{role}");
        let refused = services.tenant_new_page(&person).await;
        assert_eq!(refused, Err(forbidden(Capability::TenantsCreate)), "{role}");
        assert!(!services.tenants_page(&person).await.unwrap().can_create);
    }
    assert!(
        services
            .tenants_page(&world.owner)
            .await
            .unwrap()
            .can_create
    );
}

async fn v16_who_adds_a_tenant_owns_it_and_nobody_else_has_it(world: Arc<World>) {
    let services = &world.services;
    let mira = world.person("mira", Role::Owner, None).await;
    let directory = &world.sandbox.tenants()[2].tenant_id;
    let id = services
        .tenant_create(&mira, "Fabrikam", directory)
        .await
        .unwrap()
        .to_string();
    let page = changed(services.tenant_page(&mira, &id, None, None).await);
    assert_eq!(page.role, Role::Owner);
    assert_eq!(page.lifecycle, TenantLifecycle::Draft);
    assert!(page.manages_settings && page.manages_connection && page.manages_members);
    // The workspace's other owner knows nothing of it.
    let unseen = services
        .tenant_page(&world.owner, &id, None, None)
        .await
        .unwrap_err();
    assert_eq!(unseen, ApiError::NotFound);
}

async fn l17_a_tenant_is_brought_into_service_step_by_step(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let seed = &world.sandbox.tenants()[2];
    let id = services
        .tenant_create(owner, "Fabrikam", &seed.tenant_id)
        .await
        .unwrap()
        .to_string();
    let early = services.tenant_activate(owner, &id).await;
    assert_eq!(
        early.unwrap_err().status(),
        409,
        "a draft is onboarded first"
    );
    services.tenant_onboard(owner, &id).await.unwrap();
    assert_eq!(
        lifecycle(services, owner, &id).await,
        TenantLifecycle::Onboarding
    );
    let again = services.tenant_onboard(owner, &id).await;
    assert_eq!(again.unwrap_err().status(), 409);
    services.tenant_activate(owner, &id).await.unwrap();
    assert_eq!(
        lifecycle(services, owner, &id).await,
        TenantLifecycle::Active
    );

    // Put away before anything was connected, it comes back where it can be connected.
    services.archive(owner, &id, "Fabrikam").await.unwrap();
    services.reactivate(owner, &id).await.unwrap();
    assert_eq!(
        lifecycle(services, owner, &id).await,
        TenantLifecycle::Onboarding
    );

    let operator = world.operator("dana").await;
    world.enrol(&operator, 0, Role::Operator).await;
    let site = world.sites[0].id();
    for refused in [
        services.tenant_activate(&operator, &site).await,
        services.tenant_onboard(&operator, &site).await,
        services.tenant_change(&operator, &site, "Mine", "").await,
        services
            .tenant_settings_page(&operator, &site)
            .await
            .map(drop),
    ] {
        assert_eq!(refused, Err(forbidden(Capability::SettingsManage)));
    }
}

async fn a_directory_is_added_once(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let directory = &world.sandbox.tenants()[2].tenant_id;
    let loud = format!(" {} ", directory.to_uppercase());
    let id = services
        .tenant_create(owner, "Fabrikam", &loud)
        .await
        .unwrap()
        .to_string();
    let page = services.tenant_settings_page(owner, &id).await.unwrap();
    assert_eq!(page.directory.as_ref(), Some(directory), "in one form");
    let again = services.tenant_create(owner, "Again", directory).await;
    assert_eq!(again.unwrap_err().status(), 409);
    for bad in ["", "fabrikam.onmicrosoft.com", "x"] {
        let refused = services.tenant_create(owner, "Bad", bad).await;
        assert!(matches!(refused, Err(ApiError::Invalid { .. })), "{bad}");
    }
    // A slip of the finger is mended while nothing is connected.
    let other = uuid::Uuid::now_v7().to_string();
    services
        .tenant_change(owner, &id, "Fabrikam Ltd", &other)
        .await
        .unwrap();
    let page = services.tenant_settings_page(owner, &id).await.unwrap();
    assert_eq!(page.tenant.name, "Fabrikam Ltd");
    assert_eq!(page.directory.as_ref(), Some(&other));
    // The sites of this world are connected.
    let site = world.sites[0].id();
    let moved = services.tenant_change(owner, &site, "Moved", &other).await;
    assert!(matches!(moved, Err(ApiError::Conflict { message }) if message.contains("connected")));
    services
        .tenant_change(owner, &site, "Renamed", "")
        .await
        .unwrap();
}

async fn p02_a_connection_is_made_changed_and_verified_anew(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let seed = world.sandbox.tenants()[2].clone();
    let id = services
        .tenant_create(owner, "Fabrikam", &seed.tenant_id)
        .await
        .unwrap()
        .to_string();
    let pasted = secret(&format!(" {}\n", seed.client_secret));
    for bad in ["", "not a guid"] {
        let refused = services
            .connection_create(owner, &id, "Microsoft 365", bad, &pasted)
            .await;
        assert!(matches!(refused, Err(ApiError::Invalid { .. })), "{bad}");
    }
    services
        .connection_create(owner, &id, "Microsoft 365", &seed.client_id, &pasted)
        .await
        .unwrap();
    let twice = services
        .connection_create(owner, &id, "Second", &seed.client_id, &pasted)
        .await;
    assert!(matches!(twice, Err(ApiError::Conflict { message }) if message.contains("already")));
    let page = services.connection_page(owner, &id).await.unwrap();
    let made = page.connection.unwrap();
    assert_eq!(
        (made.is_enabled, made.consent, made.verification),
        (true, ConsentStatus::Unknown, VerificationStatus::Unverified),
        "three axes"
    );
    assert!(made.has_credential);
    // Another name is no other application.
    services
        .connection_change(owner, &id, "Production", &seed.client_id)
        .await
        .unwrap();
    let page = services.connection_page(owner, &id).await.unwrap();
    assert_eq!(page.connection.unwrap().name, "Production");
    // Nothing that can be shown, nor the log of what was done, has the secret in it.
    let shown = format!("{:?}", services.connection_page(owner, &id).await.unwrap());
    assert!(!shown.contains(&seed.client_secret));
}

async fn p02_a_manager_connects_and_an_owner_stores_the_secret(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let seed = world.sandbox.tenants()[2].clone();
    let id = services
        .tenant_create(owner, "Fabrikam", &seed.tenant_id)
        .await
        .unwrap()
        .to_string();
    let mira = world.person("mira", Role::Readonly, None).await;
    for (role, needs) in [
        (Role::Readonly, Capability::ProvidersManage),
        (Role::Operator, Capability::ProvidersManage),
        (Role::Manager, Capability::CredentialsRotate),
    ] {
        services
            .member_add(owner, Some(&id), mira.email(), role.as_str())
            .await
            .unwrap();
        let pasted = secret("a~secret");
        let refused = services
            .connection_create(&mira, &id, "Microsoft 365", &seed.client_id, &pasted)
            .await;
        assert_eq!(refused, Err(forbidden(needs)), "{role}");
        let refused = services.credential_rotate(&mira, &id, &pasted).await;
        assert_eq!(refused, Err(forbidden(Capability::CredentialsRotate)));
    }
    let none = secret("");
    services
        .connection_create(&mira, &id, "Microsoft 365", &seed.client_id, &none)
        .await
        .unwrap();
    let page = services.connection_page(&mira, &id).await.unwrap();
    assert!(!page.can_rotate && !page.connection.unwrap().has_credential);
    let empty = services.credential_rotate(owner, &id, &none).await;
    assert!(matches!(empty, Err(ApiError::Invalid { .. })));
    services
        .credential_rotate(owner, &id, &secret(&seed.client_secret))
        .await
        .unwrap();
    let page = services.connection_page(owner, &id).await.unwrap();
    assert!(page.can_rotate && page.connection.unwrap().has_credential);
    // No tenant of theirs, no connection to rotate.
    let bare = services
        .tenant_create(owner, "Bare", &uuid::Uuid::now_v7().to_string())
        .await
        .unwrap()
        .to_string();
    let nothing = services
        .credential_rotate(owner, &bare, &secret("a~secret"))
        .await;
    assert_eq!(nothing, Err(ApiError::NotFound));
}

async fn p02_a_certificate_takes_the_secrets_place(world: Arc<World>) {
    let pem = TestCertificate::shared().pem();
    let (services, owner) = (&world.services, &world.owner);
    let site = world.sites[0].id();
    let half = secret(&TestCertificate::shared().certificate);
    let refused = services.credential_certificate(owner, &site, &half).await;
    let Err(ApiError::Invalid { message, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        message.contains("no private key") && !message.contains("MII"),
        "{message}"
    );
    let stranger = world.stranger("stranger").await;
    let hidden = services
        .credential_certificate(&stranger, &site, &secret(&pem))
        .await;
    assert_eq!(hidden, Err(ApiError::NotFound));
    let reader = world
        .person("reader", Role::Readonly, Some(Role::Readonly))
        .await;
    let may_not = services
        .credential_certificate(&reader, &site, &secret(&pem))
        .await;
    assert_eq!(may_not, Err(forbidden(Capability::CredentialsRotate)));

    let stored = services
        .credential_certificate(owner, &site, &secret(&pem))
        .await;
    stored.unwrap();
    let page = services.connection_page(owner, &site).await.unwrap();
    let kind = page.connection.as_ref().unwrap().credential_kind;
    assert_eq!(kind, Some(CredentialKind::Certificate));
    // The directory does not know it yet.
    let refused = world.work(0, CHECK).await;
    let told = format!("{} {page:?}", serde_json::to_string(&refused).unwrap());
    assert!(told.contains("AADSTS700027"), "a bad assertion: {told}");
    assert!(!told.contains("PRIVATE KEY") && !told.contains("MII"));
    let public = &pem
        .split_inclusive("-----END CERTIFICATE-----")
        .next()
        .unwrap();
    let tenant = &world.sites[0].seed.tenant_id;
    assert!(world.sandbox.register_certificates(tenant, public));
    let worked = world.work(0, CHECK).await;
    assert_eq!(worked.state.outcome.as_str(), "succeeded", "{worked:#?}");
    // And back again.
    let kept = secret(&world.sites[0].seed.client_secret);
    services
        .credential_rotate(owner, &site, &kept)
        .await
        .unwrap();
    let worked = world.work(0, CHECK).await;
    assert_eq!(worked.state.outcome.as_str(), "succeeded");
}

async fn p02_a_rotated_secret_is_the_one_that_signs_in(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let site = world.sites[0].id();
    services
        .credential_rotate(owner, &site, &secret("a~wrong~one"))
        .await
        .unwrap();
    let failed = world.work(0, CHECK).await;
    let told = serde_json::to_string(&failed).unwrap();
    assert_eq!(failed.state.outcome.as_str(), "failed");
    assert!(!told.contains("a~wrong~one"));
    services
        .credential_rotate(owner, &site, &secret(&world.sites[0].seed.client_secret))
        .await
        .unwrap();
    let worked = world.work(0, CHECK).await;
    assert_eq!(worked.state.outcome.as_str(), "succeeded");
    assert!(!world.asked_for(worked.id).is_empty());
}
