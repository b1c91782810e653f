//! Founding a workspace: it is never without an owner.

use domain::{
    capability::Role,
    ids::{ScopeId, UserId, WorkspaceId},
    time::Timestamp,
};
use serde_json::json;

use super::change::WORKSPACE_ROLE_SET;
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    error::StoreError,
    new_id::new_id,
    sql::{Statement, Tx, args, same},
};

static WORKSPACE_CREATE: Statement = same(
    "workspace_create",
    "insert into workspaces (id, name, created_at) values ($1, $2, $3)",
);
static USER_NAME: Statement = same("user_name", "select display_name from users where id = $1");

/// Makes a workspace and its first owner; answers the workspace and the audit entries to append.
pub(crate) async fn found_workspace(
    tx: &mut Tx,
    now: Timestamp,
    name: &str,
    owner: UserId,
    owner_name: &str,
) -> Result<(WorkspaceId, Vec<AuditEntry>), StoreError> {
    let id = new_id(WorkspaceId::from_uuid);
    tx.execute(&WORKSPACE_CREATE, args![id, name, now]).await?;
    let role = Role::Owner;
    tx.execute(&WORKSPACE_ROLE_SET, args![id, owner, role.as_str(), now])
        .await?;
    let actor = AuditActor {
        id: Some(owner),
        name: owner_name.to_owned(),
    };
    let scope_id = ScopeId::of(id, None);
    let entry = |action, subject_id, detail: serde_json::Value| AuditEntry {
        workspace_id: id,
        scope_id,
        action,
        actor: actor.clone(),
        subject_id,
        run_id: None,
        detail: detail.to_string(),
    };
    let entries = vec![
        entry(
            action::WORKSPACE_CREATED,
            id.as_uuid(),
            json!({ "name": name }),
        ),
        entry(
            action::WORKSPACE_ROLE_SET,
            owner.as_uuid(),
            json!({ "role": role }),
        ),
    ];
    Ok((id, entries))
}

impl Store {
    /// Makes a workspace owned by an existing person.
    ///
    /// # Errors
    /// `NotFound` when there is no such person.
    pub async fn workspace_create(
        &self,
        name: &str,
        owner: UserId,
    ) -> Result<WorkspaceId, StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let row = tx
            .first(&USER_NAME, args![owner])
            .await?
            .ok_or(StoreError::NotFound)?;
        let owner_name = row.text("display_name")?;
        let (id, entries) = found_workspace(&mut tx, now, name, owner, &owner_name).await?;
        append(&mut tx, now, entries).await?;
        tx.commit().await?;
        Ok(id)
    }
}
