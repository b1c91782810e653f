//! What tests on real databases ask and nothing else may.

use std::collections::BTreeSet;

use policy::RunKey;
use sqlx::{Connection as _, PgConnection, Postgres, QueryBuilder, SqliteConnection};
use uuid::Uuid;

use crate::{Store, StoreError};

/// The names of the statements this process has run on a dialect, `sqlite` or `postgres`.
pub fn statements_run(dialect: &str) -> BTreeSet<&'static str> {
    crate::sql::statements_run(dialect)
}

/// What a claim asks when the answer of its commit was lost; on SQLite no answer can be.
///
/// # Errors
/// When the database does not answer.
pub async fn attempt_is_decided(store: &Store, key: RunKey) -> Result<bool, StoreError> {
    store.attempt_is_decided(key).await
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
