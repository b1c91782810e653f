//! The items of a bulk run, for a person: those in tenants that they may look at, and no trace of others.

use std::collections::BTreeMap;

use domain::{
    bulk::{BulkState, BulkTally},
    error::ApiError,
    explain::{Explanation, Names, Reader},
    ids::RunId,
    operation::OperationType,
    reason::{ReasonCode, ReasonDetail},
    run::RunOutcome,
    views::BulkItemView,
    waiting::WaitingFor,
};
use store::{BulkItem, RunAccess, RunRow, Scope, TenantAccess, WorkspaceAccess};

use super::{bulk::in_words, run_page::Reach};
use crate::{Services, families::bulk, problem::Answer as _};

/// What a person sees of a bulk run.
pub(super) struct Bulk {
    /// Its items, in their order.
    pub(super) items: Vec<BulkItemView>,
    /// The same, counted.
    pub(super) tally: BulkTally,
    /// Whether an item waits for something that may pass by itself.
    pub(super) is_waiting: bool,
    /// What is not shown, and why (V-15).
    pub(super) redaction: Option<&'static str>,
}

const SOME_HIDDEN: &str = "Tenants that you are not a member of: they are neither listed nor counted here, and the outcome is that of the others. An owner of a tenant can add you.";
const ALL_HIDDEN: &str = "You are a member of none of the tenants that this run is about, so nothing is listed or counted here, nor how it ended; an owner of a tenant can add you.";

const PREREQUISITE: &str = ReasonCode::ExecutionPrerequisiteInvalid.as_str();
const LEFT_BEHIND: &str = ReasonDetail::BulkOver.as_str();

impl Services {
    /// The tenants of a run's workspace in which the person may view the parts of a bulk.
    pub(super) async fn seen_tenants(
        &self,
        scope: &Scope,
        run: &RunAccess,
        operation: OperationType,
    ) -> Result<(WorkspaceAccess, Vec<TenantAccess>), ApiError> {
        let request = scope.request_id();
        let workspace = self.store.workspace(scope, run.run().workspace_id).await;
        let workspace = workspace.answer(request)?;
        let tenants = self.store.tenants(scope, &workspace).await;
        let mut tenants = tenants.answer(request)?;
        let view = operation.spec().children.unwrap_or(operation).spec();
        tenants.retain(|tenant| tenant.grants().allow(view.view_capability));
        Ok((workspace, tenants))
    }

    /// What a person with these tenants sees of a bulk run.
    pub(super) async fn bulk_of(
        &self,
        scope: &Scope,
        run: &RunAccess,
        tenants: &[TenantAccess],
    ) -> Result<Bulk, ApiError> {
        let request = scope.request_id();
        let items = self.store.bulk_items(scope, run, tenants).await;
        let items = items.answer(request)?;
        let now = self.store.now().await.answer(request)?;
        let waits = self.store.waits_of_items(&items, now).await;
        let waits = waits.answer(request)?;
        let beyond = self.store.bulk_reaches_beyond(run, tenants).await;
        let redaction = match (beyond.answer(request)?, items.is_empty()) {
            (false, _) => None,
            (true, false) => Some(SOME_HIDDEN),
            (true, true) => Some(ALL_HIDDEN),
        };
        Ok(Bulk {
            tally: items.iter().map(|item| (item.state, 1)).collect(),
            is_waiting: !waits.is_empty(),
            items: items
                .into_iter()
                .filter_map(|item| view(run, tenants, item, &waits))
                .collect(),
            redaction,
        })
    }
}

impl Services {
    /// A bulk run as this person is told of it: its end is that of the items they may see.
    pub(super) async fn as_told(
        &self,
        scope: &Scope,
        run: RunAccess,
        reach: &Reach,
    ) -> Result<RunAccess, ApiError> {
        let mut told = self.ends_told(scope, &[run.run()], reach).await?;
        let told = told.remove(&run.run().id);
        Ok(match told {
            Some(row) => run.told(row),
            None => run,
        })
    }

    /// Those bulks among runs of which a person is told another end than that of the whole.
    pub(super) async fn ends_told(
        &self,
        scope: &Scope,
        bulks: &[&RunRow],
        (workspace, tenants): &Reach,
    ) -> Result<BTreeMap<RunId, RunRow>, ApiError> {
        let request = scope.request_id();
        let ended = bulks.iter().filter(|run| tells_of_items(run));
        let ended: Vec<_> = ended.copied().collect();
        let everywhere = self.store.reaches_everywhere(workspace, tenants);
        if ended.is_empty() || everywhere.await.answer(request)? {
            return Ok(BTreeMap::new());
        }
        let whole = self.store.bulks_within(scope, &ended, tenants).await;
        let whole = whole.answer(request)?;
        let tallies = self.store.bulk_tallies(scope, &ended, tenants).await;
        let tallies = tallies.answer(request)?;
        let parts = ended.iter().filter(|run| !whole.contains(&run.id));
        Ok(parts
            .map(|run| (run.id, told(run, tallies.get(&run.id))))
            .collect())
    }
}

