//! The audit log: append-only, one chain of hashes a workspace (D-03).
//!
//! Entries are appended last in their transaction, because they lock the workspace's head:
//! the sequence is the order of commits.

mod entry;

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ids::{RunId, ScopeId, UserId, WorkspaceId},
    time::Timestamp,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

pub(crate) use self::entry::{AuditActor, AuditEntry};
use crate::{
    Store,
    error::StoreError,
    sql::{Rows, Statement, Tx, args, dialects, on_postgres, on_sqlite, same},
    versions,
};

// In the order of the keys: transactions over several workspaces wait for each other, and never in a circle.
static HEADS_LOCK: Statement = dialects(
    "audit_heads_lock",
    "select workspace_id, sequence, hash from audit_heads
     where workspace_id in (select unhex(value) from jsonb_each($1))",
    "select workspace_id, sequence, hash from audit_heads
     where workspace_id in (select value::uuid from json_array_elements_text($1::json))
     order by workspace_id for update",
);
static HEADS_CREATE: Statement = dialects(
    "audit_heads_create",
    "insert into audit_heads (workspace_id, sequence, hash)
     select unhex(value), 0, zeroblob(32) from jsonb_each($1) where true on conflict do nothing",
    "insert into audit_heads (workspace_id, sequence, hash)
     select value::uuid, 0, decode(repeat('00', 32), 'hex') from json_array_elements_text($1::json)
     order by value on conflict do nothing",
);
static HEADS_MOVE: Statement = on_sqlite(
    "audit_heads_move",
    "update audit_heads set sequence = t.sequence, hash = t.hash
     from given as t
     where workspace_id = t.workspace",
);
static APPEND: Statement = on_sqlite(
    "audit_append",
    "insert into audit_log (workspace_id, scope_id, sequence, at, action, actor_id, actor_name, subject_id, run_id, detail, previous_hash, hash)
     select e.workspace, e.scope, e.sequence, $1, e.action, e.actor, e.actor_name, e.subject, e.run, e.detail,
            e.previous, e.hash
     from given e",
);
// Everybody who writes waits for the heads, so nothing is asked twice while they are held.
static APPEND_WHOLE: Statement = on_postgres(
    "audit_append_whole",
    "with heads as (
       update audit_heads set sequence = t.sequence, hash = t.hash
       from unnest($12::uuid[], $13::bigint[], $14::bytea[]) as t(workspace, sequence, hash)
       where workspace_id = t.workspace),
     versions as (
       insert into scope_versions (workspace_id, scope_id, version)
       select s.workspace, s.scope, 1 from unnest($15::uuid[], $16::uuid[]) as s(workspace, scope) order by s.scope
       on conflict (scope_id) do update set version = scope_versions.version + 1)
     insert into audit_log (workspace_id, scope_id, sequence, at, action, actor_id, actor_name, subject_id, run_id, detail, previous_hash, hash)
     select e.workspace, e.scope, e.sequence, $17, e.action, e.actor, e.actor_name, e.subject, e.run, e.detail,
            e.previous, e.hash
     from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::uuid[], $6::text[], $7::uuid[], $8::uuid[],
       $9::text[], $10::bytea[], $11::bytea[])
       as e(workspace, scope, sequence, action, actor, actor_name, subject, run, detail, previous, hash)",
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

/// Appends entries, moves the heads of their workspaces and the versions of their scopes;
/// the last thing a transaction does.
pub(crate) async fn append(
    tx: &mut Tx,
    now: Timestamp,
    entries: Vec<AuditEntry>,
) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let workspaces: BTreeSet<WorkspaceId> = entries.iter().map(|e| e.workspace_id).collect();
    let mut heads = lock_heads(tx, &workspaces).await?;
    let mut links = Vec::with_capacity(entries.len());
    for entry in &entries {
        let head = heads
            .get_mut(&entry.workspace_id)
            .ok_or(StoreError::NotFound)?;
        let previous = head.hash;
        head.sequence += 1;
        head.hash = link(&previous, head.sequence, now, entry);
        links.push((head.sequence, previous, head.hash));
    }
    let scopes = entries.iter().map(|e| (e.scope_id, e.workspace_id));
    let scopes = scopes.collect();
    let entries = rows_of(entries, &links);
    let heads = Rows::default()
        .ids("workspace", heads.keys().map(|id| id.as_uuid()))
        .ints("sequence", heads.values().map(|head| head.sequence))
        .bytes("hash", heads.values().map(|head| head.hash.to_vec()));
    if tx.changes_several_in_one() {
        let rows = entries.and(heads).and(versions::rows_of(scopes));
        let whole = tx.execute_rows(&APPEND_WHOLE, rows, args![now]);
        return whole.await.map(drop);
    }
    tx.execute_rows(&APPEND, entries, args![now]).await?;
    tx.execute_rows(&HEADS_MOVE, heads, vec![]).await?;
    versions::touch(tx, scopes).await
}

