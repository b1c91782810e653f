//! Ending a bulk: its queued runs end, its running ones are asked to, what is done stays.

use domain::{
    ids::{RunId, ScopeId, UserId},
    time::Timestamp,
};
use policy::{RunKey, Running};
use serde_json::json;

use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    error::StoreError,
    runs::cancel::{CANCEL_ASK, end_waiting},
    sql::{Row, Statement, Tx, args, dialects},
};

static PARENT_WISH: Statement = dialects(
    "bulk_parent_wish",
    "select cancel_requested_by, cancel_requested_name from run_queue
     where run_id = $1 and attempt = $2 and status = 'running'",
    "select cancel_requested_by, cancel_requested_name from run_queue
     where run_id = $1 and attempt = $2 and status = 'running' for update",
);
static CHILDREN_LOCK: Statement = dialects(
    "bulk_children_lock",
    "select q.run_id, q.scope_id, q.attempt, q.status, q.cancel_requested_at, r.user_id, r.initiator_name
     from operation_runs r join run_queue q on q.run_id = r.id
     where r.parent_id = $1 order by q.run_id",
    "select q.run_id, q.scope_id, q.attempt, q.status, q.cancel_requested_at, r.user_id, r.initiator_name
     from operation_runs r join run_queue q on q.run_id = r.id
     where r.parent_id = $1 order by q.run_id for update of q",
);

impl Store {
    /// Ends what a bulk has asked for and is not over, in the name of who wanted the bulk ended.
    ///
    /// # Errors
    /// `LeaseLost` when another attempt has taken over: then nothing was written.
    pub async fn bulk_abort(&self, running: &Running) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let entries = end_parts(&mut tx, now, running.key()).await?;
        append(&mut tx, now, entries).await?;
        tx.commit().await?;
        self.ring_aborted();
        Ok(())
    }

    /// Wakes up whoever works on parts that are to end, and whoever waits for their end.
    pub(in crate::runs) fn ring_aborted(&self) {
        self.cancel_asked.send_modify(|count| *count += 1);
        self.ring_ended();
    }
}

/// Ends the parts of a bulk that an attempt still has: the queued ones at once, the running ones are asked to.
///
/// # Errors
/// `LeaseLost` when another attempt has taken over: then nothing was written.
pub(in crate::runs) async fn end_parts(
    tx: &mut Tx,
    now: Timestamp,
    parent: RunKey,
) -> Result<Vec<AuditEntry>, StoreError> {
    let wish = tx
        .first(&PARENT_WISH, args![parent.run_id, parent.attempt])
        .await?;
    let wish = person_of(&wish.ok_or(StoreError::LeaseLost)?)?;
    let mut entries = Vec::new();
    for child in &tx.fetch(&CHILDREN_LOCK, args![parent.run_id]).await? {
        entries.extend(end_or_ask(tx, now, parent, child, &wish).await?);
    }
    Ok(entries)
}

/// Who wanted the bulk ended.
fn person_of(row: &Row) -> Result<AuditActor, StoreError> {
    let asked = row.opt_text("cancel_requested_name")?;
    Ok(match asked {
        Some(name) => AuditActor {
            id: row.opt_uuid("cancel_requested_by")?.map(UserId::from_uuid),
            name,
        },
        None => AuditActor::system(),
    })
}

fn initiator_of(row: &Row) -> Result<AuditActor, StoreError> {
    Ok(AuditActor {
        id: row.opt_uuid("user_id")?.map(UserId::from_uuid),
        name: row.text("initiator_name")?,
    })
}

async fn end_or_ask(
    tx: &mut Tx,
    now: Timestamp,
    parent: RunKey,
    child: &Row,
    wish: &AuditActor,
) -> Result<Vec<AuditEntry>, StoreError> {
    if child.opt_time("cancel_requested_at")?.is_some() {
        return Ok(Vec::new());
    }
    let key = RunKey {
        run_id: RunId::from_uuid(child.uuid("run_id")?),
        attempt: child.int("attempt")?,
        workspace_id: parent.workspace_id,
        scope_id: ScopeId::from_uuid(child.uuid("scope_id")?),
    };
    let status = child.text("status")?;
    let detail = json!({ "status": status, "attempt": key.attempt, "parent_id": parent.run_id });
    let asked = AuditEntry::of_run(
        key,
        action::RUN_CANCEL_REQUESTED,
        wish.clone(),
        detail.to_string(),
    );
    if status == "queued" {
        // A part tells nobody: the whole does, when it is over.
        let ended = end_waiting(tx, now, key, initiator_of(child)?).await?;
        return Ok(vec![asked, ended]);
    }
    let args = args![key.run_id, now, wish.id, &*wish.name];
    tx.execute(&CANCEL_ASK, args).await?;
    Ok(vec![asked])
}
