//! Slots of schedules that come now, for which the schedulers of several processes race.

use std::sync::Arc;

use anyhow::Result;
use domain::{
    operation::OperationType,
    schedule::{Cadence, ScheduleRule, WallTime},
    time::Timestamp,
};
use store::{ScheduleDraft, StoreError};
use timetable::Timetable;
use tokio::time::{Instant, sleep_until};

use crate::{
    grants::DOUBT,
    installation::{Installation, Site},
    plan::At,
};

/// A slot that was made to come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Came {
    /// Of which tenant's schedule.
    pub(crate) site: usize,
    pub(crate) at: Timestamp,
    /// Whether the database has said so, and nothing else can have come in between.
    pub(crate) is_sure: bool,
}

/// The schedule of a tenant: its own slots are far away, for most of the day.
pub(crate) fn draft() -> Result<ScheduleDraft> {
    let rule = ScheduleRule {
        cadence: Cadence::Daily,
        time: WallTime::MIDNIGHT,
        zone: "UTC".to_owned(),
    };
    Ok(ScheduleDraft {
        name: "Daily".to_owned(),
        operation: OperationType::InventorySync,
        timetable: Timetable::of(rule)?,
    })
}

/// Makes slots of one tenant's schedule come at their moments, each when the one before it is decided about.
pub(crate) async fn bring(
    installation: Arc<Installation>,
    number: usize,
    slots: Vec<At<()>>,
    begin: Instant,
) -> Vec<Came> {
    let mut came = Vec::new();
    let Some(site) = installation.sites.get(number) else {
        return came;
    };
    let mut doubted: Option<Instant> = None;
    for slot in slots {
        sleep_until(begin + slot.at).await;
        let Ok(Some(at)) = free_moment(&installation, site).await else {
            continue;
        };
        // What was not answered may be done later, over what comes next.
        if installation
            .store
            .lab_slot_comes(site.schedule, at)
            .await
            .is_err()
        {
            doubted = Some(Instant::now());
        }
        let is_doubted = doubted.is_some_and(|since| since.elapsed() < DOUBT);
        came.push(Came {
            site: number,
            at,
            is_sure: !is_doubted,
        });
    }
    came
}

/// Makes a slot of one tenant's schedule come now; nothing while an earlier one waits.
pub(crate) async fn bring_one(
    installation: &Installation,
    number: usize,
    site: &Site,
) -> Result<Option<Came>, StoreError> {
    let Some(at) = free_moment(installation, site).await? else {
        return Ok(None);
    };
    installation.store.lab_slot_comes(site.schedule, at).await?;
    Ok(Some(Came {
        site: number,
        at,
        is_sure: true,
    }))
}

/// The moment there is now, unless an earlier slot still waits.
async fn free_moment(
    installation: &Installation,
    site: &Site,
) -> Result<Option<Timestamp>, StoreError> {
    let now = installation.store.now().await?;
    let schedule = installation
        .store
        .schedule(&site.tenant, site.schedule)
        .await?;
    Ok((schedule.next_at > Some(now)).then_some(now))
}

/// Whether no slot of a tenant's schedule waits to be decided about.
pub(crate) async fn is_decided(installation: &Installation, site: &Site) -> Result<bool> {
    Ok(free_moment(installation, site).await?.is_some())
}

/// Whether a slot has come and nobody has decided about it.
pub(crate) async fn is_one_left(installation: &Installation) -> Result<bool> {
    for site in &installation.sites {
        if !is_decided(installation, site).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
