//! What a trial tells: one line of JSON, and the same in words.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    bulks::Bulks,
    burden::Burden,
    check::{Broken, journal::Calls, slots::Slots, writes::Intents},
    driver::Asked,
    queues::Pauses,
    viewers::Looks,
};

/// What was done to the processes.
#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Faults {
    pub(crate) kills: u64,
    pub(crate) freezes: u64,
    pub(crate) worker_starts: u64,
    /// By the way in which the server ended.
    pub(crate) database_stops: BTreeMap<String, u64>,
    pub(crate) database_starts: u64,
    /// The server stood still for a while, with all its children.
    pub(crate) database_silences: u64,
    /// The process of the pages.
    pub(crate) pages_kills: u64,
}

/// What a trial tells.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    pub(crate) seed: u64,
    pub(crate) database: &'static str,
    /// The mistake that was planted, if one was.
    pub(crate) planted: Option<String>,
    pub(crate) seconds: u64,
    pub(crate) workers: usize,
    pub(crate) tenants: usize,
    /// In the order in which they were played.
    pub(crate) scenes: Vec<String>,
    pub(crate) faults: Faults,
    /// Changes of grants that were answered.
    pub(crate) changes: u64,
    pub(crate) asked: Asked,
    /// How presses of buttons were answered, those of the scenes too, by status; 0 where nothing came back.
    pub(crate) presses: BTreeMap<u16, u64>,
    /// Pauses of queues, as the audit log has them.
    pub(crate) pauses: u64,
    /// Of those that chance made, what was answered.
    pub(crate) turns: Pauses,
    pub(crate) bulks: Bulks,
    pub(crate) slots: Slots,
    /// Runs that are over.
    pub(crate) runs: usize,
    /// How they ended.
    pub(crate) outcomes: BTreeMap<String, u64>,
    pub(crate) decisions: usize,
    pub(crate) refusals: BTreeMap<String, u64>,
    /// Attempts that were begun.
    pub(crate) attempts: usize,
    /// Attempts that another worker had to take over.
    pub(crate) rescued: usize,
    pub(crate) calls: Calls,
    pub(crate) intents: Intents,
    pub(crate) looks: Looks,
    /// How often the rules were asked while the faults went on.
    pub(crate) samples: u64,
    /// The most that the program took of the machine.
    pub(crate) burden: Burden,
    /// The longest time from when everything was back until the pages were ready.
    pub(crate) longest_recovery_ms: u64,
    /// From the end of the faults until no run was left.
    pub(crate) settled_ms: u64,
    /// How long the process of the pages was away in all.
    pub(crate) pages_away_ms: u64,
    /// Transactions that the database refused, in the words that a planted mistake is to meet.
    pub(crate) refused_by_the_wall: u64,
    pub(crate) broken: Vec<Broken>,
}

impl Report {
    /// The report for people.
    pub(crate) fn words(&self) -> String {
        let faults = &self.faults;
        let stops = counted(&faults.database_stops);
        let mut text = format!(
            "seed {} on {}, {} s, {} workers, {} tenants{}\n\
             faults: {} kills, {} stops past or near the lease, {} starts of workers; stops of the database: {stops}; {} silences of it; {} kills of the pages\n\
             asked: {} accepted, {} deduped, {} busy, {} blocked, {} forbidden, {} unanswered, {} cancels; presses answered: {}; {} changes of grants\n\
             queues: {} pauses; by chance {} answered, {} resumed, {} unanswered\n\
             bulks: {} accepted, {} deduped, {} unanswered, {} cancels; {} parts; slots: {} came, {} of them unsure; {}\n\
             decided: {} about {} runs; refused: {}; ended: {}\n\
             {} attempts, {} rescued; {} calls at the provider ({} late reads), {} samples of the rules\n\
             {} intents, {} changes sent, {} took effect ({} creations, {} assignments), {} left behind, {} under way at a stop, {} that nobody knows\n\
             pages: {}; {} while hidden, {} unanswered while the process was away; scenes: {}\n\
             pages away for {} ms; ready within {} ms after everything was back; settled after {} ms, {} transactions refused by the database\n\
             at most {}\n",
            self.seed,
            self.database,
            self.seconds,
            self.workers,
            self.tenants,
            self.planted
                .as_ref()
                .map_or_else(String::new, |it| format!(", planted: {it}")),
            faults.kills,
            faults.freezes,
            faults.worker_starts,
            faults.database_silences,
            faults.pages_kills,
            self.asked.accepted,
            self.asked.deduped,
            self.asked.scope_busy,
            self.asked.blocked,
            self.asked.forbidden,
            self.asked.unanswered,
            self.asked.cancels,
            counted(&self.presses),
            self.changes,
            self.pauses,
            self.turns.paused,
            self.turns.resumed,
            self.turns.unanswered,
            self.bulks.accepted,
            self.bulks.deduped,
            self.bulks.unanswered,
            self.bulks.cancels,
            self.bulks.parts,
            self.slots.came,
            self.slots.unsure,
            counted(&self.slots.fates),
            self.decisions,
            self.runs,
            counted(&self.refusals),
            counted(&self.outcomes),
            self.attempts,
            self.rescued,
            self.calls.calls,
            self.calls.late_reads,
            self.samples,
            self.intents.intents,
            self.intents.sent,
            self.intents.applied,
            self.intents.created,
            self.intents.assigned,
            self.intents.left_behind,
            self.intents.under_way,
            self.intents.unknown,
            counted(&self.looks.answers),
            self.looks.while_hidden,
            self.looks.while_away,
            self.scenes.join(", "),
            self.pages_away_ms,
            self.longest_recovery_ms,
            self.settled_ms,
            self.refused_by_the_wall,
            self.burden.words(),
        );
        for broken in self.broken.iter().take(20) {
            let run = broken
                .run
                .map_or_else(String::new, |run| format!("run {run}: "));
            text.push_str(&format!("BROKEN {}: {run}{}\n", broken.rule, broken.what));
        }
        text.push_str(&format!("{} promises broken", self.broken.len()));
        text
    }
}

fn counted(counts: &BTreeMap<impl std::fmt::Display, u64>) -> String {
    let told: Vec<String> = counts
        .iter()
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    if told.is_empty() {
        "none".to_owned()
    } else {
        told.join(", ")
    }
}
