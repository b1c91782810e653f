//! Slots that came against what was decided about them.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use domain::{ids::RunId, run::AuthorityMode, schedule::SlotFate};
use serde::Serialize;
use store::{DecisionMade, SlotRow};

use super::{Broken, broken, of_trial};
use crate::{installation::Installation, slots::Came};

const ONE_LINE: &str = "I10 one line a slot that came";
const ITS_RUN: &str = "I10 a slot's run is the one of its line";
const AS_THE_SYSTEM: &str = "L-12 a slot's run starts with the system's own authority";
/// More than a trial has of one schedule.
const ALL: i64 = 100_000;

/// How slots went.
#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Slots {
    /// Made to come.
    pub(crate) came: usize,
    /// Of which it is not known whether they did.
    pub(crate) unsure: usize,
    /// What became of them.
    pub(crate) fates: BTreeMap<String, u64>,
}

/// Every slot that has not its one line, and every run of one that is not the system's.
pub(crate) async fn check(
    installation: &Installation,
    came: &[Came],
    decisions: &[DecisionMade],
) -> Result<(Slots, Vec<Broken>)> {
    let mut of_run: HashMap<RunId, Vec<&DecisionMade>> = HashMap::new();
    for made in decisions {
        of_run.entry(made.run).or_default().push(made);
    }
    let mut slots = Slots {
        came: came.len(),
        unsure: came.iter().filter(|it| !it.is_sure).count(),
        ..Slots::default()
    };
    let mut found = Vec::new();
    for (number, site) in installation.sites.iter().enumerate() {
        let store = &installation.store;
        let schedule = store.schedule(&site.tenant, site.schedule).await?;
        let lines = store.schedule_slots(&schedule, ALL).await?;
        for slot in came.iter().filter(|it| it.site == number) {
            let is_its = |line: &&SlotRow| (line.slot_at..=line.last_slot_at).contains(&slot.at);
            let count = lines.iter().filter(is_its).count();
            if count > 1 || (slot.is_sure && count == 0) {
                let what = format!("tenant {number}, slot {}: {count} lines", slot.at.0);
                found.push(of_trial(ONE_LINE, what));
            }
        }
        for line in &lines {
            let fate = line.reason.map_or(line.fate.as_str(), |it| it.as_str());
            *slots.fates.entry(fate.to_owned()).or_default() += 1;
            if let (SlotFate::Run, Some(run)) = (line.fate, line.run_id) {
                let decided = of_run.get(&run).map_or(&[][..], Vec::as_slice);
                found.extend(of_authority(run, decided));
            }
        }
        for run in store.schedule_runs(&schedule, ALL).await? {
            let is_its =
                |line: &SlotRow| line.run_id == Some(run.id) && Some(line.slot_at) == run.slot_at;
            if !lines.iter().any(is_its) {
                let what = format!("slot {:?} has no line that names it", run.slot_at);
                found.push(broken(ITS_RUN, run.id, what));
            }
        }
    }
    Ok((slots, found))
}

fn of_authority(run: RunId, decided: &[&DecisionMade]) -> Option<Broken> {
    let is_systems =
        |made: &&DecisionMade| made.decision.authority_mode == AuthorityMode::SystemAuthority;
    if decided.is_empty() {
        return Some(broken(AS_THE_SYSTEM, run, "nothing was decided".to_owned()));
    }
    let other = decided.iter().find(|made| !is_systems(made))?;
    let what = format!(
        "entry {}: decided as {}",
        other.sequence,
        other.decision.authority_mode.as_str()
    );
    Some(broken(AS_THE_SYSTEM, run, what))
}