/// Whether the end of a bulk says something of its items.
fn tells_of_items(run: &RunRow) -> bool {
    match run.state.outcome {
        RunOutcome::Succeeded | RunOutcome::PartiallySucceeded => true,
        RunOutcome::Failed => run.failures.iter().all(bulk::is_of_items),
        // One that the gate refused has a class.
        RunOutcome::Blocked => run.denial_class.is_none(),
        _ => false,
    }
}

/// The end of a bulk as the items in a person's own tenants make it; with none of them, that it is over.
fn told(run: &RunRow, own: Option<&BulkTally>) -> RunRow {
    let is_whole = run.failures.iter().all(bulk::is_of_items) && run.denial_class.is_none();
    let done = own.is_some_and(BulkTally::has_success);
    let outcome = match (is_whole, own) {
        (true, None) => RunOutcome::Pending,
        (true, Some(own)) => own.outcome(),
        // It was stopped: what had succeeded elsewhere by then is not told.
        (false, _) if done => RunOutcome::PartiallySucceeded,
        (false, _) if run.denial_class.is_some() => RunOutcome::Blocked,
        (false, _) => RunOutcome::Failed,
    };
    let failures = match (is_whole, own) {
        (true, None) => Vec::new(),
        (true, Some(own)) => bulk::failures_of(own),
        (false, _) => run.failures.clone(),
    };
    run.clone().told(outcome, failures)
}

/// Why a bulk is blocked that the gate had allowed, for who looks; nothing for any other run.
pub(super) fn nothing_started(run: &RunAccess, reader: Reader) -> Option<Explanation> {
    let row = run.run();
    let is_it = row.state.outcome == RunOutcome::Blocked && row.denial_class.is_none();
    let next_step = match reader {
        Reader::InitiatorAgain | Reader::MayStart => {
            "Each tenant below says what stood against it. Start again once that is cleared."
                .to_owned()
        }
        Reader::Initiator | Reader::MayNotStart => format!(
            "Each tenant below says what stood against it. Whoever may start operations in {} can start again once that is cleared.",
            run.workspace_name()
        ),
    };
    is_it.then(|| Explanation {
        sentence:
            "None of these tenants was verified. Each was refused, or left out because another run stood in its way."
                .to_owned(),
        next_step,
    })
}

/// The same when retention has taken the items.
pub(super) fn without_items(told: Explanation) -> Explanation {
    Explanation {
        next_step: "What stood against each has gone with its time. Choose the tenants anew."
            .to_owned(),
        ..told
    }
}

fn view(
    run: &RunAccess,
    tenants: &[TenantAccess],
    item: BulkItem,
    waits: &BTreeMap<RunId, WaitingFor>,
) -> Option<BulkItemView> {
    let tenant = tenants.iter().find(|t| t.id() == item.tenant_id)?;
    let child = OperationType::parse(&run.run().operation_code)?
        .spec()
        .children?;
    let names = Names {
        initiator: &run.run().initiator_name,
        target: tenant.name(),
        operation: child.spec().label,
        capability: Some(child.spec().start_capability),
        lifecycle: Some(tenant.lifecycle()),
        reader: Reader::Initiator,
    };
    let reason = match (item.state, item.reason_code.as_deref()) {
        (BulkState::NotStarted, _) => Some("The run was over before its turn came.".to_owned()),
        (BulkState::Queued, _) => {
            let waiting = item.run_id.and_then(|run| waits.get(&run));
            waiting.map(|waiting| format!("{}.", waiting.short()))
        }
        // The one prerequisite of a part that has no code of its own.
        (BulkState::Blocked, Some(code)) if code == PREREQUISITE && run.run().state.is_over() => {
            Some(in_words(code, Some(LEFT_BEHIND), &names))
        }
        // A run of its own says it better, and at length.
        (BulkState::Blocked | BulkState::Skipped, Some(code)) => Some(in_words(code, None, &names)),
        _ => None,
    };
    Some(BulkItemView {
        tenant_id: item.tenant_id,
        tenant: tenant.name().to_owned(),
        state: item.state,
        denial_class: item.denial_class,
        reason_code: item.reason_code,
        reason,
        run_id: item.run_id,
    })
}
