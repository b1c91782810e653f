//! Opening a database: first a look, then its settings, its version, its migrations.

#[cfg(debug_assertions)]
mod earlier;
mod error;
mod look;
mod postgres;
mod schema;
mod sqlite;
mod turn;

use std::{sync::Arc, time::Duration};

use domain::operation::Habitat;
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

#[cfg(debug_assertions)]
pub use self::earlier::made_until;
pub use self::{error::OpenError, look::Standing, schema::Schema};
use crate::{
    QueueSettings, Store,
    error::StoreError,
    installation::habitat_of,
    queue::Hints,
    sql::{Db, Sessions},
};

/// How long connections are waited for that are to close; one whose line has fallen silent never does.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// Which database a URL names.
#[derive(Clone, Copy)]
enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    fn of(url: &str) -> Result<Self, OpenError> {
        if url.starts_with("sqlite:") {
            Ok(Self::Sqlite)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Ok(Self::Postgres)
        } else {
            Err(OpenError::UnknownUrl)
        }
    }
}

impl Store {
    /// Looks at what is there, and changes nothing.
    ///
    /// # Errors
    /// [`OpenError`] when there is no looking.
    pub async fn look(url: &str) -> Result<Standing, OpenError> {
        match Kind::of(url)? {
            Kind::Sqlite => sqlite::look(url).await,
            Kind::Postgres => postgres::look(url).await,
        }
    }

    /// Opens a database by its URL and brings it up to this program's version.
    ///
    /// One that holds nothing yet is filled; one that holds tables of something else is left alone. Of several that
    /// open an older one at the same moment one migrates it, and the others wait for that, ten minutes at most.
    ///
    /// # Errors
    /// [`OpenError`], whose message says what to do.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_within(url, turn::PATIENCE).await
    }

    /// The same with another patience for those who migrate it.
    pub(crate) async fn open_within(url: &str, patience: Duration) -> Result<Self, OpenError> {
        match Self::look(url).await? {
            Standing::Foreign { table } => Err(OpenError::Foreign { table }),
            standing => Self::open_seen(url, &standing, patience).await,
        }
    }

    /// Opens a laboratory's database, or makes one where nothing is yet.
    ///
    /// # Errors
    /// `NotALaboratory` for an installation's database, which is not even migrated; else as [`Store::open`].
    pub async fn open_laboratory(url: &str) -> Result<Self, OpenError> {
        let standing = Self::look(url).await?;
        match &standing {
            Standing::Foreign { table } => Err(OpenError::Foreign {
                table: table.clone(),
            }),
            Standing::Ours {
                habitat: Habitat::Product,
                ..
            } => Err(OpenError::NotALaboratory),
            Standing::Ours { .. } => Self::open_seen(url, &standing, turn::PATIENCE).await,
            Standing::Absent | Standing::Empty => {
                let store = Self::open_seen(url, &standing, turn::PATIENCE).await?;
                match store.make_laboratory().await {
                    Err(StoreError::Conflict) => Err(OpenError::NotALaboratory),
                    made => made.map_err(OpenError::reading),
                }
            }
        }
    }

    /// Opens a database that is at this program's version, and neither makes nor migrates one.
    ///
    /// # Errors
    /// `NotMigrated` when it is at another version or is not there; else as [`Store::open`].
    pub async fn open_as_it_is(url: &str) -> Result<Self, OpenError> {
        match Self::look(url).await? {
            Standing::Foreign { table } => return Err(OpenError::Foreign { table }),
            Standing::Ours {
                schema: Schema::Current,
                ..
            } => {}
            _ => return Err(OpenError::NotMigrated),
        }
        let db = match Kind::of(url)? {
            Kind::Sqlite => sqlite::open_as_it_is(url).await?,
            Kind::Postgres => postgres::open_as_it_is(url).await?.0,
        };
        Self::over(db, None).await
    }

    async fn open_seen(
        url: &str,
        standing: &Standing,
        patience: Duration,
    ) -> Result<Self, OpenError> {
        if let Standing::Ours {
            schema: Schema::Newer { found },
            ..
        } = *standing
        {
            // Whoever migrates it further is not waited for.
            return Err(OpenError::FromNewerVersion { found });
        }
        match Kind::of(url)? {
            Kind::Sqlite => Self::over(sqlite::open(url, standing, patience).await?, None).await,
            Kind::Postgres => {
                let (db, pool) = postgres::open(url, standing, patience).await?;
                let own = postgres::sessions_of(url) == Sessions::Own;
                Self::over(db, own.then(|| Hints::start(pool))).await
            }
        }
    }

    async fn over(db: Db, hints: Option<Hints>) -> Result<Self, OpenError> {
        let habitat = habitat_of(&db).await.map_err(OpenError::reading)?;
        Ok(Self {
            db,
            habitat,
            queue_changed: Arc::new(Notify::new()),
            runs_ended: Arc::new(watch::Sender::new(0)),
            cancel_asked: Arc::new(watch::Sender::new(0)),
            hints,
            queue: QueueSettings::default(),
            turns: Arc::default(),
            desk: Arc::default(),
        })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// `Unavailable` when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.db.fetch(&PING, vec![]).await.map(drop)
    }

    /// Closes every connection, but for those to PostgreSQL that do not close within five seconds: they are let go.
    pub async fn close(&self) {
        match &self.db {
            Db::Sqlite {
                writer, readers, ..
            } => {
                readers.close().await;
                writer.close().await;
            }
            Db::Postgres { pool, .. } => {
                if timeout(CLOSE_WITHIN, pool.close()).await.is_err() {
                    tracing::warn!(
                        "connections to the database did not close in time; they are let go"
                    );
                }
            }
        }
    }
}

static PING: crate::sql::Statement = crate::sql::same("database_ping", "select 1 as one");
