//! Databases of other versions of this program.

use std::sync::Arc;

use store::{OpenError, Store};

use crate::{
    database::Database,
    world::{World, resolve},
};

pub async fn a_database_from_a_newer_version_is_refused(db: Arc<Database>) {
    db.raw
        .run(&format!(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             values (9999, 'from the future', true, {}, 0)",
            db.bytes("00")
        ))
        .await;
    let refused = Store::open(&db.url).await;
    assert!(
        matches!(refused, Err(OpenError::FromNewerVersion { found: 9999 })),
        "{refused:?}"
    );
    assert!(matches!(
        Store::open("mysql:x").await,
        Err(OpenError::UnknownUrl)
    ));
}

pub async fn a_database_opens_again_as_it_was(db: Arc<Database>) {
    let world = World::new(&db).await;
    world
        .store
        .session_create(world.owner.user_id(), "token")
        .await
        .unwrap();
    let again = db.another_store().await;
    let scope = resolve(&again, "token", store::Presence::Poll)
        .await
        .unwrap();
    assert_eq!(scope.user_id(), world.owner.user_id());
    assert_eq!(scope.display_name(), "owner");
    assert!(again.tenant(&scope, world.tenant.id()).await.is_ok());
    again.close().await;
    assert!(again.ping().await.is_err());
}
