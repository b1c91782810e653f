//! What can be done to the runs of one tenant, by chance and as it has to be done each time.

use proptest::{prelude::*, sample::select};
use store::WorkedOutcome;

use crate::model::Way;

/// Something that is done to the runs of one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// The operator, or the system, asks for a run.
    Request(Way),
    /// A worker takes what may start now.
    Claim,
    /// The pause before the next try is over.
    WaitOut,
    /// The worker has done an item.
    Progress,
    /// The worker ends the run.
    Finish(WorkedOutcome),
    /// The worker's attempt failed in a way that passes.
    Fail,
    /// The owner wants the newest run ended.
    Cancel,
    /// The worker falls silent, and its run is taken from it.
    LoseWorker,
    /// Somebody sweeps while all leases hold.
    Sweep,
    /// The worker gives its run back.
    HandBack,
    /// The operator may do nothing any more.
    Revoke,
    /// The operator may do it again.
    Restore,
    /// Workers of earlier attempts wake up and try to end their runs.
    Late,
}

pub fn command() -> impl Strategy<Value = Command> {
    use Command::{
        Cancel, Claim, Fail, HandBack, Late, LoseWorker, Progress, Restore, Revoke, Sweep, WaitOut,
    };
    prop_oneof![
        3 => select(&[Way::Operator, Way::Operator, Way::System][..]).prop_map(Command::Request),
        10 => Just(Claim),
        3 => Just(WaitOut),
        2 => Just(Progress),
        1 => select(&[
            WorkedOutcome::Succeeded,
            WorkedOutcome::PartiallySucceeded,
            WorkedOutcome::Failed,
            WorkedOutcome::Cancelled,
            WorkedOutcome::Indeterminate,
        ][..])
        .prop_map(Command::Finish),
        3 => Just(Fail),
        2 => Just(Cancel),
        5 => Just(LoseWorker),
        1 => Just(Sweep),
        2 => Just(HandBack),
        1 => Just(Revoke),
        2 => Just(Restore),
        3 => Just(Late),
    ]
}

/// Lives that have to be lived each time, however the dice fall.
pub fn known_lives() -> Vec<Vec<Command>> {
    use Command::{Cancel, Claim, Fail, HandBack, Late, LoseWorker, Progress, Revoke, WaitOut};
    let begun = [Command::Request(Way::Operator), Claim];
    let go_on: [&[Command]; 10] = [
        &[Cancel, Cancel, Fail, Cancel],
        &[Cancel, LoseWorker, Late, Claim],
        &[Cancel, HandBack, Claim],
        &[
            Cancel,
            Command::Finish(WorkedOutcome::Succeeded),
            Late,
            Cancel,
        ],
        &[Fail, Claim, Cancel, WaitOut, Claim],
        &[
            Fail, WaitOut, Claim, LoseWorker, Claim, Fail, WaitOut, Claim, Fail, Late,
        ],
        &[
            LoseWorker, Claim, LoseWorker, Claim, HandBack, Claim, LoseWorker, Claim, Late,
            LoseWorker,
        ],
        &[LoseWorker, Claim, Late, Fail, WaitOut, Claim, Late],
        &[Progress, Fail, Revoke, Claim, WaitOut, Claim, Cancel],
        &[
            HandBack,
            Revoke,
            Claim,
            Late,
            Command::Request(Way::Operator),
        ],
    ];
    go_on
        .iter()
        .map(|rest| [&begun[..], rest].concat())
        .collect()
}
