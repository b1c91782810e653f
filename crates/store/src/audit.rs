//! The audit log: append-only, one chain of hashes a workspace (D-03).
//!
//! Entries are appended last in their transaction, because they lock the workspace's head:
//! the sequence is the order of commits.

use std::collections::BTreeMap;

use domain::{
    ids::{RunId, ScopeId, UserId, WorkspaceId},
    time::Timestamp,
};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    Store,
    error::StoreError,
    scope::Scope,
    sql::{Statement, Tx, args, dialects, same},
};

/// Who did what an entry tells of.
#[derive(Debug, Clone)]
pub(crate) struct AuditActor {
    pub(crate) id: Option<UserId>,
    pub(crate) name: String,
}

impl AuditActor {
    /// The person who asks.
    pub(crate) fn of(scope: &Scope) -> Self {
        Self {
            id: Some(scope.user_id),
            name: scope.display_name.clone(),
        }
    }
}

/// One entry, before it has its place in the chain.
#[derive(Debug, Clone)]
pub(crate) struct AuditEntry {
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) scope_id: ScopeId,
    pub(crate) action: &'static str,
    pub(crate) actor: AuditActor,
    pub(crate) subject_id: Uuid,
    pub(crate) run_id: Option<RunId>,
    pub(crate) detail: String,
}

static HEAD_LOCK: Statement = dialects(
    "audit_head_lock",
    "select sequence, hash from audit_heads where workspace_id = $1",
    "select sequence, hash from audit_heads where workspace_id = $1 for update",
);
static HEAD_CREATE: Statement = same(
    "audit_head_create",
    "insert into audit_heads (workspace_id, sequence, hash) values ($1, 0, $2) on conflict do nothing",
);
static HEAD_MOVE: Statement = same(
    "audit_head_move",
    "update audit_heads set sequence = $2, hash = $3 where workspace_id = $1",
);
static APPEND: Statement = dialects(
    "audit_append",
    "insert into audit_log (workspace_id, scope_id, sequence, at, action, actor_id, actor_name, subject_id, run_id, detail, previous_hash, hash)
     select $1, unhex(e.value ->> 'scope'), e.value ->> 'sequence', $2, e.value ->> 'action',
            unhex(e.value ->> 'actor'), e.value ->> 'actor_name', unhex(e.value ->> 'subject'),
            unhex(e.value ->> 'run'), e.value ->> 'detail', unhex(e.value ->> 'previous'), unhex(e.value ->> 'hash')
     from json_each($3) e",
    "insert into audit_log (workspace_id, scope_id, sequence, at, action, actor_id, actor_name, subject_id, run_id, detail, previous_hash, hash)
     select $1, e.scope, e.sequence, $2, e.action, e.actor, e.actor_name, e.subject, e.run, e.detail,
            decode(e.previous, 'hex'), decode(e.hash, 'hex')
     from json_to_recordset($3::json) as e(scope uuid, sequence bigint, action text, actor uuid, actor_name text,
       subject uuid, run uuid, detail text, previous text, hash text)",
);
static READ_CHAIN: Statement = same(
    "audit_read_chain",
    "select sequence, scope_id, at, action, actor_id, actor_name, subject_id, run_id, detail, previous_hash, hash
     from audit_log where workspace_id = $1 and sequence > $2 order by sequence limit 1000",
);
static WORKSPACE_IDS: Statement = same(
    "audit_workspaces",
    "select workspace_id, sequence from audit_heads order by workspace_id",
);

/// Appends entries and moves the heads of their workspaces; the last thing a transaction does.
pub(crate) async fn append(
    tx: &mut Tx,
    now: Timestamp,
    entries: Vec<AuditEntry>,
) -> Result<(), StoreError> {
    let mut by_workspace: BTreeMap<WorkspaceId, Vec<AuditEntry>> = BTreeMap::new();
    for entry in entries {
        by_workspace
            .entry(entry.workspace_id)
            .or_default()
            .push(entry);
    }
    for (workspace, entries) in by_workspace {
        append_to(tx, now, workspace, &entries).await?;
    }
    Ok(())
}

