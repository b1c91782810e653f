//! What the program says to its log while a case is played, on whatever thread of it.

use std::{
    fmt::{Debug, Write as _},
    sync::{Arc, Mutex},
};

use tracing::{
    Dispatch, Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// Libraries whose own words are never turned on, and the stand-in for Graph, which is another program.
const OTHERS: [&str; 6] = ["hyper", "h2", "reqwest", "axum", "sqlx", "graph_sandbox"];

/// Everything that was said, at any level.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<String>>);

impl Heard {
    /// What listens.
    pub fn dispatch(&self) -> Dispatch {
        Dispatch::new(Listener(Arc::clone(&self.0)))
    }

    pub fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

struct Listener(Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !OTHERS
            .iter()
            .any(|them| metadata.target().starts_with(them))
    }
    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        attributes.record(&mut Line(&mut self.0.lock().unwrap()));
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Line(&mut self.0.lock().unwrap()));
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut log = self.0.lock().unwrap();
        write!(log, "\n{}", event.metadata().target()).unwrap();
        event.record(&mut Line(&mut log));
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}
