//! Asking for the runs of a bulk: a batch at a time, each through the start gate (L-09).

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    bulk::{BulkState, SkipReason},
    ids::{RunId, ScopeId, TenantId, UserId, WorkspaceId},
    operation::OperationType,
    run::AuthorityMode,
    time::Timestamp,
};
use policy::{Facts, Ruling, RunKey, Running, decide};

use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    error::StoreError,
    facts,
    new_id::new_id,
    runs::{
        draft::{Draft, Enqueued, OfBulk},
        request::{Requested, active, is_final, write_blocked},
    },
    sql::{Row, Statement, Tx, args, dialects, same},
    versions::touch,
};

// The parent's place in the queue first: whoever takes the run from us, or wants it ended, waits for the batch.
static PARENT_HELD: Statement = dialects(
    "bulk_parent_held",
    "select r.type, r.user_id, r.initiator_name, q.cancel_requested_at from run_queue q
     join operation_runs r on r.id = q.run_id
     where q.run_id = $1 and q.attempt = $2 and q.status = 'running'",
    "select r.type, r.user_id, r.initiator_name, q.cancel_requested_at from run_queue q
     join operation_runs r on r.id = q.run_id
     where q.run_id = $1 and q.attempt = $2 and q.status = 'running' for update of q",
);
static ITEMS_WAITING: Statement = same(
    "bulk_items_waiting",
    "select scope_id from bulk_items where parent_id = $1 and run_id is null and outcome is null
     order by position limit $2",
);
static ITEM_SET: Statement = same(
    "bulk_item_set",
    "update bulk_items set run_id = $3, outcome = $4, reason_code = $5, updated_at = $6
     where parent_id = $1 and scope_id = $2 and run_id is null and outcome is null",
);

/// What became of an item as its run was asked for.
struct Asked {
    run: Option<RunId>,
    /// Where the run that is named does not tell it.
    told: Option<(BulkState, String)>,
    entries: Vec<AuditEntry>,
}

impl Asked {
    fn child(run: RunId, entries: Vec<AuditEntry>) -> Self {
        Self {
            run: Some(run),
            told: None,
            entries,
        }
    }

    fn skipped(run: RunId, why: SkipReason) -> Self {
        Self {
            run: Some(run),
            told: Some((BulkState::Skipped, why.as_str().to_owned())),
            entries: Vec::new(),
        }
    }
}

impl Store {
    /// Asks for the next runs of a bulk, at most so many; answers for how many items it did.
    ///
    /// An item whose run was asked for is passed over, so a rescued bulk goes on where it was.
    ///
    /// # Errors
    /// `LeaseLost` when another attempt has taken over: then nothing was written.
    pub async fn bulk_ask(&self, running: &Running, most: i64) -> Result<usize, StoreError> {
        // A lost race against an equal request is settled by looking again: the winner is there then.
        for _ in 0..4 {
            if let Some(asked) = self.bulk_ask_once(running.key(), most).await? {
                return Ok(asked);
            }
        }
        Err(StoreError::Conflict)
    }

    async fn bulk_ask_once(&self, key: RunKey, most: i64) -> Result<Option<usize>, StoreError> {
        let mut tx = self.db.write().await?;
        let held = tx
            .first(&PARENT_HELD, args![key.run_id, key.attempt])
            .await?;
        let held = held.ok_or(StoreError::LeaseLost)?;
        // Somebody wants the whole ended: what is not asked for yet stays so.
        if held.opt_time("cancel_requested_at")?.is_some() {
            return Ok(Some(0));
        }
        let items = tx.fetch(&ITEMS_WAITING, args![key.run_id, most]).await?;
        if items.is_empty() {
            return Ok(Some(0));
        }
        let mut drafts = items
            .iter()
            .map(|item| child_draft(key, &held, item))
            .collect::<Result<Vec<_>, _>>()?;
        // Places in the queue are taken in one order, whoever takes several.
        drafts.sort_by_key(Draft::scope_id);
        let begun = tx.now().await?;
        let runs = drafts
            .iter()
            .map(|draft| draft.facts(self.habitat, begun))
            .collect();
        let mut facts = facts::load(&mut tx, runs).await?;
        // Taken after the locks, as in a claim: what was seen lies before.
        let now = tx.now().await?;
        let mut entries: Vec<AuditEntry> = Vec::new();
        for (draft, facts) in drafts.iter().zip(&mut facts) {
            facts.run.now = now;
            let Some(asked) = ask(&mut tx, now, draft, facts).await? else {
                return Ok(None);
            };
            write(&mut tx, now, key, draft.scope_id(), &asked).await?;
            entries.extend(asked.entries);
        }
        // What leaves an entry moves the version of its scope by itself.
        let told: BTreeSet<ScopeId> = entries.iter().map(|entry| entry.scope_id).collect();
        let silent: BTreeMap<ScopeId, WorkspaceId> = drafts
            .iter()
            .filter(|draft| !told.contains(&draft.scope_id()))
            .map(|draft| (draft.scope_id(), draft.workspace_id))
            .collect();
        append(&mut tx, now, entries).await?;
        touch(&mut tx, silent).await?;
        tx.commit().await?;
        self.ring();
        Ok(Some(drafts.len()))
    }
}

