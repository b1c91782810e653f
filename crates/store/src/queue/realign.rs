//! Queued runs whose time lies too far away: a clock that was ahead for a while put them off.

use std::collections::BTreeMap;

use domain::{
    ids::{ScopeId, WorkspaceId},
    retry::{LONGEST_STATED_WAIT, RetryPolicy},
    time::MINUTE,
};

use crate::{
    Store,
    error::StoreError,
    sql::{Statement, args, dialects, same},
    versions::touch,
};

/// The longest pause there is between two tries.
const LONGEST_PAUSE: i64 = LONGEST_STATED_WAIT + RetryPolicy::PATIENT.cap;

// Without a reason to wait a run is for the moment in which it was queued.
static AHEAD_PEEK: Statement = same(
    "run_queue_ahead_peek",
    "select run_id from run_queue
     where status = 'queued' and available_at > case when waiting_code is null then $1 else $2 end limit 1",
);
static REALIGN: Statement = dialects(
    "run_queue_realign",
    "update run_queue set available_at = $3
     where status = 'queued' and available_at > case when waiting_code is null then $1 else $2 end
     returning workspace_id, scope_id",
    "with held as materialized (
       select run_id from run_queue
       where status = 'queued' and available_at > case when waiting_code is null then $1 else $2 end
       order by run_id for update skip locked)
     update run_queue q set available_at = $3 from held where q.run_id = held.run_id
     returning q.workspace_id, q.scope_id",
);

impl Store {
    /// Lets queued runs start that a clock which is right again would keep waiting; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn queue_realign(&self) -> Result<usize, StoreError> {
        let now = self.db.now().await?;
        let bounds = (now.plus(MINUTE), now.plus(MINUTE + LONGEST_PAUSE));
        let ahead = self
            .db
            .first(&AHEAD_PEEK, args![bounds.0, bounds.1])
            .await?;
        if ahead.is_none() {
            return Ok(0);
        }
        let mut tx = self.db.write().await?;
        let rows = tx.fetch(&REALIGN, args![bounds.0, bounds.1, now]).await?;
        let mut scopes = BTreeMap::new();
        for row in &rows {
            let workspace = WorkspaceId::from_uuid(row.uuid("workspace_id")?);
            scopes.insert(ScopeId::from_uuid(row.uuid("scope_id")?), workspace);
        }
        touch(&mut tx, scopes).await?;
        tx.commit().await?;
        self.ring();
        Ok(rows.len())
    }
}
