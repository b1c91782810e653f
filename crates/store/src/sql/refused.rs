//! When the database last refused to be written: its disk was full, or it was read-only.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::error::StoreError;

/// For how long a refusal is taken for how things are.
///
/// A write that goes well proves little: on a disk without room what fits into pages that are there still goes
/// through. So nothing takes a refusal back but time; who works on the queue asks again every second.
const HOLDS: Duration = Duration::from_secs(60);

/// What this process was last refused; shared by all who write to one database.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refused(Arc<Mutex<Option<Instant>>>);

impl Refused {
    /// Passes an answer on, and remembers when it is that nothing can be written.
    pub(super) fn noted<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::NotWritable(_)) = &answer {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        answer
    }

    /// Whether a write was refused so lately that the next one will be.
    pub(crate) fn is_lately(&self) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| holds(last, Instant::now()))
    }
}

fn holds(last: Instant, now: Instant) -> bool {
    now.saturating_duration_since(last) < HOLDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_remembered_for_a_while_and_nothing_else_is() {
        let refused = Refused::default();
        refused.noted(Ok(())).unwrap();
        refused
            .noted(Err::<(), _>(StoreError::Conflict))
            .unwrap_err();
        assert!(!refused.is_lately());
        let full = StoreError::NotWritable(sqlx::Error::RowNotFound);
        refused.noted(Err::<(), _>(full)).unwrap_err();
        refused.noted(Ok(())).unwrap();
        assert!(refused.is_lately());
        let last = Instant::now();
        assert!(holds(last, last + HOLDS / 2));
        assert!(!holds(last, last + HOLDS));
    }
}
