//! A workspace's own row.

use serde_json::json;

use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    authority,
    error::StoreError,
    scope::{Scope, WorkspaceAccess},
    sql::{Statement, args, same},
};

// The old name is compared, so that the entry in the audit log says what was there.
static WORKSPACE_RENAME: Statement = same(
    "workspace_rename",
    "update workspaces set name = $2 where id = $1 and name = $3",
);

impl Store {
    /// Gives a workspace another name.
    ///
    /// # Errors
    /// `Conflict` when it is no longer called what `workspace` saw.
    pub async fn workspace_rename(
        &self,
        scope: &Scope,
        workspace: &WorkspaceAccess,
        name: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        authority::hold_in_workspace(&mut tx, scope, workspace).await?;
        let now = tx.now().await?;
        let args = args![workspace.id, name, &*workspace.name];
        if tx.execute(&WORKSPACE_RENAME, args).await? == 0 {
            return Err(StoreError::Conflict);
        }
        let entry = AuditEntry {
            workspace_id: workspace.id,
            scope_id: workspace.scope_id(),
            action: action::WORKSPACE_RENAMED,
            actor: AuditActor::of(scope),
            subject_id: workspace.id.as_uuid(),
            run_id: None,
            detail: json!({ "from": workspace.name, "to": name }).to_string(),
        };
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await
    }
}
