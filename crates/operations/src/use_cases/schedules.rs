//! A tenant's schedules: looking at them, making and changing them, running one now.
//!
//! Who may view an operation's runs may see its schedules. Who manages them holds `settings.manage`, and the
//! operation's own start capability: nobody has the system do in their absence what they may not do themselves.
//! Running one now asks for the start capability alone, since the run is in the person's own name.

use domain::{
    bulk::SkipReason,
    capability::Capability,
    error::ApiError,
    ids::ScheduleId,
    operation::{OperationType, label_of},
    schedule::ScheduleState,
    views::{
        NamedTenant, ScheduleFault, ScheduleFormView, ScheduleRowView, ScheduleView, SchedulesView,
        SlotMoment, StartAnswer, StartResult,
    },
};
use store::{Schedule, Scope, StoreError, TenantAccess};
use timetable::zone_names;

use super::{
    schedule_fault::fault_of, schedule_form::ScheduleForm, schedule_history::Clocks, start::told,
};
use crate::{Services, problem::Answer as _};

/// How many of its newest slots a schedule's line in the list shows.
const LAST: usize = 5;
/// How many lines of its history a schedule's page shows.
const HISTORY: usize = 50;
/// More schedules than anybody reads; the list shows all there are.
const MOST: usize = 100;

impl Services {
    /// The schedules of a tenant whose runs the person may view.
    ///
    /// # Errors
    /// `NotFound` without entitlement, `Forbidden` without the capability.
    pub async fn schedules_page(
        &self,
        scope: &Scope,
        tenant: &str,
        viewer_zone: Option<&str>,
    ) -> Result<SchedulesView, ApiError> {
        let request = scope.request_id();
        let tenant = self.tenant_of(scope, tenant).await?;
        tenant.require(Capability::OperationsView)?;
        let all = self.store.schedules(&tenant).await.answer(request)?;
        let mut rows = Vec::with_capacity(all.len());
        let mut hidden = 0;
        for schedule in &all {
            if !tenant.grants().allow(view_capability(schedule)) {
                hidden += 1;
                continue;
            }
            let clocks = Clocks::of(&schedule.rule.zone, viewer_zone);
            let fault = fault_of(schedule);
            rows.push(ScheduleRowView {
                id: schedule.id,
                name: schedule.name.clone(),
                operation: label_of(&schedule.operation_code),
                rule: schedule.rule.in_words(),
                state: schedule.state,
                next: next_of(schedule, fault.as_ref(), &clocks),
                fault,
                last: self.slots_of(scope, schedule, &clocks, LAST).await?,
            });
        }
        Ok(SchedulesView {
            rows,
            hidden,
            can_create: !schedulable(&tenant).is_empty(),
            tenant: named(&tenant),
            as_of: self.store.now().await.answer(request)?,
        })
    }

    /// What the form of a new schedule offers.
    ///
    /// # Errors
    /// `NotFound` without entitlement, `Forbidden` without the capabilities.
    pub async fn schedule_new_page(
        &self,
        scope: &Scope,
        tenant: &str,
        viewer_zone: Option<&str>,
    ) -> Result<ScheduleFormView, ApiError> {
        let tenant = self.tenant_of(scope, tenant).await?;
        tenant.require(Capability::SettingsManage)?;
        Ok(form_of(&tenant, viewer_zone.unwrap_or("UTC")))
    }

    /// The page of one schedule.
    ///
    /// # Errors
    /// `NotFound` without entitlement and for what is no schedule of the tenant; `Forbidden` without the
    /// capability to view the operation's runs.
    pub async fn schedule_page(
        &self,
        scope: &Scope,
        tenant: &str,
        schedule: &str,
        viewer_zone: Option<&str>,
    ) -> Result<ScheduleView, ApiError> {
        let (tenant, schedule) = self.schedule_of(scope, tenant, schedule).await?;
        let clocks = Clocks::of(&schedule.rule.zone, viewer_zone);
        let operation = OperationType::parse(&schedule.operation_code);
        // What nobody understands can still be given another operation, or an end.
        let may_manage = !schedulable(&tenant).is_empty()
            && operation
                .is_none_or(|operation| tenant.grants().allow(operation.spec().start_capability));
        let fault = fault_of(&schedule);
        let request = scope.request_id();
        let waits_for = self.store.schedule_waits_for(&schedule).await;
        Ok(ScheduleView {
            id: schedule.id,
            name: schedule.name.clone(),
            operation_code: schedule.operation_code.clone(),
            operation: label_of(&schedule.operation_code),
            rule: schedule.rule.clone(),
            state: schedule.state,
            next: next_of(&schedule, fault.as_ref(), &clocks),
            waits_for: waits_for.answer(request)?,
            fault,
            realigned: self.realigned(scope, &schedule, &clocks).await?,
            created_by: schedule.created_by_name.clone(),
            created_at: schedule.created_at,
            revision: schedule.revision,
            version: schedule.version,
            form: may_manage.then(|| form_of(&tenant, &schedule.rule.zone)),
            run_disabled_because: run_refusal(&tenant, operation),
            history: self.history_of(scope, &schedule, &clocks, HISTORY).await?,
            tenant: named(&tenant),
            as_of: self.store.now().await.answer(request)?,
        })
    }

