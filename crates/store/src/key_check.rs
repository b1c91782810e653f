//! What a database knows of the key that its credentials are sealed with: words that this key alone opens.

use domain::ids::{ConnectionId, ScopeId, WorkspaceId};

use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    error::StoreError,
    sql::{Statement, args, same},
};

static KEY_CHECK: Statement = same("key_check", "select sealed from key_check");
// Of several processes that start at once the first one's counts.
static KEY_CHECK_KEEP: Statement = same(
    "key_check_keep",
    "insert into key_check (id, sealed, made_at) values (1, $1, $2) on conflict (id) do nothing",
);
static KEY_CHECK_REPLACE: Statement = same(
    "key_check_replace",
    "insert into key_check (id, sealed, made_at) values (1, $1, $2)
     on conflict (id) do update set sealed = excluded.sealed, made_at = excluded.made_at",
);
static WORKSPACES: Statement = same("workspaces_all", "select id from workspaces order by id");
// The newest first: an older one may be left from a key before.
static SEALED: Statement = same(
    "credentials_sealed",
    "select connection_id, sealed from provider_credentials order by created_at desc, connection_id limit 1000",
);

impl Store {
    /// The words that were sealed with the installation's key; none before the first process had one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn key_check(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.db.first(&KEY_CHECK, vec![]).await?;
        row.map(|row| row.bytes("sealed")).transpose()
    }

    /// Keeps the sealed words, unless there are some already; answers those that count.
    ///
    /// # Errors
    /// When the database does not answer or cannot be written.
    pub async fn key_check_keep(&self, sealed: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        tx.execute(&KEY_CHECK_KEEP, args![sealed, now]).await?;
        let row = tx.first(&KEY_CHECK, vec![]).await?;
        let kept = row.ok_or(StoreError::NotFound)?.bytes("sealed")?;
        tx.commit().await?;
        Ok(kept)
    }

    /// Takes other sealed words from now on: the key they were sealed with is lost, and with it every credential.
    ///
    /// Each workspace is told in its audit log, in the same transaction.
    ///
    /// # Errors
    /// When the database does not answer or cannot be written.
    pub async fn key_check_replace(&self, sealed: Vec<u8>) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        tx.execute(&KEY_CHECK_REPLACE, args![sealed, now]).await?;
        let mut entries = Vec::new();
        for row in tx.fetch(&WORKSPACES, vec![]).await? {
            let workspace_id = WorkspaceId::from_uuid(row.uuid("id")?);
            entries.push(AuditEntry {
                workspace_id,
                scope_id: ScopeId::of(workspace_id, None),
                action: action::INSTALLATION_KEY_ADOPTED,
                actor: AuditActor::command_line(),
                subject_id: workspace_id.as_uuid(),
                run_id: None,
                detail: "{}".to_owned(),
            });
        }
        append(&mut tx, now, entries).await?;
        tx.commit().await
    }

    /// Whether a key opens any of the stored credentials; none when there are no credentials.
    ///
    /// What is in a credential is not answered: that is had by a run alone.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn some_credential_opens(
        &self,
        opens: impl Fn(ConnectionId, &[u8]) -> bool,
    ) -> Result<Option<bool>, StoreError> {
        let rows = self.db.fetch(&SEALED, vec![]).await?;
        let mut any = None;
        for row in &rows {
            let connection = ConnectionId::from_uuid(row.uuid("connection_id")?);
            if opens(connection, &row.bytes("sealed")?) {
                return Ok(Some(true));
            }
            any = Some(false);
        }
        Ok(any)
    }
}
