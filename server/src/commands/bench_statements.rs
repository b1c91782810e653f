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

    /// Which part of a time the statements of some names took.
    pub(crate) fn share(&self, seconds: f64, wanted: impl Fn(&str) -> bool) -> f64 {
        let micros: u64 = self
            .slowest()
            .iter()
            .filter(|(name, ..)| wanted(name))
            .map(|(_, _, micros)| micros)
            .sum();
        micros as f64 / 1e6 / seconds.max(f64::EPSILON)
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