    /// Makes a schedule.
    ///
    /// # Errors
    /// `Invalid` names the field that is not in order; `Forbidden` without the capabilities.
    pub async fn schedule_create(
        &self,
        scope: &Scope,
        tenant: &str,
        form: &ScheduleForm,
    ) -> Result<ScheduleId, ApiError> {
        let request = scope.request_id();
        let tenant = self.tenant_of(scope, tenant).await?;
        tenant.require(Capability::SettingsManage)?;
        let draft = form.draft()?;
        tenant.require(draft.operation.spec().start_capability)?;
        if self.store.schedules(&tenant).await.answer(request)?.len() >= MOST {
            return Err(ApiError::Conflict {
                message: format!("A tenant has at most {MOST} schedules. Delete one first."),
            });
        }
        let made = self.store.schedule_create(scope, &tenant, &draft).await;
        made.answer(request)
    }

    /// Changes a schedule that is still as it was seen.
    ///
    /// # Errors
    /// As for making one; `Conflict` when somebody else changed it meanwhile.
    pub async fn schedule_change(
        &self,
        scope: &Scope,
        tenant: &str,
        schedule: &str,
        seen: i64,
        form: &ScheduleForm,
    ) -> Result<(), ApiError> {
        let (tenant, schedule) = self.managed(scope, tenant, schedule).await?;
        let draft = form.draft()?;
        tenant.require(draft.operation.spec().start_capability)?;
        let changed = self
            .store
            .schedule_change(scope, &tenant, schedule.id, seen, &draft);
        match changed.await {
            Err(StoreError::Conflict) => Err(ApiError::Conflict {
                message:
                    "Somebody changed this schedule meanwhile. Look at it again before you save."
                        .to_owned(),
            }),
            answer => answer.answer(scope.request_id()),
        }
    }

    /// Stops a schedule until somebody resumes it.
    ///
    /// # Errors
    /// `Conflict` when it is paused already; `Forbidden` without the capabilities.
    pub async fn schedule_pause(
        &self,
        scope: &Scope,
        tenant: &str,
        schedule: &str,
    ) -> Result<(), ApiError> {
        let (tenant, schedule) = self.managed(scope, tenant, schedule).await?;
        let paused = self.store.schedule_pause(scope, &tenant, schedule.id).await;
        turned(paused, "This schedule is paused already.", scope)
    }

    /// Lets a paused schedule go on with the slot that comes next.
    ///
    /// # Errors
    /// `Conflict` when it is not paused; `Forbidden` without the capabilities.
    pub async fn schedule_resume(
        &self,
        scope: &Scope,
        tenant: &str,
        schedule: &str,
    ) -> Result<(), ApiError> {
        let (tenant, schedule) = self.managed(scope, tenant, schedule).await?;
        let resumed = self
            .store
            .schedule_resume(scope, &tenant, schedule.id)
            .await;
        turned(resumed, "This schedule is not paused.", scope)
    }

    /// Ends a schedule for good; the runs it made stay.
    ///
    /// # Errors
    /// `NotFound` when it is gone already; `Forbidden` without the capabilities.
    pub async fn schedule_delete(
        &self,
        scope: &Scope,
        tenant: &str,
        schedule: &str,
    ) -> Result<(), ApiError> {
        let (tenant, schedule) = self.managed(scope, tenant, schedule).await?;
        let deleted = self
            .store
            .schedule_delete(scope, &tenant, schedule.id)
            .await;
        turned(deleted, "This schedule is deleted already.", scope)
    }

