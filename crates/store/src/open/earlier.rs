//! Databases as earlier versions of this program left them, for tests of the way to this one.

use super::{
    Kind, OpenError, postgres,
    schema::{POSTGRES, SQLITE, migrator, until},
    sqlite,
};

/// Makes an empty database as the version did whose last migration had this number.
///
/// # Errors
/// As for opening one.
pub async fn made_until(url: &str, last: i64) -> Result<(), OpenError> {
    match Kind::of(url)? {
        Kind::Sqlite => {
            let pool = sqlite::made(url).await?;
            let migrated = migrator(until(SQLITE, last)).run(&pool).await;
            pool.close().await;
            migrated.map_err(OpenError::migrating)
        }
        Kind::Postgres => {
            let (_, pool) = postgres::open_as_it_is(url).await?;
            let migrated = migrator(until(POSTGRES, last)).run(&pool).await;
            pool.close().await;
            migrated.map_err(OpenError::migrating)
        }
    }
}