/// A part of the bulk, in the name of the person who asked for the whole.
fn child_draft(parent: RunKey, held: &Row, item: &Row) -> Result<Draft, StoreError> {
    let operation = held.word("type", OperationType::parse)?;
    Ok(Draft {
        id: new_id(RunId::from_uuid),
        operation: operation.spec().children.ok_or(StoreError::NotFound)?,
        workspace_id: parent.workspace_id,
        tenant_id: Some(TenantId::from_uuid(item.uuid("scope_id")?)),
        authority: AuthorityMode::ActorBound,
        actor: AuditActor {
            id: held.opt_uuid("user_id")?.map(UserId::from_uuid),
            name: held.text("initiator_name")?,
        },
        retry_of: None,
        original_initiator: None,
        schedule: None,
        bulk: Some(OfBulk::Child {
            parent: parent.run_id,
        }),
    })
}

/// Asks the gate for one run; none when an equal one was queued in the same moment.
async fn ask(
    tx: &mut Tx,
    now: Timestamp,
    draft: &Draft,
    facts: &Facts,
) -> Result<Option<Asked>, StoreError> {
    match decide(facts) {
        // Of the person: there is no run, and the item says why.
        Ruling::Refused(refusal) if is_final(&refusal) => Ok(Some(Asked {
            run: None,
            told: Some((BulkState::Blocked, refusal.code().as_str().to_owned())),
            entries: Vec::new(),
        })),
        Ruling::Refused(refusal) => Ok(Some(match in_the_way(tx, draft).await? {
            Some(skipped) => skipped,
            None => Asked::child(draft.id, write_blocked(tx, now, draft, &refusal).await?),
        })),
        Ruling::Allowed(_) => {
            if let Some(skipped) = in_the_way(tx, draft).await? {
                return Ok(Some(skipped));
            }
            let connection = facts.connection.as_ref().map(|c| c.connection_id);
            draft.insert(tx, now, connection).await?;
            if matches!(draft.enqueue(tx, now, connection).await?, Enqueued::Refused) {
                return Ok(None);
            }
            let requested = draft.audit(action::RUN_REQUESTED, draft.context());
            Ok(Some(Asked::child(draft.id, vec![requested])))
        }
    }
}

async fn in_the_way(tx: &mut Tx, draft: &Draft) -> Result<Option<Asked>, StoreError> {
    Ok(match active(tx, draft).await? {
        Some(Requested::Deduped(run)) => Some(Asked::skipped(run, SkipReason::AlreadyActive)),
        Some(Requested::ScopeBusy(run)) => Some(Asked::skipped(run, SkipReason::ConnectionInUse)),
        _ => None,
    })
}

async fn write(
    tx: &mut Tx,
    now: Timestamp,
    parent: RunKey,
    item: ScopeId,
    asked: &Asked,
) -> Result<(), StoreError> {
    let (outcome, reason) = match &asked.told {
        Some((state, reason)) => (Some(state.as_str()), Some(&**reason)),
        None => (None, None),
    };
    let args = args![parent.run_id, item, asked.run, outcome, reason, now];
    match tx.execute(&ITEM_SET, args).await? {
        0 => Err(StoreError::Conflict),
        _ => Ok(()),
    }
}