    /// Does now what a schedule does, in the person's own name; each press is a run of its own.
    ///
    /// # Errors
    /// As for starting the operation.
    pub async fn schedule_run_now(
        &self,
        scope: &Scope,
        tenant: &str,
        schedule: &str,
    ) -> Result<StartAnswer, ApiError> {
        let (tenant, schedule) = self.schedule_of(scope, tenant, schedule).await?;
        let operation = OperationType::parse(&schedule.operation_code);
        let operation = operation.ok_or(ApiError::NotFound)?;
        let requested = self.store.run_request_now(scope, &tenant, &schedule).await;
        let mut answer = told(&tenant, operation, requested.answer(scope.request_id())?)?;
        if answer.result == StartResult::ScopeBusy
            && let Ok(busy) = self.store.run(scope, answer.run_id).await
            && busy.run().operation_code == operation.as_str()
        {
            // Each press is a run of its own, so the same one is no answer to this one.
            answer.message = format!(
                "{} Start it again when that has ended.",
                SkipReason::AlreadyActive.sentence()
            );
        }
        Ok(answer)
    }

    /// A schedule that the person may see.
    async fn schedule_of(
        &self,
        scope: &Scope,
        tenant: &str,
        schedule: &str,
    ) -> Result<(TenantAccess, Schedule), ApiError> {
        let tenant = self.tenant_of(scope, tenant).await?;
        let id: ScheduleId = schedule.parse().map_err(|_| ApiError::NotFound)?;
        let found = self.store.schedule(&tenant, id).await;
        let found = found.answer(scope.request_id())?;
        if found.state == ScheduleState::Deleted {
            return Err(ApiError::NotFound);
        }
        tenant.require(view_capability(&found))?;
        Ok((tenant, found))
    }

    /// A schedule that the person may change.
    async fn managed(
        &self,
        scope: &Scope,
        tenant: &str,
        schedule: &str,
    ) -> Result<(TenantAccess, Schedule), ApiError> {
        let (tenant, schedule) = self.schedule_of(scope, tenant, schedule).await?;
        tenant.require(Capability::SettingsManage)?;
        if let Some(operation) = OperationType::parse(&schedule.operation_code) {
            tenant.require(operation.spec().start_capability)?;
        }
        Ok((tenant, schedule))
    }
}

/// The slot that comes next; what is written down of one that cannot run means nothing.
fn next_of(
    schedule: &Schedule,
    fault: Option<&ScheduleFault>,
    clocks: &Clocks,
) -> Option<SlotMoment> {
    let next = schedule.next_at.filter(|_| fault.is_none());
    next.map(|at| clocks.moment(at))
}

/// What viewing the runs of a schedule's operation asks for.
fn view_capability(schedule: &Schedule) -> Capability {
    OperationType::parse(&schedule.operation_code).map_or(Capability::OperationsView, |operation| {
        operation.spec().view_capability
    })
}

/// The operations that the person may schedule here.
fn schedulable(tenant: &TenantAccess) -> Vec<OperationType> {
    if !tenant.grants().allow(Capability::SettingsManage) {
        return Vec::new();
    }
    OperationType::ALL
        .iter()
        .copied()
        .filter(|operation| operation.allows_system_authority())
        .filter(|operation| tenant.grants().allow(operation.spec().start_capability))
        .collect()
}

fn form_of(tenant: &TenantAccess, zone: &str) -> ScheduleFormView {
    let operations = schedulable(tenant).into_iter();
    ScheduleFormView {
        tenant: named(tenant),
        operations: operations
            .map(|operation| {
                let label = operation.spec().label.to_owned();
                (operation.as_str().to_owned(), label)
            })
            .collect(),
        zones: zone_names(),
        zone: zone.to_owned(),
    }
}

fn named(tenant: &TenantAccess) -> NamedTenant {
    NamedTenant {
        id: tenant.id(),
        name: tenant.name().to_owned(),
    }
}

/// Why the person cannot run it now; what only circumstances refuse leaves a run that explains itself.
fn run_refusal(tenant: &TenantAccess, operation: Option<OperationType>) -> Option<String> {
    let Some(operation) = operation else {
        return Some("This version does not know the operation.".to_owned());
    };
    let spec = operation.spec();
    if !tenant.grants().allow(spec.start_capability) {
        let needed = spec.start_capability.label();
        return Some(format!(
            "You need the capability \u{201c}{needed}\u{201d}. Ask an owner of {}.",
            tenant.name()
        ));
    }
    (!tenant.lifecycle().allows(spec.operability)).then(|| {
        let life = tenant.lifecycle().label().to_lowercase();
        format!("{} is {life}, so this cannot run here.", tenant.name())
    })
}

fn turned(answer: Result<(), StoreError>, conflict: &str, scope: &Scope) -> Result<(), ApiError> {
    match answer {
        Err(StoreError::Conflict) => Err(ApiError::Conflict {
            message: conflict.to_owned(),
        }),
        answer => answer.answer(scope.request_id()),
    }
}
