//! What a running run has done so far; every write is fenced by its attempt.

use domain::summary::SummaryCounts;
use policy::Running;

use crate::{
    Store,
    audit::to_json,
    error::StoreError,
    sql::{Statement, args, dialects, same},
    versions::touch,
};

/// What became of one item of a run.
#[derive(Debug, Clone)]
pub struct ItemOutcome<'a> {
    /// Its place among the items.
    pub position: i64,
    /// Its stable key.
    pub key: &'a str,
    /// What it is called.
    pub label: &'a str,
    /// `running`, `succeeded`, `failed`, `skipped`, `indeterminate` or `awaiting_provider_approval`; the gate alone writes `blocked`.
    pub outcome: &'a str,
    /// Why not, as a code.
    pub reason_code: Option<String>,
    /// Why not, in safe words.
    pub message: Option<String>,
    /// How many objects it read.
    pub objects: Option<i64>,
}

static PROGRESS: Statement = same(
    "run_progress",
    "update operation_runs set summary_counts = $3, updated_at = $4
     where id = $1 and attempt = $2 and status = 'running'",
);
static ITEM_SET: Statement = dialects(
    "run_item_set",
    "insert into run_items (workspace_id, scope_id, run_id, position, key, label, outcome, reason_code, message, objects, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     on conflict (run_id, key) do update set outcome = excluded.outcome, reason_code = excluded.reason_code,
       message = excluded.message, objects = excluded.objects, updated_at = excluded.updated_at",
    "insert into run_items (workspace_id, scope_id, run_id, position, key, label, outcome, reason_code, message, objects, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     on conflict (run_id, key) do update set outcome = excluded.outcome, reason_code = excluded.reason_code,
       message = excluded.message, objects = excluded.objects, updated_at = excluded.updated_at",
);

// Of any attempt: the run is the same.
static ITEMS_DONE: Statement = same(
    "run_items_done",
    "select key, objects from run_items where run_id = $1 and outcome = 'succeeded'",
);

impl Store {
    /// The items that earlier attempts of a running run have done, each with the number of objects it read.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_items_done(
        &self,
        running: &Running,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self
            .db
            .fetch(&ITEMS_DONE, args![running.key().run_id])
            .await?;
        rows.iter()
            .map(|row| Ok((row.text("key")?, row.opt_int("objects")?.unwrap_or(0))))
            .collect()
    }

    /// Writes down what became of an item, and the counts so far.
    ///
    /// # Errors
    /// `LeaseLost` when another attempt has taken over: then nothing was written.
    pub async fn run_progress(
        &self,
        running: &Running,
        item: &ItemOutcome<'_>,
        counts: &SummaryCounts,
    ) -> Result<(), StoreError> {
        let key = running.key();
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let args = args![key.run_id, key.attempt, to_json(counts)?, now];
        if tx.execute(&PROGRESS, args).await? == 0 {
            return Err(StoreError::LeaseLost);
        }
        let args = args![
            key.workspace_id,
            key.scope_id,
            key.run_id,
            item.position,
            item.key,
            item.label,
            item.outcome,
            item.reason_code.clone(),
            item.message.clone(),
            item.objects,
            now,
        ];
        tx.execute(&ITEM_SET, args).await?;
        touch(&mut tx, [(key.scope_id, key.workspace_id)].into()).await?;
        tx.commit().await
    }
}
