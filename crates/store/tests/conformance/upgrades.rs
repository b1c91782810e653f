//! Several processes of this version come to a database that an older one made.

use std::{sync::Arc, time::Duration};

use sqlx::{PgConnection, Sqlite, Transaction, migrate::Migrate as _};
use store::{
    OpenError, Schema, Standing, Store,
    conformance::{Border, made_until, open_within, with_border},
};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::database::{Database, Dialect, Empty, Raw};

const OPENERS: usize = 4;
/// What an earlier version has of the migrations.
const OLD: i64 = 16;

/// Has every write of a migration remembered, so that one that ran twice is seen, also where it changed nothing.
const WATCHED: [(Dialect, &str); 2] = [
    (
        Dialect::Sqlite,
        "create table migrated (version integer);
         create trigger watched after insert on _sqlx_migrations
         begin insert into migrated (version) values (new.version); end",
    ),
    (
        Dialect::Postgres,
        "create table migrated (version bigint);
         create function watched() returns trigger language plpgsql as $$ begin
           insert into migrated (version) values (new.version); return new; end $$;
         create trigger watched after insert on _sqlx_migrations
           for each row execute function watched()",
    ),
];

/// A database of an older version, and a way past the store.
async fn older(db: &Database) -> (Empty, Raw) {
    let older = db.empty().await;
    made_until(&older.url, OLD).await.unwrap();
    let raw = Raw::open(&older.url).await;
    for (dialect, statement) in WATCHED {
        if dialect == db.dialect {
            raw.run(statement).await;
        }
    }
    (older, raw)
}

/// Each migration that this version has and the older one had not was done once.
async fn is_migrated_once(db: &Database, raw: &Raw) {
    let known = format!(
        "select cast(version as text) from _sqlx_migrations where version > {OLD} order by version"
    );
    let done = "select cast(version as text) from migrated order by version";
    assert_eq!(raw.texts(done).await, db.raw.texts(&known).await);
}

/// A connection that keeps everybody else from migrating.
enum Holder {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(sqlx::pool::PoolConnection<sqlx::Postgres>),
}

impl Holder {
    async fn of(raw: &Raw) -> Self {
        match raw {
            Raw::Sqlite(pool) => Self::Sqlite(pool.begin_with("begin immediate").await.unwrap()),
            Raw::Postgres(pool) => {
                let mut connection = pool.acquire().await.unwrap();
                PgConnection::lock(&mut connection).await.unwrap();
                Self::Postgres(connection)
            }
        }
    }

    /// Does something as the one that migrates.
    async fn run(&mut self, statement: String) {
        let query = sqlx::raw_sql(sqlx::AssertSqlSafe(statement));
        match self {
            Self::Sqlite(tx) => drop(query.execute(&mut **tx).await.unwrap()),
            Self::Postgres(connection) => drop(query.execute(&mut **connection).await.unwrap()),
        }
    }

    async fn lets_go(self) {
        match self {
            Self::Sqlite(tx) => tx.commit().await.unwrap(),
            Self::Postgres(mut connection) => {
                PgConnection::unlock(&mut connection).await.unwrap();
            }
        }
    }
}

type Opening = JoinHandle<Result<Store, OpenError>>;

/// Opens a database elsewhere, and hears of every refusal after which it goes on waiting.
fn opening(url: &str) -> (Opening, mpsc::UnboundedReceiver<()>) {
    let (refused, hear) = mpsc::unbounded_channel();
    let border: Border = Arc::new(move |name| {
        if name == "migration_wait" {
            // Once enough was heard nobody listens any more.
            let _ = refused.send(());
        }
        Box::pin(async {})
    });
    let url = url.to_owned();
    let opening = tokio::spawn(async move { with_border(border, Store::open(&url)).await });
    (opening, hear)
}

/// Opens a database while somebody else migrates it; all of them were refused twice, and wait on.
async fn waiting(url: &str) -> Vec<Opening> {
    let mut openings = Vec::new();
    for (opening, mut hear) in [(); OPENERS].map(|()| opening(url)) {
        for _ in 0..2 {
            hear.recv().await.unwrap();
        }
        assert!(!opening.is_finished());
        openings.push(opening);
    }
    openings
}

