//! What happened to a run between its start and its end, as the audit log tells it.

use domain::time::Timestamp;

use super::RunAccess;
use crate::{
    Store,
    error::StoreError,
    sql::{Statement, args, same},
};

/// One thing that happened to a run on its way.
#[derive(Debug, Clone)]
pub struct StepRow {
    /// When.
    pub at: Timestamp,
    /// What: `run.rescued`, `run.retry_scheduled` or `run.cancel_requested`.
    pub action: String,
    /// Who did it.
    pub actor_name: String,
    /// More about it, as JSON.
    pub detail: String,
}

static RUN_STEPS: Statement = same(
    "run_steps_of",
    "select at, action, actor_name, detail from audit_log
     where run_id = $1 and action in ('run.rescued', 'run.retry_scheduled', 'run.cancel_requested')
     order by sequence desc limit 100",
);

impl Store {
    /// The newest 100 things that happened to a run on its way, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_steps(&self, run: &RunAccess) -> Result<Vec<StepRow>, StoreError> {
        let rows = self.db.fetch(&RUN_STEPS, args![run.run().id]).await?;
        rows.iter()
            .rev()
            .map(|row| {
                Ok(StepRow {
                    at: row.time("at")?,
                    action: row.text("action")?,
                    actor_name: row.text("actor_name")?,
                    detail: row.text("detail")?,
                })
            })
            .collect()
    }
}
