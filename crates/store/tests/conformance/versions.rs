//! Databases of other versions of this program.

use std::sync::Arc;

use domain::operation::Habitat;
use store::{OpenError, Schema, Standing, Store, conformance::made_until};
use uuid::Uuid;

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

/// The tables that decisions are in were made anew since; rows, keys and refusals are as they were.
pub async fn d02_a_database_of_an_earlier_version_keeps_its_wall(db: Arc<Database>) {
    let older = db.empty().await;
    made_until(&older.url, 16).await.unwrap();
    let raw = Raw::open(&older.url).await;
    let [workspace, started, waiting] = [1, 2, 3].map(|id| db.id(Uuid::from_u128(id)));
    let hash = db.bytes("07");
    raw.run(&format!(
        "insert into workspaces (id, name, created_at) values ({workspace}, 'Old', 1)"
    ))
    .await;
    for run in [&started, &waiting] {
        raw.run(&format!(
            "insert into operation_runs (workspace_id, id, type, authority_mode, user_id, initiator_name,
               required_capability, identity_hash, context, queued_at, updated_at)
             values ({workspace}, {run}, 'lab.noop', 'actor_bound', {workspace}, 'Old', 'operations.start', {hash},
               '{{}}', 1, 1)"
        ))
        .await;
    }
    raw.run(&format!(
        "insert into run_decisions (workspace_id, scope_id, run_id, attempt, verdict, decision, decided_at)
         values ({workspace}, {workspace}, {started}, 1, 'allowed', '{{}}', 1)"
    ))
    .await;
    let start = |run: &str| {
        format!(
            "update operation_runs set status = 'running', started_attempt = 1, started_at = 1 where id = {run}"
        )
    };
    raw.run(&start(&started)).await;
    raw.run(&format!(
        "insert into run_checkpoints (workspace_id, scope_id, run_id, attempt, reason_code, decision, decided_at)
         values ({workspace}, {workspace}, {started}, 1, 'missing_capability', '{{}}', 1)"
    ))
    .await;

    let over = db.id(Uuid::from_u128(4));
    raw.run(&format!(
        "insert into operation_runs (workspace_id, id, type, status, outcome, authority_mode, user_id, initiator_name,
           required_capability, identity_hash, context, queued_at, completed_at, updated_at)
         values ({workspace}, {over}, 'lab.noop', 'completed', 'failed', 'actor_bound', {workspace}, 'Old',
           'operations.start', {hash}, '{{}}', 1, 2, 2)"
    ))
    .await;

    let store = Store::open(&older.url).await.unwrap();
    let found = store.violations().await.unwrap();
    let lists = found.iter().filter(|it| it.rule.contains("listed"));
    assert_eq!(lists.count(), 0, "{found:?}");
    store.close().await;
    let kept = "select verdict || attempt from run_decisions";
    assert_eq!(raw.texts(kept).await, ["allowed1"]);
    let stopped = "select reason_code from run_checkpoints";
    assert_eq!(raw.texts(stopped).await, ["missing_capability"]);
    let twice = format!(
        "insert into run_decisions (workspace_id, scope_id, run_id, attempt, verdict, decided_at)
         values ({workspace}, {workspace}, {started}, 1, 'allowed', 1)"
    );
    for attack in [
        start(&waiting),
        twice,
        "delete from run_decisions".to_owned(),
        "update run_decisions set decided_at = 2".to_owned(),
    ] {
        assert!(raw.try_run(&attack).await.is_err(), "{attack}");
    }
    raw.close().await;
    older.destroy().await;
}

/// PostgreSQL keeps outcomes in a table that the migration fills: what ends meanwhile must be in it.
pub async fn d02_a_run_that_ends_while_the_database_is_migrated_is_listed(db: Arc<Database>) {
    if db.dialect == Dialect::Sqlite {
        return;
    }
    let older = db.empty().await;
    made_until(&older.url, 18).await.unwrap();
    let raw = Raw::open(&older.url).await;
    let [workspace, run] = [1, 2].map(|id| db.id(Uuid::from_u128(id)));
    let hash = db.bytes("07");
    for sql in [
        format!("insert into workspaces (id, name, created_at) values ({workspace}, 'Old', 1)"),
        format!(
            "insert into operation_runs (workspace_id, id, type, authority_mode, user_id, initiator_name,
               required_capability, identity_hash, context, queued_at, updated_at)
             values ({workspace}, {run}, 'lab.noop', 'actor_bound', {workspace}, 'Old', 'operations.start', {hash},
               '{{}}', 1, 1)"
        ),
    ] {
        raw.run(&sql).await;
    }
    let Raw::Postgres(pool) = &raw else { return };
    let mut ending = pool.begin_with("begin").await.unwrap();
    let end = format!(
        "update operation_runs set status = 'completed', outcome = 'cancelled', completed_at = 9 where id = {run}"
    );
    let end = sqlx::raw_sql(sqlx::AssertSqlSafe(end));
    end.execute(&mut *ending).await.unwrap();
    let url = older.url.clone();
    let opening = tokio::spawn(async move { Store::open(&url).await });
    let waits = "select count(*) from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock'";
    while raw.int(waits).await == Some(0) {
        assert!(!opening.is_finished(), "it waited for nobody");
    }
    ending.commit().await.unwrap();
    let store = opening.await.unwrap().unwrap();
    let listed = "select outcome from run_outcomes";
    assert_eq!(raw.texts(listed).await, ["cancelled"]);
    store.close().await;
    raw.close().await;
    older.destroy().await;
}

/// On SQLite alone a file can have come to that: by a connection that did not ask foreign keys.
pub async fn d02_a_migration_that_finds_rows_astray_undoes_itself(db: Arc<Database>) {
    if db.dialect == Dialect::Postgres {
        return;
    }
    let older = db.empty().await;
    made_until(&older.url, 16).await.unwrap();
    let raw = Raw::sqlite(&older.url, false).await;
    let nobody = db.id(Uuid::from_u128(1));
    raw.run(&format!(
        "insert into workspace_memberships (workspace_id, user_id, role, version, created_at)
         values ({nobody}, {nobody}, 'owner', 1, 1)"
    ))
    .await;
    for _ in 0..2 {
        let refused = Store::open(&older.url).await;
        assert!(
            matches!(refused, Err(OpenError::Migration(_))),
            "{refused:?}"
        );
        let last = raw.int("select max(version) from _sqlx_migrations").await;
        assert_eq!(last, Some(16));
        raw.run("update run_decisions set decision = decision where false")
            .await;
    }
    raw.run("delete from workspace_memberships").await;
    Store::open(&older.url).await.unwrap().close().await;
    raw.close().await;
    older.destroy().await;
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
