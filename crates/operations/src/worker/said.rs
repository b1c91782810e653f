//! Faults that stay, told to the log once.

use std::collections::BTreeSet;

/// What the log has been told of: a fault that stays is said once, not every second, and again when it comes back.
#[derive(Default)]
pub(super) struct Said(BTreeSet<String>);

impl Said {
    /// Those of the faults there are that were not there the last time.
    pub(super) fn news(&mut self, faults: impl Iterator<Item = String>) -> Vec<String> {
        let before = std::mem::replace(&mut self.0, faults.collect());
        self.0.difference(&before).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r06_each_schedule_that_nobody_understands_is_named_once() {
        let mut said = Said::default();
        let mut news = |faults: &[&str]| said.news(faults.iter().map(|&it| it.to_owned()));
        assert_eq!(news(&["one", "two"]), ["one", "two"]);
        assert_eq!(news(&["two", "one"]), [""; 0]);
        assert_eq!(news(&["two", "three"]), ["three"]);
        assert_eq!(news(&[]), [""; 0]);
        assert_eq!(news(&["two"]), ["two"], "mended, and broken anew");
    }
}
