//! Every state within the bounds, and every planted mistake found in them.
#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod ends;
mod walk;

use model::{Bounds, Engine, Fault};

const ALL: [Bounds; 2] = [Bounds::TWO_RUNS, Bounds::THREE_WORKERS];

#[test]
fn l04_the_promises_hold_in_every_state() {
    for bounds in ALL {
        let engine = Engine {
            bounds,
            fault: Fault::None,
        };
        let states = walk::holds(engine);
        println!("{bounds:?}: {states} states, every promise holds");
    }
}

/// Which promise each mistake breaks, and in how few steps.
const FOUND: [(Fault, &str, usize); 9] = [
    (
        Fault::DecideBeforeTransaction,
        "decided on what was current at the commit",
        3,
    ),
    (
        Fault::RevokeSkipsLockedRows,
        "decided on what was current at the commit",
        4,
    ),
    (
        Fault::NotifyOutsideTransaction,
        "one notification an end",
        4,
    ),
    (
        Fault::ForgetAuditOfRescue,
        "one audit entry a transition",
        5,
    ),
    (
        Fault::FinishWithoutAttempt,
        "no write of a replaced attempt is taken",
        9,
    ),
    (
        Fault::ProgressWithoutAttempt,
        "no write of a replaced attempt is taken",
        9,
    ),
    (
        Fault::RescueWithoutNewAttempt,
        "a refused start was never worked on",
        9,
    ),
    (
        Fault::ProbeIgnoresWorker,
        "no write of a replaced attempt is taken",
        8,
    ),
    (
        Fault::CancelIgnoresAttempt,
        "no write of a replaced attempt is taken",
        10,
    ),
];

#[test]
fn every_planted_mistake_is_found_with_its_shortest_trace() {
    for (fault, promise, steps) in FOUND {
        let (broken, trace) = walk::breaks(Engine {
            bounds: Bounds::TWO_RUNS,
            fault,
        });
        println!("{fault:?} breaks \"{broken}\" in {steps} steps: {trace:?}");
        assert_eq!((broken, trace.len()), (promise, steps), "{fault:?}");
    }
}

#[test]
fn every_run_can_end_from_every_state() {
    for bounds in ALL {
        let engine = Engine {
            bounds,
            fault: Fault::None,
        };
        let (states, dead) = ends::dead_ends(engine);
        assert_eq!(dead, 0, "{bounds:?}: states from which a run never ends");
        println!("{bounds:?}: from each of {states} states every run can end");
    }
}

#[test]
fn without_rescues_some_run_never_ends() {
    let engine = Engine {
        bounds: Bounds::THREE_WORKERS,
        fault: Fault::NobodyRescues,
    };
    let (states, dead) = ends::dead_ends(engine);
    assert!(dead > 0);
    println!("without rescues: {dead} of {states} states lead to no end");
}
