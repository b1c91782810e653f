//! What happens to a person outside of any workspace is told in each workspace that they are a member of.

use domain::{
    ids::{ScopeId, UserId, WorkspaceId},
    time::Timestamp,
};

use crate::{
    audit::{AuditActor, AuditEntry, append},
    error::StoreError,
    sql::{Statement, Tx, args, same},
};

static WORKSPACES_OF: Statement = same(
    "user_workspaces",
    "select workspace_id from workspace_memberships where user_id = $1 order by workspace_id",
);

/// What happened to a person, for the audit logs of their workspaces.
pub(crate) struct PersonEntry {
    pub(crate) action: &'static str,
    pub(crate) actor: AuditActor,
    pub(crate) user: UserId,
}

/// Appends one entry in each workspace of a person; the last thing a transaction does.
pub(crate) async fn tell_workspaces(
    tx: &mut Tx,
    now: Timestamp,
    entry: PersonEntry,
) -> Result<(), StoreError> {
    let mut entries = Vec::new();
    for row in tx.fetch(&WORKSPACES_OF, args![entry.user]).await? {
        let workspace_id = WorkspaceId::from_uuid(row.uuid("workspace_id")?);
        entries.push(AuditEntry {
            workspace_id,
            scope_id: ScopeId::of(workspace_id, None),
            action: entry.action,
            actor: entry.actor.clone(),
            subject_id: entry.user.as_uuid(),
            run_id: None,
            detail: "{}".to_owned(),
        });
    }
    append(tx, now, entries).await
}
