//! Asking for the runs of a bulk: a batch at a time, each through the start gate (L-09).

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    bulk::{BulkState, SkipReason},
    ids::{RunId, ScopeId, TenantId, UserId, WorkspaceId},
    operation::OperationType,
    run::AuthorityMode,
    time::Timestamp,
};
use policy::{RunKey, Running};

use crate::{
    Store,
    audit::{AuditActor, append},
    error::StoreError,
    facts,
    new_id::new_id,
    runs::{
        ask::{Active, Came, ask},
        draft::{Draft, OfBulk},
    },
    sql::{Row, Rows, Statement, Tx, args, dialects, same},
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
static ITEMS_SET: Statement = dialects(
    "bulk_items_set",
    "update bulk_items set run_id = t.run, outcome = t.outcome, reason_code = t.reason, updated_at = $2
     from given as t where parent_id = $1 and scope_id = t.scope and run_id is null
       and bulk_items.outcome is null",
    "update bulk_items set run_id = t.run, outcome = t.outcome, reason_code = t.reason, updated_at = $6
     from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as t(scope, run, outcome, reason)
     where parent_id = $5 and scope_id = t.scope and run_id is null and bulk_items.outcome is null",
);

/// What an item is told: the run that was asked for or stands in the way, and why there is none of its own.
type Told = (Option<RunId>, Option<(BulkState, &'static str)>);

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
        drafts.sort_by_cached_key(Draft::turn);
        let runs = drafts
            .iter()
            .map(|draft| draft.facts(self.habitat))
            .collect();
        let facts = facts::load(&mut tx, runs).await?;
        // Taken after the locks, as in a claim: what was seen lies before.
        let now = tx.now().await?;
        let asked_for: Vec<_> = drafts.iter().collect();
        let Some(asked) = ask(&mut tx, now, &asked_for, facts).await? else {
            return Ok(None);
        };
        let items = drafts.iter().zip(&asked.came);
        let items = items.map(|(draft, came)| told_of(draft, came));
        let items = items.collect::<Result<Vec<_>, _>>()?;
        write(&mut tx, now, key, &drafts, &items).await?;
        let entries = asked.entries;
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

fn told_of(draft: &Draft, came: &Came) -> Result<Told, StoreError> {
    let skipped = |why: SkipReason| Some((BulkState::Skipped, why.as_str()));
    Ok(match came {
        Came::Queued | Came::Blocked(_) => (Some(draft.id), None),
        // Of the person: there is no run, and the item says why.
        Came::Refused(refusal) => (None, Some((BulkState::Blocked, refusal.code().as_str()))),
        Came::InTheWay(Active::Equal(run)) => (Some(*run), skipped(SkipReason::AlreadyActive)),
        Came::InTheWay(Active::Excludes(run)) => (Some(*run), skipped(SkipReason::ConnectionInUse)),
        // Parts are in a tenant each, so none stands in another's way.
        Came::Later => return Err(StoreError::Conflict),
    })
}

async fn write(
    tx: &mut Tx,
    now: Timestamp,
    parent: RunKey,
    drafts: &[Draft],
    told: &[Told],
) -> Result<(), StoreError> {
    let ends = || told.iter().map(|(_, end)| end.as_ref());
    let rows = Rows::default()
        .ids(
            "scope",
            drafts.iter().map(|draft| draft.scope_id().as_uuid()),
        )
        .ids("run", told.iter().map(|(run, _)| run.map(RunId::as_uuid)))
        .texts(
            "outcome",
            ends().map(|end| end.map(|(state, _)| state.as_str().to_owned())),
        )
        .texts(
            "reason",
            ends().map(|end| end.map(|(_, reason)| (*reason).to_owned())),
        );
    let written = tx
        .execute_rows(&ITEMS_SET, rows, args![parent.run_id, now])
        .await?;
    match usize::try_from(written) {
        Ok(written) if written == drafts.len() => Ok(()),
        _ => Err(StoreError::Conflict),
    }
}
