//! Databases of other versions of this program.

use std::sync::Arc;

use domain::operation::Habitat;
use store::{OpenError, Schema, Standing, Store};

use crate::{
    database::{Database, Dialect, Raw},
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

pub async fn a_database_of_something_else_is_left_as_it_is(db: Arc<Database>) {
    let foreign = db.empty().await;
    foreign.filled("create table foo (bar integer)").await;
    let found = Store::look(&foreign.url).await.unwrap();
    let table = "foo".to_owned();
    assert_eq!(found, Standing::Foreign { table });
    for refused in [
        Store::open(&foreign.url).await,
        Store::open_laboratory(&foreign.url).await,
        Store::open_as_it_is(&foreign.url).await,
    ] {
        assert!(
            matches!(&refused, Err(OpenError::Foreign { table }) if table == "foo"),
            "{refused:?}"
        );
    }
    let raw = Raw::open(&foreign.url).await;
    raw.run("insert into foo (bar) values (1)").await;
    raw.close().await;
    let found = Store::look(&foreign.url).await.unwrap();
    assert!(matches!(found, Standing::Foreign { .. }), "{found:?}");
    foreign.destroy().await;
}

pub async fn looking_at_a_database_changes_nothing(db: Arc<Database>) {
    let empty = db.empty().await;
    let nothing = match db.dialect {
        Dialect::Sqlite => Standing::Absent,
        Dialect::Postgres => Standing::Empty,
    };
    assert_eq!(Store::look(&empty.url).await.unwrap(), nothing);
    let opened = Store::open_as_it_is(&empty.url).await;
    assert!(matches!(opened, Err(OpenError::NotMigrated)), "{opened:?}");
    assert_eq!(Store::look(&empty.url).await.unwrap(), nothing);
    assert_eq!(empty.files(), [""; 0]);

    let ours = |schema| Standing::Ours {
        habitat: Habitat::Product,
        schema,
    };
    Store::open(&empty.url).await.unwrap().close().await;
    let files = empty.files();
    assert_eq!(
        Store::look(&empty.url).await.unwrap(),
        ours(Schema::Current)
    );
    Store::open_as_it_is(&empty.url)
        .await
        .unwrap()
        .close()
        .await;
    assert_eq!(empty.files(), files);
    let raw = Raw::open(&empty.url).await;
    let last = "(select max(version) from _sqlx_migrations)";
    let applied = raw.int("select count(*) from _sqlx_migrations").await;
    raw.run("update _sqlx_migrations set success = false where version = 1")
        .await;
    let found = Store::look(&empty.url).await.unwrap();
    assert_eq!(found, ours(Schema::Damaged { migration: 1 }));
    raw.run("update _sqlx_migrations set success = true").await;
    raw.run(&format!(
        "delete from _sqlx_migrations where version = {last}"
    ))
    .await;
    let found = Store::look(&empty.url).await.unwrap();
    assert!(
        matches!(
            found,
            Standing::Ours {
                schema: Schema::Older { .. },
                ..
            }
        ),
        "{found:?}"
    );
    let opened = Store::open_as_it_is(&empty.url).await;
    assert!(matches!(opened, Err(OpenError::NotMigrated)), "{opened:?}");
    let later = raw.int("select count(*) from _sqlx_migrations").await;
    assert_eq!(later, applied.map(|it| it - 1), "nobody migrated it");
    raw.close().await;
    empty.destroy().await;
}
