//! A tenant's page.

use std::collections::BTreeMap;

use domain::{
    capability::Capability,
    error::ApiError,
    ids::RunId,
    operation::{Habitat, OperationType},
    run::RunStatus,
    time::Timestamp,
    verification::CheckStatus,
    views::{
        ActiveRun, ConnectionView, Live, ReportBrief, RunRowView, StartAnswer, StartButton,
        StartResult, TenantView,
    },
    waiting::WaitingFor,
};
use store::{Connection, RunFilter, RunRow, Scope, TenantAccess};

use super::{header::selected, operations_list::WAITS_HOLD, run_rows::Targets, start::queued};
use crate::{Services, problem::Answer as _, version::Poll};

/// How many of its newest runs a tenant's page shows.
const RECENT: usize = 8;

impl Services {
    /// A tenant's page; `shown` is the version the page shows already.
    ///
    /// # Errors
    /// `NotFound` without entitlement.
    pub async fn tenant_page(
        &self,
        scope: &Scope,
        tenant: &str,
        started: Option<&str>,
        shown: Option<&str>,
    ) -> Result<Live<TenantView>, ApiError> {
        let request = scope.request_id();
        let tenant = self.tenant_of(scope, tenant).await?;
        tenant.require(Capability::TenantView)?;
        let is_selected = selected(scope, std::slice::from_ref(&tenant)).is_some();
        let moment = self.store.version_of_tenant(&tenant).await;
        let moment = moment.answer(request)?;
        let now = moment.now;
        let poll = Poll::new(
            &(
                scope.user_id(),
                (
                    tenant.id(),
                    tenant.name(),
                    tenant.lifecycle(),
                    tenant.role(),
                ),
                is_selected,
                started,
            ),
            moment,
            // What a start led to may be a run of any tenant.
            shown.filter(|_| started.is_none()),
        );
        if let Some(unchanged) = poll.unchanged() {
            return Ok(unchanged);
        }
        let runs = self
            .recent_runs(scope, &tenant, RunFilter::default(), RECENT)
            .await?;
        let active = RunFilter {
            states: vec!["queued", "running"],
            ..RunFilter::default()
        };
        let active = self.recent_runs(scope, &tenant, active, 20).await?;
        let waits = self.store.waits_of_runs(&active, now).await;
        let waits = waits.answer(request)?;
        // A worker that comes or goes moves no version, nor does a moment that has come.
        let until = (!waits.is_empty()).then(|| now.plus(WAITS_HOLD));
        let targets = Targets::of("", std::slice::from_ref(&tenant));
        let grants = tenant.grants();
        let connection = match grants.allow(Capability::ProvidersView) {
            true => self.store.connection(&tenant).await.answer(request)?,
            false => None,
        };
        let view = TenantView {
            id: tenant.id(),
            name: tenant.name().to_owned(),
            lifecycle: tenant.lifecycle(),
            role: tenant.role(),
            is_selected,
            starts: start_buttons(&tenant, connection.as_ref(), &active, &waits),
            connection: connection.map(|c| connection_view(c, &tenant)),
            report: self.report_brief(scope, &tenant).await?,
            inventory: match grants.allow(Capability::InventoryView) {
                true => Some(self.inventory_counts(scope, &tenant).await?),
                false => None,
            },
            queue_pause: self.pause_of(scope, &tenant).await?,
            recent: runs
                .iter()
                .map(|run| RunRowView {
                    waiting: waits.get(&run.id).copied(),
                    ..targets.row(run)
                })
                .collect(),
            started: self.started_notice(scope, tenant.name(), started).await,
            can_archive: grants.allow(Capability::DangerZone),
            manages_settings: grants.allow(Capability::SettingsManage),
            manages_connection: grants.allow(Capability::ProvidersManage),
            manages_members: grants.allow(Capability::MembersManage),
            as_of: Timestamp(0),
            version: String::new(),
        };
        Ok(poll.answer(view, until))
    }

    async fn recent_runs(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        filter: RunFilter,
        limit: usize,
    ) -> Result<Vec<RunRow>, ApiError> {
        let request = scope.request_id();
        let workspace = self
            .store
            .workspace(scope, tenant.workspace_id())
            .await
            .answer(request)?;
        let filter = RunFilter {
            tenants: vec![tenant.id()],
            ..filter
        };
        let one = std::slice::from_ref(tenant);
        let page = self
            .store
            .runs(scope, &workspace, one, &filter, limit)
            .await;
        Ok(page.answer(request)?.rows)
    }

