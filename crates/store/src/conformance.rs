//! What tests on real databases ask and nothing else may.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use domain::{
    ids::{RunId, ScheduleId},
    operation::Habitat,
    time::Timestamp,
};
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, Postgres, QueryBuilder, Sqlite,
    SqliteConnection, sqlite::SqliteConnectOptions,
};
use uuid::Uuid;

use crate::{
    LeaseWatch, OpenError, Store, StoreError,
    schedules::SLOT_COMES,
    sql::{Db, Statement, args, dialects, same},
};

mod claims;

pub use claims::{claim_and_drop, claim_counted};

/// The names of the statements this process has run on a dialect, `sqlite` or `postgres`.
pub fn statements_run(dialect: &str) -> BTreeSet<&'static str> {
    crate::sql::statements_run(dialect)
}

pub use crate::{
    open::made_until,
    sql::border::{Border, Pause},
};

/// Does some work and asks the border before each of its statements, each `begin` and each `commit`.
pub async fn with_border<T>(border: Border, work: impl Future<Output = T>) -> T {
    crate::sql::border::within(border, work).await
}

/// The same store with another patience for PostgreSQL's answers.
pub fn with_patience(mut store: Store, patience: Duration) -> Store {
    if let Db::Postgres { line, .. } = &mut store.db {
        line.patience = patience;
    }
    store
}

/// Opens a database with another patience for those who migrate it.
///
/// # Errors
/// As [`Store::open`].
pub async fn open_within(url: &str, patience: Duration) -> Result<Store, OpenError> {
    Store::open_within(url, patience).await
}

/// Hears hints, asking after so long a silence whether the connection is still there.
pub async fn hear_hints_within(store: &Store, quiet: Duration) {
    store.hear_hints_within(quiet).await;
}

/// Does some work while the database's clock is set this many microseconds ahead, or behind.
pub async fn with_clock<T>(by: i64, work: impl Future<Output = T>) -> T {
    crate::clock::set::within(by, work).await
}

/// Takes the runs whose lease is over by the database's clock, as somebody does who has long looked on.
///
/// # Errors
/// When the database does not answer, or one of the runs cannot be taken.
pub async fn rescue(store: &Store) -> Result<usize, StoreError> {
    let (mut watch, begun) = (LeaseWatch::default(), Instant::now());
    let long = store.queue.certain();
    let mut taken = 0;
    for looked_on in [Duration::ZERO, long / 2, long] {
        let rescued = store.runs_rescue(&mut watch, begun + looked_on).await?;
        taken += rescued.taken;
        if let Some((_, error)) = rescued.faults.into_iter().next() {
            return Err(error);
        }
    }
    Ok(taken)
}

/// What is known of every write a run set out for, in the order in which it did.
///
/// # Errors
/// When the database does not answer.
pub async fn intent_states(store: &Store, run: RunId) -> Result<Vec<String>, StoreError> {
    let id = run.as_uuid();
    let statement = "select state from write_intents where run_id = $1 order by opened_at, id";
    Ok(match &store.db {
        Db::Sqlite { readers, .. } => {
            let states = sqlx::query_scalar(statement).bind(id);
            states.fetch_all(readers).await?
        }
        Db::Postgres { pool, .. } => {
            let states = sqlx::query_scalar(statement).bind(id);
            states.fetch_all(pool).await?
        }
    })
}

/// Lets the lease of a running run be over, as if its worker had been silent for long.
///
/// # Errors
/// When the database does not answer.
pub async fn lease_expire(store: &Store, run: RunId) -> Result<(), StoreError> {
    on_run(
        store,
        "update run_queue set lease_until = 1 where run_id = $1",
        run,
    )
    .await
}

/// Lets the pause be over for which a run waits before it is taken up again.
///
/// # Errors
/// When the database does not answer.
pub async fn pause_over(store: &Store, run: RunId) -> Result<(), StoreError> {
    on_run(
        store,
        "update run_queue set available_at = 1 where run_id = $1",
        run,
    )
    .await
}

async fn on_run(store: &Store, change: &'static str, run: RunId) -> Result<(), StoreError> {
    match &store.db {
        Db::Sqlite { writer, .. } => {
            let query = sqlx::query(change).bind(run.as_uuid());
            query.execute(writer).await?;
        }
        Db::Postgres { pool, .. } => {
            let query = sqlx::query(change).bind(run.as_uuid());
            query.execute(pool).await?;
        }
    }
    Ok(())
}

