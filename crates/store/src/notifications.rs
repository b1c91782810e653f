//! The bell: one terminal notification a run, to the person who asked for it.

use domain::{
    ids::{NotificationId, RunId},
    run::{RunOutcome, RunState, RunStatus},
    time::Timestamp,
};

use crate::{
    Store,
    error::StoreError,
    scope::Scope,
    sql::{Statement, args, same},
};

/// A notification as the bell shows it.
#[derive(Debug, Clone)]
pub struct Notification {
    /// Which notification.
    pub id: NotificationId,
    /// The run it tells of.
    pub run_id: RunId,
    /// The operation's code.
    pub operation_code: String,
    /// How the run ended.
    pub state: RunState,
    /// What the run belongs to is called: its tenant, or the workspace.
    pub target_name: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was read.
    pub read_at: Option<Timestamp>,
}

// Somebody who lost the tenant sees no notification of it any more.
static NOTIFICATIONS_OF: Statement = same(
    "notifications_of",
    "select n.id, n.run_id, n.created_at, n.read_at, r.type, r.status, r.outcome, coalesce(t.name, ws.name) as target_name
     from notifications n
     join operation_runs r on r.id = n.run_id
     join workspaces ws on ws.id = n.workspace_id
     join workspace_memberships w on w.workspace_id = n.workspace_id and w.user_id = n.user_id
     left join tenants t on t.id = r.tenant_id
     left join tenant_memberships m on m.tenant_id = r.tenant_id and m.user_id = n.user_id
     where n.user_id = $1 and (r.tenant_id is null or m.user_id is not null)
     order by n.created_at desc, n.id desc limit 50",
);
static NOTIFICATIONS_UNREAD: Statement = same(
    "notifications_unread",
    "select count(*) as unread from notifications n
     join operation_runs r on r.id = n.run_id
     join workspace_memberships w on w.workspace_id = n.workspace_id and w.user_id = n.user_id
     left join tenant_memberships m on m.tenant_id = r.tenant_id and m.user_id = n.user_id
     where n.user_id = $1 and n.read_at is null and (r.tenant_id is null or m.user_id is not null)",
);
static NOTIFICATIONS_READ: Statement = same(
    "notifications_read",
    "update notifications set read_at = $2 where user_id = $1 and read_at is null",
);

impl Store {
    /// The person's newest notifications; at most 50.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn notifications(&self, scope: &Scope) -> Result<Vec<Notification>, StoreError> {
        let rows = self
            .db
            .fetch(&NOTIFICATIONS_OF, args![scope.user_id])
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Notification {
                    id: NotificationId::from_uuid(row.uuid("id")?),
                    run_id: RunId::from_uuid(row.uuid("run_id")?),
                    operation_code: row.text("type")?,
                    state: RunState {
                        status: row.word("status", RunStatus::parse)?,
                        outcome: row.word("outcome", RunOutcome::parse)?,
                    },
                    target_name: row.text("target_name")?,
                    created_at: row.time("created_at")?,
                    read_at: row.opt_time("read_at")?,
                })
            })
            .collect()
    }

    /// How many notifications the person has not read.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn notifications_unread(&self, scope: &Scope) -> Result<i64, StoreError> {
        let row = self
            .db
            .first(&NOTIFICATIONS_UNREAD, args![scope.user_id])
            .await?;
        row.map_or(Ok(0), |row| row.int("unread"))
    }

    /// Marks all of the person's notifications as read.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn notifications_read(&self, scope: &Scope) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        tx.execute(&NOTIFICATIONS_READ, args![scope.user_id, now])
            .await?;
        tx.commit().await
    }
}
