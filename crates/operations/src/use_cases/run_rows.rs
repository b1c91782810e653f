//! Runs as lists show them.

use std::collections::BTreeMap;

use domain::{
    bulk::BulkTally, ids::TenantId, operation::label_of, run::RunStatus, views::RunRowView,
};
use store::{RunRow, TenantAccess};

/// The names of tenants a list may show.
pub(crate) struct Targets {
    tenants: BTreeMap<TenantId, String>,
    workspace: String,
}

impl Targets {
    pub(crate) fn of(workspace: &str, tenants: &[TenantAccess]) -> Self {
        Self {
            tenants: tenants
                .iter()
                .map(|t| (t.id(), t.name().to_owned()))
                .collect(),
            workspace: workspace.to_owned(),
        }
    }

    /// A bulk run's line: its numbers are those of the person's own tenants.
    pub(crate) fn bulk_row(&self, run: &RunRow, tally: Option<&BulkTally>) -> RunRowView {
        let counts = tally.filter(|_| run.started_at.is_some());
        RunRowView {
            progress: counts
                .and_then(|tally| tally.counts().progress())
                .filter(|_| tells_progress(run)),
            ..self.row(run)
        }
    }

    pub(crate) fn row(&self, run: &RunRow) -> RunRowView {
        let target = run
            .tenant_id
            .and_then(|id| self.tenants.get(&id))
            .unwrap_or(&self.workspace);
        RunRowView {
            id: run.id,
            operation: label_of(&run.operation_code),
            target: target.clone(),
            tenant_id: run.tenant_id,
            initiator: run.initiator_name.clone(),
            parent_id: run.parent_id,
            state: run.state,
            waiting: None,
            denial_class: run.denial_class,
            reason_code: run.reason_code.clone(),
            queued_at: run.queued_at,
            started_at: run.started_at,
            completed_at: run.completed_at,
            progress: run.counts.progress().filter(|_| tells_progress(run)),
        }
    }
}

/// What the attempt before did is no progress of one that waits.
fn tells_progress(run: &RunRow) -> bool {
    run.state.status != RunStatus::Queued
}