async fn append_to(
    tx: &mut Tx,
    now: Timestamp,
    workspace: WorkspaceId,
    entries: &[AuditEntry],
) -> Result<(), StoreError> {
    let (mut sequence, mut hash) = lock_head(tx, workspace).await?;
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        sequence += 1;
        let previous = hash;
        hash = link(&previous, sequence, now, entry);
        rows.push(json!({
            "scope": entry.scope_id.as_uuid().simple(),
            "sequence": sequence,
            "action": entry.action,
            "actor": entry.actor.id.map(|id| id.as_uuid().simple()),
            "actor_name": entry.actor.name,
            "subject": entry.subject_id.simple(),
            "run": entry.run_id.map(|id| id.as_uuid().simple()),
            "detail": entry.detail,
            "previous": hex(&previous),
            "hash": hex(&hash),
        }));
    }
    tx.execute(&APPEND, args![workspace, now, to_json(&rows)?])
        .await?;
    tx.execute(&HEAD_MOVE, args![workspace, sequence, hash])
        .await?;
    Ok(())
}

async fn lock_head(tx: &mut Tx, workspace: WorkspaceId) -> Result<(i64, [u8; 32]), StoreError> {
    if let Some(row) = tx.first(&HEAD_LOCK, args![workspace]).await? {
        return Ok((row.int("sequence")?, hash_of(row.bytes("hash")?)));
    }
    tx.execute(&HEAD_CREATE, args![workspace, [0_u8; 32]])
        .await?;
    let row = tx
        .first(&HEAD_LOCK, args![workspace])
        .await?
        .ok_or(StoreError::NotFound)?;
    Ok((row.int("sequence")?, hash_of(row.bytes("hash")?)))
}

/// The next hash: SHA-256 over the previous one and every field, each with its length before it.
fn link(previous: &[u8; 32], sequence: i64, at: Timestamp, entry: &AuditEntry) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"tenant-atlas audit 1");
    hasher.update(previous);
    hasher.update(sequence.to_be_bytes());
    hasher.update(at.0.to_be_bytes());
    let ids = [
        Some(entry.workspace_id.as_uuid()),
        Some(entry.scope_id.as_uuid()),
        entry.actor.id.map(UserId::as_uuid),
        Some(entry.subject_id),
        entry.run_id.map(RunId::as_uuid),
    ];
    for id in ids {
        hasher.update(id.map_or([0; 16], |id| *id.as_bytes()));
    }
    for text in [entry.action, &entry.actor.name, &entry.detail] {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().into()
}

fn hash_of(bytes: Vec<u8>) -> [u8; 32] {
    bytes.try_into().unwrap_or([0; 32])
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
            // Writing to a String cannot fail.
            let _ = write!(out, "{byte:02x}");
            out
        })
}

/// A value as JSON text.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::UnwritableJson)
}

/// What a look over one workspace's chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditVerdict {
    /// Which workspace.
    pub workspace_id: WorkspaceId,
    /// How many entries were read.
    pub entries: i64,
    /// The first entry that does not fit, if one does not.
    pub broken_at: Option<i64>,
}