    async fn report_brief(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
    ) -> Result<Option<ReportBrief>, ApiError> {
        if !tenant.grants().allow(Capability::OperationsView) {
            return Ok(None);
        }
        let report = self
            .store
            .report_latest(tenant)
            .await
            .answer(scope.request_id())?;
        Ok(report.map(|(run_id, report)| ReportBrief {
            run_id,
            overall: report.overall,
            counts: report.counts,
            at: report.generated_at,
            issues: report
                .checks
                .into_iter()
                .filter(|c| matches!(c.status, CheckStatus::Fail | CheckStatus::Warn))
                .map(|check| check.title)
                .collect(),
        }))
    }

    /// What a start without JavaScript just led to; nothing when the link is not one of ours.
    async fn started_notice(
        &self,
        scope: &Scope,
        tenant: &str,
        started: Option<&str>,
    ) -> Option<StartAnswer> {
        let id = started?.parse().ok()?;
        let run = self.store.run(scope, id).await.ok()?;
        run.require_view().ok()?;
        let row = run.run();
        let blocked = row.state.outcome == domain::run::RunOutcome::Blocked;
        let (result, message) = if blocked {
            (
                StartResult::Blocked,
                "Blocked. The run says why, and what to do.".to_owned(),
            )
        } else {
            let operation = domain::operation::label_of(&row.operation_code);
            (StartResult::Accepted, queued(&operation, tenant))
        };
        Some(StartAnswer {
            result,
            run_id: row.id,
            operation: domain::operation::label_of(&row.operation_code),
            message,
        })
    }
}

pub(super) fn connection_view(connection: Connection, tenant: &TenantAccess) -> ConnectionView {
    ConnectionView {
        id: connection.id,
        name: connection.display_name,
        entra_tenant_id: connection.entra_tenant_id,
        client_id: connection.client_id,
        is_enabled: connection.is_enabled,
        consent: connection.consent,
        verification: connection.verification,
        last_checked_at: connection.last_checked_at,
        last_error_code: connection.last_error_code,
        has_credential: connection.has_credential,
        credential_kind: connection.credential_kind,
        can_manage: tenant.grants().allow(Capability::ProvidersManage),
    }
}

/// The start buttons; a button that would be refused says why, before it is pressed.
fn start_buttons(
    tenant: &TenantAccess,
    connection: Option<&Connection>,
    active: &[RunRow],
    waits: &BTreeMap<RunId, WaitingFor>,
) -> Vec<StartButton> {
    OperationType::known_in(Habitat::Product)
        .filter(|operation| operation.is_of_tenant())
        .map(|operation| StartButton {
            operation,
            label: operation.spec().start_label.to_owned(),
            disabled_because: unavailable(tenant, connection, operation),
            active_run: active
                .iter()
                .find(|run| run.operation_code == operation.as_str())
                .map(|run| active_run(operation, run, waits)),
        })
        .collect()
}

fn active_run(
    operation: OperationType,
    run: &RunRow,
    waits: &BTreeMap<RunId, WaitingFor>,
) -> ActiveRun {
    let label = operation.spec().label;
    let words = match (run.state.status, waits.get(&run.id)) {
        (RunStatus::Queued, Some(waiting)) => format!("{label} is queued: {}", waiting.within()),
        (RunStatus::Queued, None) => format!("{label} is queued"),
        _ => format!("{label} is under way"),
    };
    ActiveRun { id: run.id, words }
}

/// Only what cannot change by pressing is refused beforehand; a blocked start leaves a run that explains itself.
fn unavailable(
    tenant: &TenantAccess,
    connection: Option<&Connection>,
    operation: OperationType,
) -> Option<String> {
    let spec = operation.spec();
    if !tenant.grants().allow(spec.start_capability) {
        let needed = spec.start_capability.label();
        return Some(format!(
            "You need the capability \u{201c}{needed}\u{201d}. Ask an owner of {}.",
            tenant.name()
        ));
    }
    if !tenant.lifecycle().allows(spec.operability) {
        let life = tenant.lifecycle().label().to_lowercase();
        return Some(format!(
            "{} is {life}, so this cannot run here.",
            tenant.name()
        ));
    }
    // Who may not see the connection learns of it from the run.
    if !tenant.grants().allow(Capability::ProvidersView) {
        return None;
    }
    let name = tenant.name();
    match connection {
        None => Some(format!("{name} has no provider connection.")),
        Some(connection) if !connection.is_enabled => Some(format!(
            "The provider connection of {name} is disabled. A manager or owner of {name} can enable it."
        )),
        Some(connection) if !connection.has_credential => Some(format!(
            "The provider connection of {name} has no stored credential. An owner of {name} can store one."
        )),
        Some(_) => None,
    }
}
