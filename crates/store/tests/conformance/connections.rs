//! Provider connections and who may have their credentials.

use std::sync::Arc;

use domain::{
    connection::{ConsentStatus, CredentialKind, VerificationStatus},
    operation::OperationType,
};
use store::{ConnectionChange, NewConnection, StoreError, Verified};

use crate::{database::Database, world::World};

pub async fn p02_credentials_are_had_by_a_running_run_alone(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
    let connection = store.connection(tenant).await.unwrap().unwrap();
    assert!(connection.is_enabled && connection.has_credential);
    assert_eq!(connection.id, world.connection);

    store
        .credential_store(owner, tenant, world.connection, vec![9, 9])
        .await
        .unwrap();
    let running = world.running(owner, OperationType::ConnectionCheck).await;
    let secret = store.connection_secret(&running).await.unwrap();
    assert_eq!(secret.sealed, [9, 9]);
    assert_eq!(secret.kind, CredentialKind::ClientSecret);
    assert_eq!(
        (secret.id, secret.tenant_id),
        (world.connection, tenant.id())
    );

    let found = Verified {
        verification: VerificationStatus::Failed,
        consent: Some(ConsentStatus::Revoked),
        error_code: Some("permission_denied".to_owned()),
    };
    store.connection_verified(&running, &found).await.unwrap();
    let connection = store.connection(tenant).await.unwrap().unwrap();
    assert_eq!(connection.verification, VerificationStatus::Failed);
    assert_eq!(connection.consent, ConsentStatus::Revoked);
    assert_eq!(
        connection.last_error_code.as_deref(),
        Some("permission_denied")
    );
    assert!(connection.last_checked_at.is_some());
    // An answer that says nothing about consent leaves it as it was.
    let silent = Verified {
        consent: None,
        ..found
    };
    store.connection_verified(&running, &silent).await.unwrap();
    let connection = store.connection(tenant).await.unwrap().unwrap();
    assert_eq!(connection.consent, ConsentStatus::Revoked);

    // A certificate takes the secret's place, and the other way round.
    let stored = store.certificate_store(owner, tenant, world.connection, vec![8]);
    stored.await.unwrap();
    let secret = store.connection_secret(&running).await.unwrap();
    assert_eq!(
        (secret.sealed, secret.kind),
        (vec![8], CredentialKind::Certificate)
    );
    let shown = store.connection(tenant).await.unwrap().unwrap();
    assert_eq!(shown.credential_kind, Some(CredentialKind::Certificate));

    let db_secret = db.id(world.connection.as_uuid());
    db.raw
        .run(&format!(
            "delete from provider_credentials where connection_id = {db_secret}"
        ))
        .await;
    let gone = store.connection_secret(&running).await;
    assert!(matches!(gone, Err(StoreError::NotFound)));
    assert!(
        !store
            .connection(tenant)
            .await
            .unwrap()
            .unwrap()
            .has_credential
    );

    let twice = NewConnection {
        display_name: "Second".to_owned(),
        entra_tenant_id: "directory".to_owned(),
        client_id: "application".to_owned(),
        consent: ConsentStatus::Granted,
        verification: VerificationStatus::Healthy,
    };
    let twice = store.connection_create(owner, tenant, twice).await;
    assert!(
        matches!(twice, Err(StoreError::Conflict)),
        "one default a tenant"
    );

    store
        .connection_disable(owner, tenant, world.connection)
        .await
        .unwrap();
    assert!(!store.connection(tenant).await.unwrap().unwrap().is_enabled);
    store
        .connection_enable(owner, tenant, world.connection)
        .await
        .unwrap();
    assert!(store.connection(tenant).await.unwrap().unwrap().is_enabled);
    let other = world.another_tenant("Second tenant").await;
    let foreign = store
        .connection_disable(owner, &other, world.connection)
        .await;
    assert!(matches!(foreign, Err(StoreError::NotFound)));
    let foreign = store
        .credential_store(owner, &other, world.connection, vec![1])
        .await;
    assert!(
        foreign.is_err(),
        "a credential belongs to its connection's tenant"
    );
}

pub async fn p02_another_application_is_neither_consented_nor_verified(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
    let seen = store.connection(tenant).await.unwrap().unwrap();
    let renamed = ConnectionChange {
        display_name: "Production".to_owned(),
        client_id: seen.client_id.clone(),
    };
    store
        .connection_change(owner, tenant, &seen, &renamed)
        .await
        .unwrap();
    let now = store.connection(tenant).await.unwrap().unwrap();
    assert_eq!(now.display_name, "Production");
    assert_eq!(now.consent, ConsentStatus::Granted);
    assert_eq!(now.verification, VerificationStatus::Healthy);

    let other = ConnectionChange {
        client_id: "another application".to_owned(),
        ..renamed
    };
    store
        .connection_change(owner, tenant, &now, &other)
        .await
        .unwrap();
    let moved = store.connection(tenant).await.unwrap().unwrap();
    assert_eq!(moved.client_id, "another application");
    assert_eq!(moved.consent, ConsentStatus::Unknown);
    assert_eq!(moved.verification, VerificationStatus::Unverified);
    assert_eq!(moved.last_error_code, None);

    let stale = store.connection_change(owner, tenant, &now, &other).await;
    assert!(matches!(stale, Err(StoreError::Conflict)));
    let foreign = world.another_tenant("Second tenant").await;
    let foreign = store
        .connection_change(owner, &foreign, &moved, &other)
        .await;
    assert!(matches!(foreign, Err(StoreError::Conflict)));
}