impl Store {
    /// Recomputes every chain and names the first entry that does not fit.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn audit_verify(&self) -> Result<Vec<AuditVerdict>, StoreError> {
        let mut verdicts = Vec::new();
        for head in self.db.fetch(&WORKSPACE_IDS, vec![]).await? {
            let workspace = WorkspaceId::from_uuid(head.uuid("workspace_id")?);
            verdicts.push(self.verify_chain(workspace, head.int("sequence")?).await?);
        }
        // Entries written meanwhile have moved their head; entries behind the head were smuggled in.
        for head in self.db.fetch(&WORKSPACE_IDS, vec![]).await? {
            let (workspace, sequence) = (head.uuid("workspace_id")?, head.int("sequence")?);
            for verdict in &mut verdicts {
                if verdict.workspace_id.as_uuid() == workspace && verdict.entries > sequence {
                    verdict.broken_at = Some(sequence + 1);
                }
            }
        }
        Ok(verdicts)
    }

    async fn verify_chain(
        &self,
        workspace_id: WorkspaceId,
        head: i64,
    ) -> Result<AuditVerdict, StoreError> {
        let (mut sequence, mut hash) = (0, [0_u8; 32]);
        loop {
            let rows = self
                .db
                .fetch(&READ_CHAIN, args![workspace_id, sequence])
                .await?;
            if rows.is_empty() {
                let broken_at = (sequence < head).then_some(sequence + 1);
                return Ok(AuditVerdict {
                    workspace_id,
                    entries: sequence,
                    broken_at,
                });
            }
            for row in rows {
                let entry = AuditEntry {
                    workspace_id,
                    scope_id: ScopeId::from_uuid(row.uuid("scope_id")?),
                    action: known_action(&row.text("action")?),
                    actor: AuditActor {
                        id: row.opt_uuid("actor_id")?.map(UserId::from_uuid),
                        name: row.text("actor_name")?,
                    },
                    subject_id: row.uuid("subject_id")?,
                    run_id: row.opt_uuid("run_id")?.map(RunId::from_uuid),
                    detail: row.text("detail")?,
                };
                let next = link(&hash, sequence + 1, row.time("at")?, &entry);
                if row.int("sequence")? != sequence + 1
                    || row.bytes("previous_hash")? != hash
                    || row.bytes("hash")? != next
                {
                    let broken_at = Some(sequence + 1);
                    return Ok(AuditVerdict {
                        workspace_id,
                        entries: sequence,
                        broken_at,
                    });
                }
                (sequence, hash) = (sequence + 1, next);
            }
        }
    }
}

/// Every action there is; an entry with another one was not written by this program.
pub(crate) mod action {
    macro_rules! actions {
        ($($name:ident = $word:literal,)+) => {
            $(pub(crate) const $name: &str = $word;)+
            pub(super) const ALL: &[&str] = &[$($word),+];
        };
    }
    actions! {
        RUN_REQUESTED = "run.requested",
        RUN_STARTED = "run.started",
        RUN_COMPLETED = "run.completed",
        RUN_BLOCKED = "run.blocked",
        RUN_RESCUED = "run.rescued",
        WORKSPACE_CREATED = "workspace.created",
        WORKSPACE_ROLE_SET = "workspace_membership.role_set",
        WORKSPACE_MEMBER_REMOVED = "workspace_membership.removed",
        WORKSPACE_RENAMED = "workspace.renamed",
        INVITATION_CREATED = "invitation.created",
        INVITATION_WITHDRAWN = "invitation.withdrawn",
        INVITATION_ACCEPTED = "invitation.accepted",
        PASSWORD_CHANGED = "user.password_changed",
        TENANT_CREATED = "tenant.created",
        TENANT_CHANGED = "tenant.changed",
        TENANT_ROLE_SET = "tenant_membership.role_set",
        TENANT_MEMBER_REMOVED = "tenant_membership.removed",
        TENANT_LIFECYCLE_SET = "tenant.lifecycle_set",
        CONNECTION_CREATED = "provider_connection.created",
        CONNECTION_CHANGED = "provider_connection.changed",
        CONNECTION_ENABLED = "provider_connection.enabled",
        CONNECTION_DISABLED = "provider_connection.disabled",
        CONNECTION_VERIFIED = "provider_connection.verified",
        CREDENTIAL_STORED = "provider_credential.stored",
    }
}

fn known_action(word: &str) -> &'static str {
    action::ALL
        .iter()
        .copied()
        .find(|known| *known == word)
        .unwrap_or("")
}
