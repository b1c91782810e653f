//! The items of a bulk run, for a person: those in tenants that they may look at, and no trace of others.

use domain::{
    bulk::{BulkState, BulkTally},
    error::ApiError,
    explain::Names,
    operation::OperationType,
    views::BulkItemView,
};
use store::{BulkItem, RunAccess, Scope, TenantAccess, WorkspaceAccess};

use super::bulk::in_words;
use crate::{Services, problem::Answer as _};

/// What a person sees of a bulk run.
pub(super) struct Bulk {
    /// Its items, in their order.
    pub(super) items: Vec<BulkItemView>,
    /// The same, counted.
    pub(super) tally: BulkTally,
    /// What is not shown, and why (V-15).
    pub(super) redaction: Option<&'static str>,
}

const SOME_HIDDEN: &str = "The outcome is that of the whole. Tenants that you are not a member of are neither listed nor counted here; an owner of a tenant can add you.";
const ALL_HIDDEN: &str = "You are a member of none of the tenants that this run is about, so nothing is listed or counted here; an owner of a tenant can add you.";

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
        let beyond = self.store.bulk_reaches_beyond(run, tenants).await;
        let redaction = match (beyond.answer(request)?, items.is_empty()) {
            (false, _) => None,
            (true, false) => Some(SOME_HIDDEN),
            (true, true) => Some(ALL_HIDDEN),
        };
        Ok(Bulk {
            tally: items.iter().map(|item| (item.state, 1)).collect(),
            items: items
                .into_iter()
                .filter_map(|item| view(run, tenants, item))
                .collect(),
            redaction,
        })
    }
}

fn view(run: &RunAccess, tenants: &[TenantAccess], item: BulkItem) -> Option<BulkItemView> {
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
    };
    let reason = match (item.state, item.reason_code.as_deref()) {
        (BulkState::NotStarted, _) => Some("The run was over before its turn came.".to_owned()),
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
