//! How long each statement took, by name, for benchmarks that are asked to tell.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Layer};

/// Sums of the times that the store tells its log; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct StatementTimes(Arc<Mutex<BTreeMap<String, (u64, u64)>>>);

impl StatementTimes {
    /// Forgets what was summed up.
    pub(crate) fn reset(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Name, count and microseconds, the slowest first.
    pub(crate) fn slowest(&self) -> Vec<(String, u64, u64)> {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = times
            .iter()
            .map(|(name, (count, micros))| (name.clone(), *count, *micros))
            .collect();
        all.sort_by_key(|(_, _, micros)| std::cmp::Reverse(*micros));
        all
    }

    /// How often a statement ran.
    pub(crate) fn count_of(&self, wanted: &str) -> u64 {
        self.slowest()
            .into_iter()
            .find_map(|(name, count, _)| (name == wanted).then_some(count))
            .unwrap_or(0)
    }

    /// Which part of the claims' transactions the gate took: facts read and decisions written.
    ///
    /// Statements that both transactions of a run use, one to start and one to end it, count half.
    pub(crate) fn gate_share(&self) -> f64 {
        let (mut gate, mut claims) = (0.0, 0.0);
        for (name, _, micros) in self.slowest() {
            let micros = micros as f64 * part_of_claim(&name);
            claims += micros;
            if name.starts_with("facts_") || name == "run_decisions_record" {
                gate += micros;
            }
        }
        if claims > 0.0 { gate / claims } else { 0.0 }
    }
}

fn part_of_claim(statement: &str) -> f64 {
    match statement {
        "run_queue_finish" | "runs_finish" | "run_attempts_end" | "notifications_insert" => 0.0,
        "commit" => 0.5,
        shared if shared.starts_with("audit_") || shared.starts_with("scope_version") => 0.5,
        _ => 1.0,
    }
}

impl<S: Subscriber> Layer<S> for StatementTimes {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut seen = Seen::default();
        event.record(&mut seen);
        if let (Some(statement), Some(micros)) = (seen.statement, seen.micros) {
            let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = times.entry(statement).or_default();
            *entry = (entry.0 + 1, entry.1 + micros);
        }
    }
}

#[derive(Default)]
struct Seen {
    statement: Option<String>,
    micros: Option<u64>,
}

impl Visit for Seen {
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "statement" {
            self.statement = Some(value.to_owned());
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "micros" {
            self.micros = Some(value);
        }
    }
}
