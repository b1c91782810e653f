//! A tenant's schedules.
#![expect(
    clippy::too_many_arguments,
    reason = "a form posts its fields one by one, and each is an argument"
)]

use leptos::prelude::*;

use crate::error::AppError;

/// Makes a schedule, and shows it.
#[server(name = CreateSchedule, prefix = "/api", endpoint = "schedule/create")]
pub async fn create(
    tenant: String,
    name: String,
    operation: String,
    cadence: String,
    time: String,
    zone: String,
    #[server(default)] days: DayBoxes,
) -> Result<(), AppError> {
    use domain::{ids::TenantId, link};
    use operations::{Presence, ScheduleForm};

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let form = ScheduleForm {
        name,
        operation,
        cadence,
        days: days.chosen(),
        time,
        zone,
    };
    let id = compat::settle(services.schedule_create(&scope, &tenant, &form).await)?;
    if let Ok(tenant) = tenant.parse::<TenantId>() {
        compat::redirect(&link::done(&link::schedule(tenant, id), "created"));
    }
    Ok(())
}

/// Changes a schedule that is still as it was seen.
#[server(name = ChangeSchedule, prefix = "/api", endpoint = "schedule/change")]
pub async fn change(
    tenant: String,
    schedule: String,
    version: i64,
    name: String,
    operation: String,
    cadence: String,
    time: String,
    zone: String,
    #[server(default)] days: DayBoxes,
) -> Result<(), AppError> {
    use operations::{Presence, ScheduleForm};

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let form = ScheduleForm {
        name,
        operation,
        cadence,
        days: days.chosen(),
        time,
        zone,
    };
    let changed = services.schedule_change(&scope, &tenant, &schedule, version, &form);
    compat::settle(changed.await)?;
    lead_back(&tenant, &schedule, "saved");
    Ok(())
}

/// Stops a schedule until somebody resumes it.
#[server(name = PauseSchedule, prefix = "/api", endpoint = "schedule/pause")]
pub async fn pause(tenant: String, schedule: String) -> Result<(), AppError> {
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.schedule_pause(&scope, &tenant, &schedule).await)?;
    lead_back(&tenant, &schedule, "paused");
    Ok(())
}

/// Lets a paused schedule go on with the slot that comes next.
#[server(name = ResumeSchedule, prefix = "/api", endpoint = "schedule/resume")]
pub async fn resume(tenant: String, schedule: String) -> Result<(), AppError> {
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.schedule_resume(&scope, &tenant, &schedule).await)?;
    lead_back(&tenant, &schedule, "resumed");
    Ok(())
}

/// Ends a schedule for good.
#[server(name = DeleteSchedule, prefix = "/api", endpoint = "schedule/delete")]
pub async fn delete(tenant: String, schedule: String) -> Result<(), AppError> {
    use domain::{ids::TenantId, link};
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.schedule_delete(&scope, &tenant, &schedule).await)?;
    if let Ok(tenant) = tenant.parse::<TenantId>() {
        compat::redirect(&link::done(&link::schedules(tenant), "deleted"));
    }
    Ok(())
}

/// Does now what a schedule does, in the person's own name, and goes on to the run.
#[server(name = RunScheduleNow, prefix = "/api", endpoint = "schedule/run_now")]
pub async fn run_now(tenant: String, schedule: String) -> Result<(), AppError> {
    use domain::{link, views::StartResult};
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let answer = services.schedule_run_now(&scope, &tenant, &schedule).await;
    let answer = compat::settle(answer)?;
    match answer.result {
        StartResult::Accepted | StartResult::Blocked => {
            compat::redirect(&link::run(answer.run_id));
        }
        StartResult::Deduped | StartResult::ScopeBusy => {
            let (Ok(tenant), Ok(schedule)) = (tenant.parse(), schedule.parse()) else {
                return Ok(());
            };
            compat::redirect(&link::schedule_busy(tenant, schedule, answer.run_id));
        }
    }
    Ok(())
}

/// The boxes of the days of the week, one field each, so that a form without a script can send them.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct DayBoxes {
    mon: Option<String>,
    tue: Option<String>,
    wed: Option<String>,
    thu: Option<String>,
    fri: Option<String>,
    sat: Option<String>,
    sun: Option<String>,
}

#[cfg(feature = "ssr")]
impl DayBoxes {
    /// The words of the days that are ticked.
    fn chosen(&self) -> Vec<String> {
        let boxes = [
            ("mon", &self.mon),
            ("tue", &self.tue),
            ("wed", &self.wed),
            ("thu", &self.thu),
            ("fri", &self.fri),
            ("sat", &self.sat),
            ("sun", &self.sun),
        ];
        let ticked = boxes.into_iter().filter(|(_, ticked)| ticked.is_some());
        ticked.map(|(day, _)| day.to_owned()).collect()
    }
}

/// Leads back to a schedule, with what was done.
#[cfg(feature = "ssr")]
fn lead_back(tenant: &str, schedule: &str, done: &str) {
    use domain::link;

    if let (Ok(tenant), Ok(schedule)) = (tenant.parse(), schedule.parse()) {
        crate::compat::redirect(&link::done(&link::schedule(tenant, schedule), done));
    }
}
