//! The start gate: a run exists at dispatch, before any work.

use domain::{
    error::ApiError,
    ids::RunId,
    operation::OperationType,
    reason::{DenialClass, ReasonCode},
    run::DecisionPhase,
    time::Timestamp,
};
use policy::{Refusal, Ruling, decide};

use super::{
    draft::{Draft, Enqueued, OfSchedule, RunDraft, SystemDraft},
    ledger::record_decisions,
    settle::{Notice, notify},
};
use crate::{
    Store,
    audit::{AuditEntry, action, append},
    error::StoreError,
    facts,
    schedules::Schedule,
    scope::Scope,
    sql::{Statement, Tx, args, same},
    tenants::TenantAccess,
};

/// What asking for a run led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requested {
    /// A new run is queued.
    Accepted(RunId),
    /// The same is already queued or running.
    Deduped(RunId),
    /// Another operation of the same exclusion group is active.
    ScopeBusy(RunId),
    /// A prerequisite is not in order; the run is there, blocked, and says what to do.
    Blocked(RunId, ReasonCode),
    /// The person may not do this; there is no run.
    Forbidden(ApiError),
}

// One statement: between two, the equal run could appear and be taken for another operation's.
static ACTIVE: Statement = same(
    "run_active",
    "select run_id, identity_hash = $2 as is_equal from run_queue
     where scope_id = $1 and (identity_hash = $2 or exclusion_key = $3)
     order by identity_hash = $2 desc limit 1",
);
static RUN_BLOCK_AT_REQUEST: Statement = same(
    "run_block_at_request",
    "update operation_runs set status = 'completed', outcome = 'blocked', reason_code = $2, denial_class = $3,
       blocked_phase = $4, completed_at = $5, updated_at = $5
     where id = $1 and status = 'queued'",
);

impl Store {
    /// Asks for a run in the scope's own name.
    ///
    /// # Errors
    /// `NotFound` when the person is no longer entitled to the tenant.
    pub async fn run_request(
        &self,
        scope: &Scope,
        draft: RunDraft<'_>,
    ) -> Result<Requested, StoreError> {
        self.request(Draft::of_person(scope, draft)).await
    }

    /// Asks for a run with the system's own authority; its type must be listed for that, now and at its start (L-06).
    ///
    /// # Errors
    /// `NotFound` when the type is not listed, or the tenant is not the workspace's: then there is no run.
    pub async fn run_request_by_system(&self, draft: SystemDraft) -> Result<Requested, StoreError> {
        self.request(Draft::of_system(draft)).await
    }

    /// Asks for what a schedule does, now and in the scope's own name.
    ///
    /// Each press is a run of its own; what uses the same connection still stands in its way.
    ///
    /// # Errors
    /// `NotFound` when the person is no longer entitled to the tenant.
    pub async fn run_request_now(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        schedule: &Schedule,
    ) -> Result<Requested, StoreError> {
        let operation = OperationType::parse(&schedule.operation_code);
        let draft = RunDraft {
            operation: operation.ok_or(StoreError::NotFound)?,
            tenant,
            retry_of: None,
        };
        let mut draft = Draft::of_person(scope, draft);
        draft.schedule = Some(OfSchedule::ByHand {
            schedule_id: schedule.id,
        });
        self.request(draft).await
    }

    pub(super) async fn request(&self, draft: Draft) -> Result<Requested, StoreError> {
        // A lost race against an equal request is settled by looking again: the winner is there then.
        for _ in 0..4 {
            if let Some(answer) = self.request_once(&draft).await? {
                return Ok(answer);
            }
        }
        Err(StoreError::Conflict)
    }

