//! The start gate: a run exists at dispatch, before any work.

use domain::{
    error::ApiError,
    ids::RunId,
    operation::OperationType,
    reason::{DenialClass, ReasonCode},
};
use policy::Refusal;

use super::{
    ask::{Active, Came, ask},
    draft::{Draft, OfSchedule, RunDraft, SystemDraft},
};
use crate::{
    Store, audit::append, error::StoreError, facts, schedules::Schedule, scope::Scope,
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

    /// Asks for the runs of drafts in one transaction; what it answers is durable.
    pub(super) async fn request_all(&self, drafts: &[&Draft]) -> Result<Vec<Came>, StoreError> {
        let mut has_broken = false;
        // A lost race against an equal request is settled by looking again: the winner is there then.
        for _ in 0..4 {
            match self.request_once(drafts).await {
                Ok(Some(came)) => return Ok(came),
                Ok(None) => {}
                // One connection that broke is no reason to send many people away.
                Err(Failed::BeforeCommit(error))
                    if drafts.len() > 1 && !has_broken && error.is_of_one_connection() =>
                {
                    has_broken = true;
                }
                Err(Failed::BeforeCommit(error) | Failed::AtCommit(error)) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    async fn request_once(&self, drafts: &[&Draft]) -> Result<Option<Vec<Came>>, Failed> {
        let mut tx = match drafts {
            [_] => self.db.write().await?,
            // Whoever is not concerned waits no longer for what one of them needs.
            _ => self.db.write_together().await?,
        };
        let runs = drafts.iter().map(|it| it.facts(self.habitat));
        let facts = facts::load(&mut tx, runs.collect()).await?;
        // Taken after the locks, as in a claim: what was seen lies before.
        let now = tx.now().await?;
        let Some(asked) = ask(&mut tx, now, drafts, facts).await? else {
            return Ok(None);
        };
        if !asked.entries.is_empty() {
            append(&mut tx, now, asked.entries).await?;
            tx.commit().await.map_err(Failed::AtCommit)?;
        }
        if asked.came.iter().any(|came| matches!(came, Came::Queued)) {
            self.ring();
        }
        Ok(Some(asked.came))
    }
}

/// Where a transaction failed.
enum Failed {
    /// Before its commit: nothing was written.
    BeforeCommit(StoreError),
    /// At its commit, which may have counted.
    AtCommit(StoreError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::BeforeCommit(error)
    }
}

/// What a person is told of what their draft came to; none when it is to be asked for again.
pub(super) fn told_of(draft: &Draft, came: Came) -> Option<Result<Requested, StoreError>> {
    let id = draft.id;
    Some(match came {
        Came::Queued => Ok(Requested::Accepted(id)),
        Came::Blocked(code) => Ok(Requested::Blocked(id, code)),
        Came::InTheWay(Active::Equal(run)) => Ok(Requested::Deduped(run)),
        Came::InTheWay(Active::Excludes(run)) => Ok(Requested::ScopeBusy(run)),
        Came::Refused(refusal) => refused(&refusal),
        Came::Later => return None,
    })
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