/// Has the database refuse that a run ends well, as it would refuse what nobody foresaw.
///
/// # Errors
/// When the database does not answer.
pub async fn refuse_success(store: &Store, run: RunId) -> Result<(), StoreError> {
    let id = run.as_uuid().simple().to_string();
    match &store.db {
        Db::Sqlite { writer, .. } => {
            QueryBuilder::<Sqlite>::new(
                "create trigger refuse_success before update on operation_runs when new.id = x'",
            )
            .push(id)
            .push("' and new.outcome = 'succeeded' begin select raise(abort, 'refused'); end")
            .build()
            .execute(writer)
            .await?;
        }
        Db::Postgres { pool, .. } => {
            QueryBuilder::<Postgres>::new(
                "create function refuse_success() returns trigger language plpgsql as $$ begin
                   if new.outcome = 'succeeded' and new.id = '",
            )
            .push(id)
            .push("' then raise exception 'refused'; end if; return new; end $$")
            .build()
            .execute(pool)
            .await?;
            sqlx::query(
                "create trigger refuse_success before update on operation_runs
                 for each row execute function refuse_success()",
            )
            .execute(pool)
            .await?;
        }
    }
    Ok(())
}

/// Has PostgreSQL break off the next statements that write into a table, as after `statement_timeout`; so many
/// of them, whatever is rolled back.
///
/// # Errors
/// When the database does not answer, or is no PostgreSQL.
pub async fn break_off(store: &Store, table: &str, times: i64) -> Result<(), StoreError> {
    let Db::Postgres { pool, .. } = &store.db else {
        return Err(StoreError::NotFound);
    };
    sqlx::query("create sequence broken_off")
        .execute(pool)
        .await?;
    QueryBuilder::<Postgres>::new(
        "create function break_off() returns trigger language plpgsql as $$ begin
           if nextval('broken_off') <= ",
    )
    .push(times)
    .push(" then raise exception using errcode = '57014'; end if; return new; end $$")
    .build()
    .execute(pool)
    .await?;
    QueryBuilder::<Postgres>::new("create trigger break_off before insert or update on ")
        .push(table)
        .push(" for each statement execute function break_off()")
        .build()
        .execute(pool)
        .await?;
    Ok(())
}

/// Lets the slot that comes next be at a moment of the test's choosing.
///
/// # Errors
/// When the database does not answer.
pub async fn slot_comes(
    store: &Store,
    schedule: ScheduleId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut tx = store.db.write().await?;
    tx.execute(&SLOT_COMES, args![schedule, at]).await?;
    tx.commit().await
}

/// Takes away the table in which processes with workers say that they are there.
///
/// # Errors
/// When the database does not answer.
pub async fn presence_lost(store: &Store) -> Result<(), StoreError> {
    const DROP: &str = "drop table worker_presence";
    match &store.db {
        Db::Sqlite { writer, .. } => {
            sqlx::query(DROP).execute(writer).await?;
        }
        Db::Postgres { pool, .. } => {
            sqlx::query(DROP).execute(pool).await?;
        }
    }
    Ok(())
}

/// Writes a zone and an operation into a schedule that no form would take, as another version may have.
///
/// # Errors
/// When the database does not answer.
pub async fn schedule_written(
    store: &Store,
    schedule: ScheduleId,
    zone: &str,
    operation: &str,
) -> Result<(), StoreError> {
    let mut tx = store.db.write().await?;
    let args = args![schedule, zone, operation];
    tx.execute(&SCHEDULE_WRITTEN, args).await?;
    tx.commit().await
}

/// Leaves an item with a run that is over, as its work would have done.
///
/// # Errors
/// When the database does not answer.
pub async fn item_left(store: &Store, run: RunId) -> Result<(), StoreError> {
    const LEAVE: &str = "insert into run_items (workspace_id, scope_id, run_id, position, key, label, outcome, updated_at)
       select workspace_id, scope_id, id, 1, 'groups', 'Groups', 'succeeded', completed_at
       from operation_runs where id = $1";
    match &store.db {
        Db::Sqlite { writer, .. } => {
            let query = sqlx::query(LEAVE).bind(run.as_uuid());
            query.execute(writer).await?;
        }
        Db::Postgres { pool, .. } => {
            let query = sqlx::query(LEAVE).bind(run.as_uuid());
            query.execute(pool).await?;
        }
    }
    Ok(())
}

