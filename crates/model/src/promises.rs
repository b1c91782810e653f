//! What holds in every state, and what some state must show for the walk to be worth anything.

use crate::state::{Outcome, Run, State, Status, Worker};

/// A promise with its name.
pub type Promise = (&'static str, fn(&State) -> bool);

/// What holds in every state.
pub const PROMISES: [Promise; 7] =
    [
        (
            "running only after an allowing decision about this attempt",
            |state| state.runs.iter().all(is_started_by_the_gate),
        ),
        ("decided on what was current at the commit", |state| {
            let mut decisions = state.runs.iter().filter_map(|run| run.decision);
            decisions.all(|decision| decision.is_current)
        }),
        ("no write of a replaced attempt is taken", |state| {
            state.runs.iter().all(|run| !run.late_write)
        }),
        ("one end", |state| {
            state
                .runs
                .iter()
                .all(|run| run.ends == u8::from(run.is_over()))
        }),
        ("one notification an end", |state| {
            state.runs.iter().all(|run| run.notices == run.ends)
        }),
        ("one audit entry a transition", |state| {
            state.runs.iter().all(|run| {
                run.started_entries == run.starts
                    && run.requeued_entries == run.requeues
                    && run.end_entries == run.ends
            })
        }),
        ("a refused start was never worked on", |state| {
            let refused = |run: &Run| run.decision.is_some_and(|decision| !decision.allows);
            state.runs.iter().filter(|run| refused(run)).all(|run| {
                run.status == Status::Ended(Outcome::Blocked) && run.starts < run.attempt
            })
        }),
    ];

/// What some state shows.
pub const SIGHTS: [Promise; 5] = [
    ("a run is worked off in its last attempt", |state| {
        let worked = Status::Ended(Outcome::Worked);
        state
            .runs
            .iter()
            .any(|run| run.status == worked && run.requeues > 0)
    }),
    ("a run is blocked after it was rescued", |state| {
        let blocked = Status::Ended(Outcome::Blocked);
        state
            .runs
            .iter()
            .any(|run| run.status == blocked && run.starts > 0)
    }),
    ("a late worker still believes in its run", |state| {
        state.workers.iter().any(|worker| match *worker {
            Worker::Working { run, start, .. } => {
                state.runs.get(run).is_some_and(|run| run.starts > start)
            }
            _ => false,
        })
    }),
    ("a run is cancelled at work", |state| {
        let cancelled = Status::Ended(Outcome::Cancelled);
        state
            .runs
            .iter()
            .any(|run| run.status == cancelled && run.starts > 0)
    }),
    ("a run that was lost too often is over", |state| {
        let failed = Status::Ended(Outcome::Failed);
        state.runs.iter().any(|run| run.status == failed)
    }),
];

fn is_started_by_the_gate(run: &Run) -> bool {
    run.status != Status::Running
        || run
            .decision
            .is_some_and(|decision| decision.allows && decision.attempt == run.attempt)
}
