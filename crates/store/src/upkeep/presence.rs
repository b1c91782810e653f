//! When somebody was there to claim runs, so that a night without workers ages no run.

use domain::time::{DAY, MINUTE, Timestamp};

use crate::{
    Store,
    error::StoreError,
    sql::{Statement, Tx, args, same},
};

/// A silence longer than this is an absence; workers say that they are there every minute.
const SILENCE: i64 = 5 * MINUTE;
/// Spans that ended before this are of no use to anybody.
const REMEMBERED: i64 = 14 * DAY;

static PRESENCE_LAST: Statement = same(
    "worker_presence_last",
    "select began_at, until_at from worker_presence order by until_at desc limit 1",
);
static PRESENCE_EXTEND: Statement = same(
    "worker_presence_extend",
    "update worker_presence set until_at = $2 where began_at = $1 and until_at < $2",
);
static PRESENCE_BEGIN: Statement = same(
    "worker_presence_begin",
    "insert into worker_presence (began_at, until_at) values ($1, $1) on conflict do nothing",
);
static PRESENCE_FORGET: Statement = same(
    "worker_presence_forget",
    "delete from worker_presence where until_at < $1",
);

impl Store {
    /// Says that workers are there now; any number of processes may.
    ///
    /// A clock that jumps ahead leaves a silence, and one that jumps back is waited for: neither makes time
    /// that nobody was there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn presence_tell(&self) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        tell_presence(&mut tx, now).await?;
        let long_ago: Timestamp = now.plus(-REMEMBERED);
        tx.execute(&PRESENCE_FORGET, args![long_ago]).await?;
        tx.commit().await
    }
}

/// Says it in a transaction that is about more than that.
pub(crate) async fn tell_presence(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    let last = tx.first(&PRESENCE_LAST, vec![]).await?;
    let last = last
        .map(|row| Ok::<_, StoreError>((row.time("began_at")?, row.time("until_at")?)))
        .transpose()?;
    match last {
        Some((began_at, until_at)) if until_at.plus(SILENCE) >= now => {
            let args = args![began_at, now];
            tx.execute(&PRESENCE_EXTEND, args).await?;
        }
        _ => {
            tx.execute(&PRESENCE_BEGIN, args![now]).await?;
        }
    }
    Ok(())
}