static SCHEDULE_WRITTEN: Statement = same(
    "conformance_schedule_written",
    "update schedules set zone = $2, type = $3 where id = $1",
);

static LIMITS: Statement = dialects(
    "conformance_limits",
    "select 'none' as limits",
    "select current_setting('statement_timeout') || ' ' || current_setting('lock_timeout') || ' '
       || current_setting('jit') || ' ' || current_setting('idle_in_transaction_session_timeout') as limits",
);

/// Under which limits a transaction of the store works; none on SQLite.
///
/// # Errors
/// When the database does not answer.
pub async fn limits(store: &Store) -> Result<String, StoreError> {
    let mut tx = store.db.write().await?;
    let row = tx.first(&LIMITS, vec![]).await?;
    row.ok_or(StoreError::NotFound)?.text("limits")
}

/// Marks a database that has people in it as a laboratory, which the program refuses; answers it as one.
///
/// # Errors
/// When it was marked before.
pub async fn made_laboratory(store: &Store) -> Result<Store, StoreError> {
    let statement = "insert into installation (id, habitat, made_at) values (1, 'laboratory', 1)";
    match &store.db {
        Db::Sqlite { writer, .. } => {
            sqlx::query(statement).execute(writer).await?;
        }
        Db::Postgres { pool, .. } => {
            sqlx::query(statement).execute(pool).await?;
        }
    }
    let mut marked = store.clone();
    marked.habitat = Habitat::Laboratory;
    Ok(marked)
}

/// A new, empty database on a PostgreSQL server; answers its URL.
///
/// # Errors
/// When the server does not answer or does not allow it.
pub async fn postgres_database_create(server: &str) -> Result<String, StoreError> {
    let name = format!("ta_test_{}", Uuid::now_v7().simple());
    at_server(server, "create database ", &name, "").await?;
    let (server, _) = server.rsplit_once('/').ok_or(StoreError::NotFound)?;
    Ok(format!("{server}/{name}"))
}

/// Drops a database that [`postgres_database_create`] made, whoever is still connected to it.
///
/// # Errors
/// When the server does not answer, or the database is none of those.
pub async fn postgres_database_drop(server: &str, url: &str) -> Result<(), StoreError> {
    let (_, name) = url.rsplit_once('/').ok_or(StoreError::NotFound)?;
    if !name.starts_with("ta_test_")
        || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    {
        return Err(StoreError::NotFound);
    }
    at_server(server, "drop database ", name, " with (force)").await
}

async fn at_server(url: &str, verb: &str, name: &str, how: &str) -> Result<(), StoreError> {
    let mut connection = PgConnection::connect(url).await?;
    QueryBuilder::<Postgres>::new(verb)
        .push(name)
        .push(how)
        .build()
        .execute(&mut connection)
        .await?;
    Ok(connection.close().await?)
}

/// Marks a SQLite file as made by a version of this program that does not exist yet.
///
/// # Errors
/// When the file does not open or is no database of this program.
pub async fn sqlite_made_newer(url: &str) -> Result<(), StoreError> {
    let mut connection = SqliteConnection::connect(url).await?;
    sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'from the future', true, x'00', 0)",
    )
    .execute(&mut connection)
    .await?;
    Ok(connection.close().await?)
}

/// Makes a SQLite file with a table of something else.
///
/// # Errors
/// When the file cannot be made.
pub async fn sqlite_of_something_else(url: &str) -> Result<(), StoreError> {
    let options: SqliteConnectOptions = url.parse()?;
    let mut connection = options.create_if_missing(true).connect().await?;
    sqlx::query("create table foo (bar integer)")
        .execute(&mut connection)
        .await?;
    Ok(connection.close().await?)
}

/// Takes a SQLite file back to the schema's version before the last one, as far as it remembers.
///
/// # Errors
/// When the file does not open or is no database of this program.
pub async fn sqlite_made_older(url: &str) -> Result<(), StoreError> {
    let mut connection = SqliteConnection::connect(url).await?;
    sqlx::query(
        "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)",
    )
    .execute(&mut connection)
    .await?;
    Ok(connection.close().await?)
}
