//! The words of the filters: what stands in the URL, and what people read.

use domain::{
    badge::run_badge,
    run::{RunOutcome, RunState, RunStatus},
};

/// Periods to look back on.
pub const PERIODS: [(&str, &str); 5] = [
    ("", "Any time"),
    ("1h", "Last hour"),
    ("24h", "Last 24 hours"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
];

/// Who asked.
pub const INITIATORS: [(&str, &str); 3] =
    [("any", "Anybody"), ("mine", "Me"), ("system", "The system")];

/// Every state a run can be filtered by, named as its badge is.
pub fn states() -> Vec<(String, String)> {
    let under_way = [RunStatus::Queued, RunStatus::Running].map(|status| RunState {
        status,
        outcome: RunOutcome::Pending,
    });
    let over = RunOutcome::ALL
        .iter()
        .filter(|outcome| **outcome != RunOutcome::Pending)
        .map(|outcome| RunState {
            status: RunStatus::Completed,
            outcome: *outcome,
        });
    let active = ("active".to_owned(), "Active".to_owned());
    let named = under_way
        .into_iter()
        .chain(over)
        .map(|state| (state.word().to_owned(), run_badge(state).label));
    std::iter::once(active).chain(named).collect()
}

/// The words for a value of the URL.
pub fn named(
    choices: &'static [(&'static str, &'static str)],
    value: &str,
) -> Option<&'static str> {
    choices
        .iter()
        .find(|(known, _)| *known == value)
        .map(|(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::states;

    #[test]
    fn l13_blocked_is_a_filter_of_its_own() {
        let states = states();
        assert_eq!(states.len(), 9);
        for (word, label) in [
            ("blocked", "Blocked"),
            ("failed", "Failed"),
            ("queued", "Queued"),
        ] {
            assert!(
                states.contains(&(word.to_owned(), label.to_owned())),
                "{word}"
            );
        }
    }
}