pub async fn d01_of_several_that_open_an_older_database_at_once_one_migrates_it(db: Arc<Database>) {
    for _ in 0..3 {
        let (older, raw) = older(&db).await;
        for (opening, _) in [(); OPENERS].map(|()| opening(&older.url)) {
            let store = opening.await.unwrap().unwrap();
            store.ping().await.unwrap();
            store.close().await;
        }
        is_migrated_once(&db, &raw).await;
        raw.close().await;
        older.destroy().await;
    }
}

pub async fn d01_who_waited_for_a_migration_goes_on_as_if_it_had_always_been_there(
    db: Arc<Database>,
) {
    let (older, raw) = older(&db).await;
    let holder = Holder::of(&raw).await;
    let openings = waiting(&older.url).await;
    holder.lets_go().await;
    for opening in openings {
        let store = opening.await.unwrap().unwrap();
        // Its transactions wait no longer and no shorter than any other's.
        let limits = store::conformance::limits(&store).await.unwrap();
        let usual = store::conformance::limits(&db.store).await.unwrap();
        assert_eq!(limits, usual);
        store.close().await;
    }
    is_migrated_once(&db, &raw).await;

    // One that is at this version is opened whoever holds it.
    let holder = Holder::of(&raw).await;
    let (opened, mut hear) = opening(&older.url);
    opened.await.unwrap().unwrap().close().await;
    assert!(hear.recv().await.is_none(), "it asked for no turn");
    holder.lets_go().await;
    raw.close().await;
    older.destroy().await;
}

pub async fn d01_what_became_of_a_database_meanwhile_is_told_after_the_wait(db: Arc<Database>) {
    let done = |version: i64, success: bool| {
        format!(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             values ({version}, 'meanwhile', {success}, {}, 0)",
            db.bytes("00")
        )
    };
    for (meanwhile, is_newer) in [(done(9999, true), true), (done(OLD + 1, false), false)] {
        let (older, raw) = older(&db).await;
        let mut holder = Holder::of(&raw).await;
        let openings = waiting(&older.url).await;
        holder.run(meanwhile).await;
        holder.lets_go().await;
        for opening in openings {
            let told = opening.await.unwrap();
            let is_told = match &told {
                Err(OpenError::FromNewerVersion { found: 9999 }) => is_newer,
                Err(OpenError::Migration(sqlx::migrate::MigrateError::Dirty(at))) => {
                    !is_newer && *at == OLD + 1
                }
                _ => false,
            };
            assert!(is_told, "{told:?}");
        }
        let migrated = raw.int("select count(*) from migrated").await;
        assert_eq!(migrated, Some(1), "nobody else wrote anything");
        raw.close().await;
        older.destroy().await;
    }
}

pub async fn d01_a_wait_for_a_migration_has_an_end_and_says_what_to_do(db: Arc<Database>) {
    let (older, raw) = older(&db).await;
    let holder = Holder::of(&raw).await;
    let given_up = open_within(&older.url, Duration::ZERO).await.unwrap_err();
    assert!(
        matches!(given_up, OpenError::StillMigrated { .. }),
        "{given_up:?}"
    );
    let said = given_up.to_string();
    assert!(said.contains("start this program again"), "{said}");
    if db.dialect == Dialect::Postgres {
        // Behind a pooler no database refuses: the wait has its end here.
        let pooled = format!("{}?statement-cache-capacity=0", older.url);
        let given_up = open_within(&pooled, Duration::ZERO).await.unwrap_err();
        assert!(
            matches!(given_up, OpenError::StillMigrated { .. }),
            "{given_up:?}"
        );
    }
    holder.lets_go().await;
    let found = Store::look(&older.url).await.unwrap();
    assert!(
        matches!(
            found,
            Standing::Ours {
                schema: Schema::Older { at: OLD, .. },
                ..
            }
        ),
        "{found:?}"
    );
    open_within(&older.url, Duration::ZERO)
        .await
        .unwrap()
        .close()
        .await;
    is_migrated_once(&db, &raw).await;
    raw.close().await;
    older.destroy().await;
}
