//! Tenants: what they are called, and which directory they are.

use std::sync::Arc;

use domain::lifecycle::TenantLifecycle;
use store::{NewTenant, StoreError, TenantDetails};

use crate::{
    database::Database,
    world::{World, strangers},
};

const DIRECTORY: &str = "0190b4f0-0000-7000-8000-000000000001";

fn draft(name: &str, directory: Option<&str>) -> NewTenant {
    NewTenant {
        name: name.to_owned(),
        entra_tenant_id: directory.map(str::to_owned),
        lifecycle: TenantLifecycle::Draft,
    }
}

fn details(name: &str, directory: Option<&str>) -> TenantDetails {
    TenantDetails {
        name: name.to_owned(),
        entra_tenant_id: directory.map(str::to_owned),
    }
}

pub async fn a_directory_is_one_tenant_of_a_workspace(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner, workspace) = (&world.store, &world.owner, &world.workspace);
    let first = store
        .tenant_create(owner, workspace, draft("Contoso", Some(DIRECTORY)))
        .await
        .unwrap();
    let first = store.tenant(owner, first).await.unwrap();
    assert_eq!(first.entra_tenant_id(), Some(DIRECTORY));
    assert_eq!(first.role(), domain::capability::Role::Owner);
    let again = store
        .tenant_create(owner, workspace, draft("Contoso again", Some(DIRECTORY)))
        .await;
    assert!(matches!(again, Err(StoreError::Conflict)));

    // Drafts without a directory are as many as there are.
    let mut nameless = Vec::new();
    for name in ["One", "Two"] {
        let id = store
            .tenant_create(owner, workspace, draft(name, None))
            .await
            .unwrap();
        nameless.push(store.tenant(owner, id).await.unwrap());
    }
    let taken = store
        .tenant_change(owner, &nameless[0], &details("One", Some(DIRECTORY)))
        .await;
    assert!(matches!(taken, Err(StoreError::Conflict)));
    store
        .tenant_change(owner, &nameless[0], &details("One renamed", None))
        .await
        .unwrap();
    let renamed = store.tenant(owner, nameless[0].id()).await.unwrap();
    assert_eq!(renamed.name(), "One renamed");

    // Another workspace may look after the same directory.
    let (stranger, elsewhere, _) = strangers(store).await;
    store
        .tenant_create(&stranger, &elsewhere, draft("Contoso", Some(DIRECTORY)))
        .await
        .unwrap();
}

pub async fn a_directory_that_is_connected_to_stays(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
    let moved = store
        .tenant_change(owner, tenant, &details("First tenant", Some(DIRECTORY)))
        .await;
    assert!(matches!(moved, Err(StoreError::Conflict)));
    let directory = tenant.entra_tenant_id().map(str::to_owned);
    store
        .tenant_change(
            owner,
            tenant,
            &details("A better name", directory.as_deref()),
        )
        .await
        .unwrap();
    let now = store.tenant(owner, tenant.id()).await.unwrap();
    assert_eq!(now.name(), "A better name");
    assert_eq!(now.entra_tenant_id(), directory.as_deref());
    let told = db
        .raw
        .int("select count(*) from audit_log where action = 'tenant.changed'")
        .await;
    assert_eq!(told, Some(1));
}