/// The end of a workspace's chain.
struct Head {
    sequence: i64,
    hash: [u8; 32],
}

/// An entry's place: its sequence, the hash before it, and its own.
type Link = (i64, [u8; 32], [u8; 32]);

fn rows_of(entries: Vec<AuditEntry>, links: &[Link]) -> Rows {
    let of = entries.iter();
    let rows = Rows::default()
        .ids("workspace", of.clone().map(|e| e.workspace_id.as_uuid()))
        .ids("scope", of.clone().map(|e| e.scope_id.as_uuid()))
        .ints("sequence", links.iter().map(|(sequence, ..)| *sequence))
        .texts("action", of.clone().map(|e| e.action.to_owned()))
        .ids("actor", of.clone().map(|e| e.actor.id.map(UserId::as_uuid)))
        .texts("actor_name", of.clone().map(|e| e.actor.name.clone()))
        .ids("subject", of.clone().map(|e| e.subject_id))
        .ids("run", of.map(|e| e.run_id.map(RunId::as_uuid)));
    rows.texts("detail", entries.into_iter().map(|e| e.detail))
        .bytes(
            "previous",
            links.iter().map(|(_, previous, _)| previous.to_vec()),
        )
        .bytes("hash", links.iter().map(|(.., hash)| hash.to_vec()))
}

async fn lock_heads(
    tx: &mut Tx,
    workspaces: &BTreeSet<WorkspaceId>,
) -> Result<BTreeMap<WorkspaceId, Head>, StoreError> {
    let ids: Vec<_> = workspaces.iter().map(|id| id.as_uuid().simple()).collect();
    let ids = to_json(&ids)?;
    let mut rows = tx.fetch(&HEADS_LOCK, args![&*ids]).await?;
    if rows.len() < workspaces.len() {
        tx.execute(&HEADS_CREATE, args![&*ids]).await?;
        rows = tx.fetch(&HEADS_LOCK, args![ids]).await?;
    }
    rows.iter()
        .map(|row| {
            let head = Head {
                sequence: row.int("sequence")?,
                hash: hash_of(row.bytes("hash")?),
            };
            Ok((WorkspaceId::from_uuid(row.uuid("workspace_id")?), head))
        })
        .collect()
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
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
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
        WRITE_INTENT_RESOLVED = "write_intent.resolved",
        RUN_RETRY_SCHEDULED = "run.retry_scheduled",
        RUN_CANCEL_REQUESTED = "run.cancel_requested",
        WORKSPACE_CREATED = "workspace.created",
        WORKSPACE_ROLE_SET = "workspace_membership.role_set",
        WORKSPACE_MEMBER_REMOVED = "workspace_membership.removed",
        WORKSPACE_RENAMED = "workspace.renamed",
        INVITATION_CREATED = "invitation.created",
        INVITATION_WITHDRAWN = "invitation.withdrawn",
        INVITATION_ACCEPTED = "invitation.accepted",
        USER_DISABLED = "user.disabled",
        USER_ENABLED = "user.enabled",
        INSTALLATION_KEY_ADOPTED = "installation_key.adopted",
        PASSWORD_CHANGED = "user.password_changed",
        TENANT_CREATED = "tenant.created",
        TENANT_CHANGED = "tenant.changed",
        TENANT_ROLE_SET = "tenant_membership.role_set",
        TENANT_MEMBER_REMOVED = "tenant_membership.removed",
        TENANT_LIFECYCLE_SET = "tenant.lifecycle_set",
        TENANT_QUEUE_PAUSED = "tenant_queue.paused",
        TENANT_QUEUE_RESUMED = "tenant_queue.resumed",
        CONNECTION_CREATED = "provider_connection.created",
        CONNECTION_CHANGED = "provider_connection.changed",
        CONNECTION_ENABLED = "provider_connection.enabled",
        CONNECTION_DISABLED = "provider_connection.disabled",
        CONNECTION_VERIFIED = "provider_connection.verified",
        CREDENTIAL_STORED = "provider_credential.stored",
        SCHEDULE_CREATED = "schedule.created",
        SCHEDULE_CHANGED = "schedule.changed",
        SCHEDULE_PAUSED = "schedule.paused",
        SCHEDULE_RESUMED = "schedule.resumed",
        SCHEDULE_DELETED = "schedule.deleted",
        SCHEDULE_REALIGNED = "schedule.realigned",
        SLOT_MISSED = "schedule.slot_missed",
        SLOT_SKIPPED = "schedule.slot_skipped",
    }
}

fn known_action(word: &str) -> &'static str {
    action::ALL
        .iter()
        .copied()
        .find(|known| *known == word)
        .unwrap_or("")
}
