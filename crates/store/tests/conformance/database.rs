//! A database of its own for each case, a store on it, and a way past the store.

use sqlx::{
    AssertSqlSafe, PgPool, SqlitePool,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use store::{
    Store,
    conformance::{postgres_database_create, postgres_database_drop},
};
use tempfile::TempDir;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// The server that PostgreSQL cases make their databases on.
pub fn postgres_url() -> Option<String> {
    std::env::var("TENANT_ATLAS_TEST_PG").ok()
}

pub struct Database {
    pub dialect: Dialect,
    pub url: String,
    pub store: Store,
    pub raw: Raw,
    place: Place,
}

enum Place {
    Folder(TempDir),
    Server(String),
}

async fn make_empty(dialect: Dialect) -> (Place, String) {
    match dialect {
        Dialect::Sqlite => {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite:{}", folder.path().join("case.db").display());
            (Place::Folder(folder), url)
        }
        Dialect::Postgres => {
            let base = postgres_url().unwrap();
            let url = postgres_database_create(&base).await.unwrap();
            (Place::Server(base), url)
        }
    }
}

async fn remove(place: &Place, url: &str) {
    match place {
        Place::Server(base) => postgres_database_drop(base, url).await.unwrap(),
        Place::Folder(folder) => assert!(folder.path().exists()),
    }
}

/// A database that nobody has opened yet.
pub struct Empty {
    pub url: String,
    place: Place,
}

impl Empty {
    /// The names of the files where it is, on a disk of this machine.
    pub fn files(&self) -> Vec<String> {
        match &self.place {
            Place::Server(_) => Vec::new(),
            Place::Folder(folder) => {
                let names = std::fs::read_dir(folder.path()).unwrap();
                let names = names.map(|it| it.unwrap().file_name().into_string().unwrap());
                names.collect()
            }
        }
    }

    /// Has somebody else put something into it.
    pub async fn filled(&self, statement: &str) {
        let mut url = self.url.clone();
        if url.starts_with("sqlite:") {
            url.push_str("?mode=rwc");
        }
        let raw = Raw::open(&url).await;
        raw.run(statement).await;
        raw.close().await;
    }

    pub async fn destroy(&self) {
        remove(&self.place, &self.url).await;
    }
}

impl Database {
    pub async fn create(dialect: Dialect) -> Self {
        let (place, url) = make_empty(dialect).await;
        let store = Store::open(&url).await.unwrap();
        let raw = Raw::open(&url).await;
        Self {
            dialect,
            url,
            store,
            raw,
            place,
        }
    }

    /// An empty database on the same server, not opened yet, and a way into it; the way in makes it.
    pub async fn empty(&self) -> Empty {
        let (place, url) = make_empty(self.dialect).await;
        Empty { url, place }
    }

    pub async fn destroy(&self) {
        self.store.close().await;
        self.raw.close().await;
        remove(&self.place, &self.url).await;
    }

    /// Another process's store on the same database.
    pub async fn another_store(&self) -> Store {
        Store::open(&self.url).await.unwrap()
    }

    /// A store to which nothing can be written; on PostgreSQL nobody who connects from now on can.
    pub async fn read_only(&self) -> Store {
        let url = match self.dialect {
            Dialect::Sqlite => format!("{}?mode=ro", self.url),
            Dialect::Postgres => {
                self.raw
                    .run(
                        "do $$ begin execute format('alter database %I set default_transaction_read_only = on',
                           current_database()); end $$",
                    )
                    .await;
                self.url.clone()
            }
        };
        Store::open_as_it_is(&url).await.unwrap()
    }

    /// An id as it is written in raw SQL.
    pub fn id(&self, id: Uuid) -> String {
        match self.dialect {
            Dialect::Sqlite => format!("x'{}'", id.simple()),
            Dialect::Postgres => format!("'{id}'::uuid"),
        }
    }

    /// Bytes as they are written in raw SQL.
    pub fn bytes(&self, hex: &str) -> String {
        match self.dialect {
            Dialect::Sqlite => format!("x'{hex}'"),
            Dialect::Postgres => format!(r"'\x{hex}'::bytea"),
        }
    }
}

/// A connection past the store: what somebody with a database shell has.
pub enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Raw {
    pub async fn open(url: &str) -> Self {
        if url.starts_with("sqlite:") {
            Self::sqlite(url, true).await
        } else {
            let pool = PgPoolOptions::new().max_connections(2);
            Self::Postgres(pool.connect(url).await.unwrap())
        }
    }

    /// A SQLite connection that did or did not ask for foreign keys.
    pub async fn sqlite(url: &str, foreign_keys: bool) -> Self {
        let options: SqliteConnectOptions = url.parse().unwrap();
        let pool = SqlitePoolOptions::new().max_connections(1);
        let options = options.foreign_keys(foreign_keys);
        Self::Sqlite(pool.connect_with(options).await.unwrap())
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// Runs a statement and answers how many rows it changed.
    pub async fn try_run(&self, statement: &str) -> Result<u64, sqlx::Error> {
        let query = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        Ok(match self {
            Self::Sqlite(pool) => query.execute(pool).await?.rows_affected(),
            Self::Postgres(pool) => query.execute(pool).await?.rows_affected(),
        })
    }

    pub async fn run(&self, statement: &str) -> u64 {
        self.try_run(statement)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"))
    }

    /// The first column of the first row as a number.
    pub async fn int(&self, statement: &str) -> Option<i64> {
        let query = sqlx::AssertSqlSafe(statement.to_owned());
        let row: Result<Option<Option<i64>>, _> = match self {
            Self::Sqlite(pool) => sqlx::query_scalar(query).fetch_optional(pool).await,
            Self::Postgres(pool) => sqlx::query_scalar(query).fetch_optional(pool).await,
        };
        row.unwrap_or_else(|error| panic!("{statement}: {error}"))
            .flatten()
    }

    /// The first column of every row as text.
    pub async fn texts(&self, statement: &str) -> Vec<String> {
        let query = sqlx::AssertSqlSafe(statement.to_owned());
        let rows: Result<Vec<String>, _> = match self {
            Self::Sqlite(pool) => sqlx::query_scalar(query).fetch_all(pool).await,
            Self::Postgres(pool) => sqlx::query_scalar(query).fetch_all(pool).await,
        };
        rows.unwrap_or_else(|error| panic!("{statement}: {error}"))
    }
}
