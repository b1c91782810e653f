//! What became of a schedule's slots, from the canonical runs.

use std::collections::BTreeMap;

use domain::{
    error::ApiError,
    ids::RunId,
    schedule::SlotFate,
    time::{DAY, Timestamp},
    views::{ByHand, Execution, ExecutionView, SlotMoment},
    waiting::WaitingFor,
};
use store::{RunRow, Schedule, Scope, SlotRow};
use timetable::Zone;

use crate::{Services, problem::Answer as _};

/// The zones in which a page writes moments.
pub(super) struct Clocks {
    there: Option<Zone>,
    there_name: String,
    here: Option<(Zone, String)>,
}

impl Clocks {
    /// Of a schedule's zone and the viewer's; a viewer whose zone is not known gets UTC.
    pub(super) fn of(zone: &str, viewer: Option<&str>) -> Self {
        let known = viewer.filter(|name| Zone::named(name).is_ok());
        let here = known.unwrap_or("UTC");
        Self {
            there: Zone::named(zone).ok(),
            there_name: zone.to_owned(),
            here: (here != zone)
                .then(|| Zone::named(here).ok())
                .flatten()
                .map(|zone| (zone, here.to_owned())),
        }
    }

    /// A moment in both.
    pub(super) fn moment(&self, at: Timestamp) -> SlotMoment {
        SlotMoment {
            at,
            there: self.there(at),
            here: self
                .here
                .as_ref()
                .map(|(zone, name)| format!("{} {name}", zone.weekday_and_minute(at))),
        }
    }

    /// A moment in the schedule's zone.
    pub(super) fn there(&self, at: Timestamp) -> String {
        match &self.there {
            Some(zone) => format!("{} {}", zone.weekday_and_minute(at), self.there_name),
            None => at.exact(),
        }
    }
}

/// For how long a page tells that a next slot was put right.
const TOLD_FOR: i64 = 30 * DAY;

impl Services {
    /// That the next slot was none of the rule's next, if that was found lately.
    pub(super) async fn realigned(
        &self,
        scope: &Scope,
        schedule: &Schedule,
        clocks: &Clocks,
    ) -> Result<Option<String>, ApiError> {
        let request = scope.request_id();
        let found = self.store.schedule_realigned(schedule).await;
        let now = self.store.now().await.answer(request)?;
        let lately = found
            .answer(request)?
            .filter(|it| now.since(it.at) < TOLD_FOR);
        Ok(lately.map(|it| {
            format!(
                "The next slot lay on {}, where the rule has none or not the next one: a clock was ahead, or the law of time has changed. On {} it was moved to {}.",
                clocks.there(it.from),
                clocks.there(it.at),
                clocks.there(it.to)
            )
        }))
    }

    /// What became of the newest slots of a schedule, newest first.
    pub(super) async fn slots_of(
        &self,
        scope: &Scope,
        schedule: &Schedule,
        clocks: &Clocks,
        limit: usize,
    ) -> Result<Vec<ExecutionView>, ApiError> {
        let request = scope.request_id();
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let slots = self.store.schedule_slots(schedule, most).await;
        let runs = self.store.schedule_runs(schedule, most).await;
        let runs = runs.answer(request)?;
        let waits = self.waits_now(scope, &runs).await?;
        let mut runs: BTreeMap<_, _> = runs.into_iter().map(|run| (run.id, run)).collect();
        let slots = slots.answer(request)?.into_iter();
        Ok(slots
            .filter_map(|slot| line(slot, &mut runs, &waits, clocks))
            .collect())
    }

    /// What the queued ones of some runs wait for.
    async fn waits_now(
        &self,
        scope: &Scope,
        runs: &[RunRow],
    ) -> Result<BTreeMap<RunId, WaitingFor>, ApiError> {
        let request = scope.request_id();
        let now = self.store.now().await.answer(request)?;
        self.store.waits_of_runs(runs, now).await.answer(request)
    }

    /// The newest of what a schedule made and left out, and of what people started from it by hand.
    pub(super) async fn history_of(
        &self,
        scope: &Scope,
        schedule: &Schedule,
        clocks: &Clocks,
        limit: usize,
    ) -> Result<Vec<ExecutionView>, ApiError> {
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut lines = self.slots_of(scope, schedule, clocks, limit).await?;
        let by_hand = self.store.schedule_runs_by_hand(schedule, most).await;
        let by_hand = by_hand.answer(scope.request_id())?;
        let waits = self.waits_now(scope, &by_hand).await?;
        let slots: BTreeMap<RunId, String> = lines.iter().filter_map(slot_of).collect();
        let again: BTreeMap<RunId, Option<RunId>> =
            by_hand.iter().map(|run| (run.id, run.retry_of)).collect();
        lines.extend(by_hand.into_iter().map(|run| ExecutionView {
            at: clocks.moment(run.queued_at),
            execution: Execution::Run {
                run_id: run.id,
                state: run.state,
                waits: waits.get(&run.id).copied(),
                by: Some(how(run.retry_of, run.initiator_name, &slots, &again)),
            },
        }));
        lines.sort_by_key(|line| std::cmp::Reverse(line.at.at));
        lines.truncate(limit);
        Ok(lines)
    }
}

/// The run of a slot, and when that slot was.
fn slot_of(line: &ExecutionView) -> Option<(RunId, String)> {
    match &line.execution {
        Execution::Run {
            run_id, by: None, ..
        } => Some((*run_id, line.at.there.clone())),
        _ => None,
    }
}

/// How a person started a run; a run that was started again several times leads back to the first.
fn how(
    mut retry_of: Option<RunId>,
    by: String,
    slots: &BTreeMap<RunId, String>,
    again: &BTreeMap<RunId, Option<RunId>>,
) -> ByHand {
    if retry_of.is_none() {
        return ByHand::Now { by };
    }
    // Each leads to an older one, so this ends.
    while let Some(before) = retry_of {
        if let Some(slot) = slots.get(&before) {
            let slot = Some(slot.clone());
            return ByHand::Again { by, slot };
        }
        retry_of = again.get(&before).copied().flatten();
    }
    ByHand::Again { by, slot: None }
}

/// A slot's line; none for a run that lies beyond what was read.
fn line(
    slot: SlotRow,
    runs: &mut BTreeMap<RunId, RunRow>,
    waits: &BTreeMap<RunId, WaitingFor>,
    clocks: &Clocks,
) -> Option<ExecutionView> {
    let execution = match (slot.fate, slot.reason) {
        (SlotFate::Run, _) => {
            let run = runs.remove(&slot.run_id?)?;
            Execution::Run {
                run_id: run.id,
                state: run.state,
                waits: waits.get(&run.id).copied(),
                by: None,
            }
        }
        (SlotFate::Skipped, Some(reason)) => Execution::Skipped {
            reason,
            run_id: slot.run_id,
        },
        // A skipped slot always says why.
        (SlotFate::Skipped, None) => return None,
        (SlotFate::Missed, _) => Execution::Missed {
            slots: slot.slots,
            last: (slot.slots > 1).then(|| clocks.there(slot.last_slot_at)),
        },
    };
    Some(ExecutionView {
        at: clocks.moment(slot.slot_at),
        execution,
    })
}
