//! Bulk verification: choosing tenants, looking at the choice, asking for it (B-07).

use domain::{
    bulk::{BulkState, MOST_TENANTS, SkipReason},
    capability::Capability,
    error::ApiError,
    explain::{Names, Reader, explain},
    ids::{SelectionId, TenantId},
    operation::OperationType,
    reason::{ReasonCode, ReasonDetail},
    views::{BulkChoiceView, BulkChosen, BulkOption, BulkPreviewView, StartAnswer, StartResult},
    waiting::Waiting,
};
use store::{
    BulkSelection, QueuePause, Requested, RunAccess, Scope, SelectedTenant, TenantAccess,
    WorkspaceAccess,
};

use crate::{Services, problem::Answer as _};

const OPERATION: OperationType = OperationType::BulkConnectionCheck;

impl Services {
    /// The tenants that a bulk verification can be over.
    ///
    /// # Errors
    /// `Forbidden` without the capability to start operations in the workspace.
    pub async fn verify_page(&self, scope: &Scope) -> Result<BulkChoiceView, ApiError> {
        let (workspace, tenants) = self.verifiable(scope).await?;
        Ok(BulkChoiceView {
            workspace: workspace.name().to_owned(),
            tenants: tenants.iter().map(option).collect(),
        })
    }

    /// Keeps a choice of tenants for a look before it is asked for.
    ///
    /// # Errors
    /// `Forbidden` as for the page; `NotFound` for the whole when one of them is unknown or other people's;
    /// `Invalid` when none or too many are chosen.
    pub async fn verify_select(
        &self,
        scope: &Scope,
        chosen: &[String],
    ) -> Result<SelectionId, ApiError> {
        let (workspace, mut tenants) = self.verifiable(scope).await?;
        let ids = chosen
            .iter()
            .map(|id| id.parse::<TenantId>().map_err(|_| ApiError::NotFound))
            .collect::<Result<Vec<_>, _>>()?;
        let is_known = |id: &TenantId| tenants.iter().any(|tenant| tenant.id() == *id);
        if !ids.iter().all(is_known) {
            return Err(ApiError::NotFound);
        }
        tenants.retain(|tenant| ids.contains(&tenant.id()));
        self.select(scope, &workspace, OPERATION, &tenants).await
    }

    /// A choice, each tenant with what stood against it as the choice was made.
    ///
    /// # Errors
    /// `NotFound` for an unknown choice and for other people's alike; `Forbidden` as for the page.
    pub async fn verify_preview(
        &self,
        scope: &Scope,
        selection: &str,
    ) -> Result<BulkPreviewView, ApiError> {
        let selection = self.selection(scope, selection).await?;
        let started = match selection.run_id {
            Some(run_id) => Some(answer(StartResult::Accepted, run_id, selection.operation)),
            None => None,
        };
        let chosen = selection
            .tenants
            .iter()
            .map(|tenant| seen(scope, &selection, tenant));
        Ok(BulkPreviewView {
            id: selection.id,
            workspace: selection.workspace.name().to_owned(),
            chosen_at: selection.created_at,
            chosen: chosen.collect(),
            started,
        })
    }

    /// Asks for the bulk run over a choice; asked twice, it answers the run of the first time.
    ///
    /// # Errors
    /// As `verify_preview`.
    pub async fn verify_start(
        &self,
        scope: &Scope,
        selection: &str,
    ) -> Result<StartAnswer, ApiError> {
        let selection = self.selection(scope, selection).await?;
        self.ask(scope, &selection, None).await
    }

    /// Asks for a new bulk over the items of one that did not succeed, in the name of the person who asks.
    pub(super) async fn bulk_retry(
        &self,
        scope: &Scope,
        run: &RunAccess,
        operation: OperationType,
    ) -> Result<StartAnswer, ApiError> {
        run.require_start()?;
        let (workspace, mut tenants) = self.seen_tenants(scope, run, operation).await?;
        let items = self.store.bulk_items(scope, run, &tenants).await;
        let items = items.answer(scope.request_id())?;
        let open = |tenant: &TenantAccess| {
            let item = items.iter().find(|item| item.tenant_id == tenant.id());
            item.is_some_and(|item| item.state != BulkState::Succeeded)
        };
        tenants.retain(open);
        let id = self.select(scope, &workspace, operation, &tenants).await?;
        let selection = self.selection(scope, &id.to_string()).await?;
        self.ask(scope, &selection, Some(run)).await
    }

    async fn verifiable(
        &self,
        scope: &Scope,
    ) -> Result<(WorkspaceAccess, Vec<TenantAccess>), ApiError> {
        let request = scope.request_id();
        let workspace = self.store.current_workspace(scope).await.answer(request)?;
        workspace.require(OPERATION.spec().start_capability)?;
        let tenants = self.store.tenants(scope, &workspace).await;
        Ok((workspace, tenants.answer(request)?))
    }