    async fn request_once(&self, draft: &Draft) -> Result<Option<Requested>, StoreError> {
        let mut tx = self.db.write().await?;
        let run = draft.facts(self.habitat, tx.now().await?);
        let mut facts = facts::load(&mut tx, vec![run]).await?;
        let facts = facts.first_mut().ok_or(StoreError::NotFound)?;
        // Taken after the locks, as in a claim: what was seen lies before.
        let now = tx.now().await?;
        facts.run.now = now;
        match decide(facts) {
            Ruling::Refused(refusal) if is_final(&refusal) => refused(&refusal).map(Some),
            Ruling::Refused(refusal) => match active(&mut tx, draft).await? {
                Some(active) => Ok(Some(active)),
                None => blocked(tx, now, draft, refusal).await.map(Some),
            },
            Ruling::Allowed(_) => {
                if let Some(active) = active(&mut tx, draft).await? {
                    return Ok(Some(active));
                }
                let connection = facts.connection.as_ref().map(|c| c.connection_id);
                draft.insert(&mut tx, now, connection).await?;
                if matches!(
                    draft.enqueue(&mut tx, now, connection).await?,
                    Enqueued::Refused
                ) {
                    return Ok(None);
                }
                let requested = draft.audit(action::RUN_REQUESTED, draft.context());
                append(&mut tx, now, vec![requested]).await?;
                tx.commit().await?;
                self.ring();
                Ok(Some(Requested::Accepted(draft.id)))
            }
        }
    }
}

/// The active run that stands in this one's way, if there is one.
pub(super) async fn active(tx: &mut Tx, draft: &Draft) -> Result<Option<Requested>, StoreError> {
    let args = args![draft.scope_id(), draft.identity(), draft.exclusion_key()];
    let Some(row) = tx.first(&ACTIVE, args).await? else {
        return Ok(None);
    };
    let run = RunId::from_uuid(row.uuid("run_id")?);
    Ok(Some(if row.flag("is_equal")? {
        Requested::Deduped(run)
    } else {
        Requested::ScopeBusy(run)
    }))
}

/// Whether a refusal is one of the person, who then gets no run, and not one of circumstances.
pub(super) fn is_final(refusal: &Refusal) -> bool {
    !refusal.code().class().is_retryable()
}

fn refused(refusal: &Refusal) -> Result<Requested, StoreError> {
    match refusal.code().class() {
        DenialClass::CapabilityDenied => {
            let word = refusal
                .decision()
                .required_capability
                .as_deref()
                .unwrap_or_default();
            let capability = domain::capability::Capability::parse(word)
                .map_or("Start operations", domain::capability::Capability::label);
            Ok(Requested::Forbidden(ApiError::Forbidden {
                capability: capability.to_owned(),
            }))
        }
        _ => Err(StoreError::NotFound),
    }
}

/// Leaves a visible run, born blocked, that says what to do.
async fn blocked(
    mut tx: Tx,
    now: Timestamp,
    draft: &Draft,
    refusal: Refusal,
) -> Result<Requested, StoreError> {
    let entries = write_blocked(&mut tx, now, draft, &refusal).await?;
    append(&mut tx, now, entries).await?;
    tx.commit().await?;
    Ok(Requested::Blocked(draft.id, refusal.code()))
}

/// Writes a run that is born blocked; answers the entries that its transaction has to append.
pub(super) async fn write_blocked(
    tx: &mut Tx,
    now: Timestamp,
    draft: &Draft,
    refusal: &Refusal,
) -> Result<Vec<AuditEntry>, StoreError> {
    let code = refusal.code();
    draft
        .insert(
            tx,
            now,
            refusal.decision().target_scope.provider_connection_id,
        )
        .await?;
    let mut told = record_decisions(tx, now, &[], std::slice::from_ref(refusal)).await?;
    let told = told.remove(&draft.id).ok_or(StoreError::Conflict)?;
    let args = args![
        draft.id,
        code.as_str(),
        code.class().as_str(),
        DecisionPhase::Request.as_str(),
        now,
    ];
    tx.execute(&RUN_BLOCK_AT_REQUEST, args).await?;
    if let Some(user_id) = draft.actor.id {
        let notice = Notice {
            workspace_id: draft.workspace_id,
            scope_id: draft.scope_id(),
            user_id,
            run_id: draft.id,
        };
        notify(tx, now, &[notice]).await?;
    }
    Ok(vec![
        draft.audit(action::RUN_REQUESTED, draft.context()),
        draft.audit(action::RUN_BLOCKED, told),
    ])
}
