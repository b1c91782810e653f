//! Starting and retrying runs (R-01, R-07, L-08).

use domain::{
    bulk::SkipReason,
    error::ApiError,
    ids::RunId,
    operation::{OperationType, ProviderEffect},
    run::RunOutcome,
    views::{StartAnswer, StartResult},
};
use store::{Requested, RunAccess, RunDraft, RunRow, Scope, TenantAccess};

use crate::{Services, problem::Answer as _};

impl Services {
    /// Starts an operation in a tenant: the run is there before any work, and before this answers.
    ///
    /// # Errors
    /// `NotFound` without entitlement, `Forbidden` without the capability, `Invalid` for an unknown operation.
    pub async fn start(
        &self,
        scope: &Scope,
        tenant: &str,
        operation: &str,
    ) -> Result<StartAnswer, ApiError> {
        let tenant = self.tenant_of(scope, tenant).await?;
        let operation = OperationType::parse_in(self.store.habitat(), operation)
            .filter(|operation| operation.is_of_tenant())
            .ok_or_else(|| ApiError::invalid("operation", "There is no operation of this type."))?;
        self.request(scope, &tenant, operation, None).await
    }

    /// Starts a run again as a new one, in the name of the person who asks now.
    ///
    /// # Errors
    /// As `start`; `Conflict` when this run cannot be tried again.
    pub async fn retry(&self, scope: &Scope, run: &str) -> Result<StartAnswer, ApiError> {
        let id: RunId = run.parse().map_err(|_| ApiError::NotFound)?;
        let run = self.store.run(scope, id).await.answer(scope.request_id())?;
        run.require_view()?;
        let run = match self.reach_of(scope, &run).await? {
            Some(reach) => self.as_told(scope, run, &reach).await?,
            None => run,
        };
        if let Some(message) = retry_refusal(&run) {
            return Err(ApiError::Conflict { message });
        }
        let row = run.run();
        let operation = OperationType::parse_in(self.store.habitat(), &row.operation_code)
            .ok_or(ApiError::NotFound)?;
        if operation.spec().children.is_some() {
            return self.bulk_retry(scope, &run, operation).await;
        }
        let tenant = row.tenant_id.ok_or(ApiError::NotFound)?;
        let tenant = self
            .store
            .tenant(scope, tenant)
            .await
            .answer(scope.request_id())?;
        self.request(scope, &tenant, operation, Some(&run)).await
    }

    async fn request(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        operation: OperationType,
        retry_of: Option<&RunAccess>,
    ) -> Result<StartAnswer, ApiError> {
        let draft = RunDraft {
            operation,
            tenant,
            retry_of,
        };
        let requested = self.store.run_request(scope, draft).await;
        told(tenant, operation, requested.answer(scope.request_id())?)
    }
}

/// What a person is told of what asking for a run led to.
pub(crate) fn told(
    tenant: &TenantAccess,
    operation: OperationType,
    requested: Requested,
) -> Result<StartAnswer, ApiError> {
    let queued = queued(operation.spec().label, tenant.name());
    let busy = SkipReason::ConnectionInUse.sentence();
    let busy = format!("{busy} Start this one when it has ended.");
    let (result, run_id, message) = match requested {
        Requested::Forbidden(error) => return Err(error),
        Requested::Accepted(id) => (StartResult::Accepted, id, &*queued),
        Requested::Deduped(id) => (
            StartResult::Deduped,
            id,
            "This is already queued or running; here it is.",
        ),
        Requested::ScopeBusy(id) => (StartResult::ScopeBusy, id, &*busy),
        Requested::Blocked(id, _) => (
            StartResult::Blocked,
            id,
            "Blocked. The run says why, and what to do.",
        ),
    };
    tracing::info!(run.id = %run_id, tenant.id = %tenant.id(), result = %result, "start of {operation}, run {run_id}");
    let operation = operation.spec().label.to_owned();
    Ok(StartAnswer {
        result,
        run_id,
        operation,
        message: message.to_owned(),
    })
}

/// What a person is told of a run that was accepted.
pub(crate) fn queued(operation: &str, tenant: &str) -> String {
    format!("{operation} of {tenant} is queued.")
}

/// Why a run cannot be tried again, if it cannot; a run under way has no such question.
pub(crate) fn retry_refusal(run: &RunAccess) -> Option<String> {
    let row = run.run();
    if !row.state.is_over() {
        return Some("This run is not over.".to_owned());
    }
    match row.state.outcome {
        RunOutcome::Blocked if row.denial_class.is_some_and(|class| !class.is_retryable()) => {
            let to_do = match run.require_start() {
                Ok(_) => " Start the operation from the tenant's page.",
                // What the reader lacks for it stands with the refusal.
                Err(_) => "",
            };
            Some(format!("A refusal of this kind is final.{to_do}"))
        }
        RunOutcome::Blocked => None,
        // What it wrote before it ended like this is not known to be whole, and must not be written again blindly.
        RunOutcome::Failed | RunOutcome::PartiallySucceeded | RunOutcome::Cancelled if writes(row) => {
            Some(
                "This run writes to the provider. Look at what it did, and start the operation anew where it belongs."
                    .to_owned(),
            )
        }
        RunOutcome::Failed | RunOutcome::PartiallySucceeded | RunOutcome::Cancelled => None,
        RunOutcome::Succeeded => Some("This run succeeded.".to_owned()),
        _ => Some("A run that ended like this is not started again.".to_owned()),
    }
}

fn writes(row: &RunRow) -> bool {
    OperationType::parse(&row.operation_code)
        .is_some_and(|operation| operation.spec().effect == ProviderEffect::Writes)
}