    async fn select(
        &self,
        scope: &Scope,
        workspace: &WorkspaceAccess,
        operation: OperationType,
        tenants: &[TenantAccess],
    ) -> Result<SelectionId, ApiError> {
        if tenants.is_empty() {
            return Err(ApiError::invalid("Tenants", "Choose at least one tenant."));
        }
        if tenants.len() > MOST_TENANTS {
            let message = format!("Choose at most {MOST_TENANTS} tenants at a time.");
            return Err(ApiError::invalid("Tenants", &message));
        }
        self.store
            .bulk_select(scope, workspace, operation, tenants)
            .await
            .answer(scope.request_id())
    }

    async fn selection(&self, scope: &Scope, id: &str) -> Result<BulkSelection, ApiError> {
        let id: SelectionId = id.parse().map_err(|_| ApiError::NotFound)?;
        let selection = self.store.bulk_selection(scope, id).await;
        let selection = selection.answer(scope.request_id())?;
        let capability = selection.operation.spec().start_capability;
        selection.workspace.require(capability)?;
        Ok(selection)
    }

    async fn ask(
        &self,
        scope: &Scope,
        selection: &BulkSelection,
        retry_of: Option<&RunAccess>,
    ) -> Result<StartAnswer, ApiError> {
        let requested = self
            .store
            .bulk_request(scope, selection, retry_of)
            .await
            .answer(scope.request_id())?;
        let (result, id) = match requested {
            Requested::Forbidden(error) => return Err(error),
            Requested::Accepted(id) => (StartResult::Accepted, id),
            Requested::Deduped(id) => (StartResult::Deduped, id),
            Requested::ScopeBusy(id) => (StartResult::ScopeBusy, id),
            Requested::Blocked(id, _) => (StartResult::Blocked, id),
        };
        let operation = selection.operation;
        tracing::info!(run.id = %id, result = %result, "start of {operation}, run {id}");
        Ok(answer(result, id, operation))
    }
}

fn answer(
    result: StartResult,
    run_id: domain::ids::RunId,
    operation: OperationType,
) -> StartAnswer {
    let label = operation.spec().label;
    let message = match result {
        StartResult::Accepted => format!("{label} is queued."),
        StartResult::Blocked => "Blocked. The run says why, and what to do.".to_owned(),
        StartResult::Deduped | StartResult::ScopeBusy => {
            "This is already queued or running; here it is.".to_owned()
        }
    };
    StartAnswer {
        result,
        run_id,
        operation: label.to_owned(),
        message,
    }
}

fn option(tenant: &TenantAccess) -> BulkOption {
    BulkOption {
        id: tenant.id(),
        name: tenant.name().to_owned(),
        lifecycle: tenant.lifecycle(),
    }
}

fn seen(scope: &Scope, selection: &BulkSelection, tenant: &SelectedTenant) -> BulkChosen {
    let child = selection.operation.spec().children;
    let refused = tenant.reason_code.as_deref().map(|code| {
        let detail = tenant.reason_detail.as_deref();
        let names = Names {
            initiator: scope.display_name(),
            target: &tenant.name,
            operation: child.map_or("", |child| child.spec().label),
            capability: child.map(|child| child.spec().start_capability),
            lifecycle: Some(tenant.lifecycle),
            reader: Reader::Initiator,
        };
        (code.to_owned(), in_words(code, detail, &names))
    });
    let waits = tenant.paused.clone().map(|pause| {
        let QueuePause { by, at } = pause;
        Waiting::Paused { by, at }.sentence()
    });
    BulkChosen {
        tenant: BulkOption {
            id: tenant.id,
            name: tenant.name.clone(),
            lifecycle: tenant.lifecycle,
        },
        refused,
        waits,
    }
}

/// Why an item was refused or left out; a code that nobody knows says itself.
pub(super) fn in_words(code: &str, detail: Option<&str>, names: &Names<'_>) -> String {
    if let Some(skip) = SkipReason::parse(code) {
        return skip.sentence().to_owned();
    }
    // Here the person chooses: that they have none is not that they have it no longer.
    if code == ReasonCode::MissingCapability.as_str() {
        let capability = names.capability.map_or("the capability", Capability::label);
        return format!(
            "{} does not have \u{201c}{capability}\u{201d} there. An owner of {} can grant it.",
            names.initiator, names.target
        );
    }
    ReasonCode::parse(code).map_or_else(
        || code.to_owned(),
        |code| explain(code, detail.and_then(ReasonDetail::parse), names).sentence,
    )
}
