//! The one terminal notification of a run, written in the transaction that ends it (L-14).

use domain::{
    ids::{NotificationId, RunId, ScopeId, UserId, WorkspaceId},
    time::Timestamp,
};
use serde_json::json;

use crate::{
    audit::to_json,
    error::StoreError,
    new_id::new_id,
    sql::{Statement, Tx, args, dialects},
};

/// A notification to write; one a run and person, however often a crash repeats the attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Notice {
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) scope_id: ScopeId,
    pub(crate) user_id: UserId,
    pub(crate) run_id: RunId,
}

static NOTIFY: Statement = dialects(
    "notifications_insert",
    "insert into notifications (workspace_id, scope_id, id, user_id, run_id, created_at)
     select unhex(n.value ->> 'workspace'), unhex(n.value ->> 'scope'), unhex(n.value ->> 'id'),
            u.id, unhex(n.value ->> 'run'), $2
     from json_each($1) n join users u on u.id = unhex(n.value ->> 'user')
     join operation_runs r on r.id = unhex(n.value ->> 'run')
     where r.parent_id is null on conflict do nothing",
    "insert into notifications (workspace_id, scope_id, id, user_id, run_id, created_at)
     select n.workspace, n.scope, n.id, u.id, n.run, $2
     from json_to_recordset($1::json) as n(workspace uuid, scope uuid, id uuid, \"user\" uuid, run uuid)
     join users u on u.id = n.\"user\"
     join operation_runs r on r.id = n.run
     where r.parent_id is null on conflict do nothing",
);

/// Writes notifications; people whose account is gone get none.
///
/// A run that is part of another one tells nobody: the whole does, when it is over.
pub(crate) async fn notify(
    tx: &mut Tx,
    now: Timestamp,
    notices: &[Notice],
) -> Result<(), StoreError> {
    if notices.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = notices
        .iter()
        .map(|notice| {
            json!({
                "workspace": notice.workspace_id.as_uuid().simple(),
                "scope": notice.scope_id.as_uuid().simple(),
                "id": new_id(NotificationId::from_uuid).as_uuid().simple(),
                "user": notice.user_id.as_uuid().simple(),
                "run": notice.run_id.as_uuid().simple(),
            })
        })
        .collect();
    tx.execute(&NOTIFY, args![to_json(&rows)?, now])
        .await
        .map(drop)
}
