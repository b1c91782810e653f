//! Ending a run before its own end.

use domain::{
    error::ApiError,
    ids::RunId,
    views::{ActionView, CancelAsked},
};
use store::{Cancel, RunAccess, Scope, StepRow};

use super::run_page::lacking_to_start;
use crate::{Services, problem::Answer as _};

const OVER: &str = "This run is already over.";

impl Services {
    /// Ends a queued run at once, and asks for the end of a running one; asking twice changes nothing.
    ///
    /// Who may start an operation in a tenant may end its runs there, whoever started them.
    ///
    /// # Errors
    /// `NotFound` for unknown, malformed and foreign ids alike; `Forbidden` without the capability to view it
    /// or to start what it does; `Conflict` when it is over, or the person's role changed meanwhile.
    pub async fn cancel(&self, scope: &Scope, run: &str) -> Result<RunId, ApiError> {
        let request = scope.request_id();
        let id: RunId = run.parse().map_err(|_| ApiError::NotFound)?;
        let run = self.store.run(scope, id).await.answer(request)?;
        run.require_view()?;
        run.require_start()?;
        let answer = self.store.run_cancel(scope, &run).await.answer(request)?;
        tracing::info!(run.id = %id, request.id = %request, "cancel of run {id}: {answer:?}");
        match answer {
            Cancel::Ended | Cancel::Asked | Cancel::AskedBefore => Ok(id),
            Cancel::Over => Err(ApiError::Conflict {
                message: OVER.to_owned(),
            }),
        }
    }
}

/// The button that ends a run; none once it is over, or its end was asked for.
pub(crate) fn cancel_action(run: &RunAccess, steps: &[StepRow]) -> Option<ActionView> {
    let is_offered = !run.run().state.is_over() && asked_by(steps).is_none();
    is_offered.then(|| ActionView {
        label: "Cancel run".to_owned(),
        disabled_because: lacking_to_start(run),
    })
}

/// Who asked for the end of a run, and when, if anybody did.
pub(crate) fn asked_by(steps: &[StepRow]) -> Option<CancelAsked> {
    let step = steps
        .iter()
        .find(|step| step.action == "run.cancel_requested")?;
    Some(CancelAsked {
        by: step.actor_name.clone(),
        at: step.at,
    })
}
