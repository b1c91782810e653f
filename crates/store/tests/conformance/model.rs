//! What the state table says of the runs of one tenant: small enough to be seen to be right.

use domain::{
    ids::RunId,
    retry::RetryPolicy,
    run::{RunOutcome, RunStatus},
    time::SECOND,
};
use store::{Cancel, Retrying, WorkedOutcome};

pub static POLICY: RetryPolicy = RetryPolicy {
    tries: 3,
    base: SECOND,
    cap: SECOND,
};

/// In whose name a run is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Operator,
    System,
}

/// Everything that is told of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now {
    pub ledger: Vec<String>,
    pub queue: Vec<String>,
    pub attempts: Vec<String>,
    pub decisions: Vec<String>,
    pub audit: Vec<String>,
    pub notices: Vec<String>,
}

#[derive(Debug)]
pub struct Run {
    pub id: RunId,
    way: Way,
    status: RunStatus,
    outcome: RunOutcome,
    attempt: i64,
    retries: i64,
    rescues: i64,
    has_started: bool,
    has_done: bool,
    is_asked: bool,
    is_waiting: bool,
    attempts: Vec<String>,
    decisions: Vec<String>,
    audit: Vec<&'static str>,
}

#[derive(Debug, Default)]
pub struct Model {
    pub is_granted: bool,
    pub runs: Vec<Run>,
}

impl Run {
    /// How it ends when it is stopped from outside: what was done outweighs why (0035).
    fn kept_or(&self, otherwise: RunOutcome) -> RunOutcome {
        match self.has_done {
            true => RunOutcome::PartiallySucceeded,
            false => otherwise,
        }
    }

    fn is_at(&self, status: RunStatus) -> bool {
        self.status == status
    }

    fn over(&mut self, outcome: RunOutcome, entry: &'static str) {
        (self.status, self.outcome) = (RunStatus::Completed, outcome);
        self.audit.push(entry);
    }

    /// Closes the attempt that is under way.
    fn close(&mut self, ended_by: &str) {
        self.attempts.pop();
        self.attempts.push(format!("{} {ended_by}", self.attempt));
    }

    fn back(&mut self, entry: &'static str) {
        self.status = RunStatus::Queued;
        self.attempt += 1;
        self.is_waiting = false;
        self.audit.push(entry);
    }

    pub fn told(&self) -> Now {
        let start = if self.has_started { "started" } else { "never" };
        let ledger = format!("{} {} {} {start}", self.status, self.outcome, self.attempt);
        let asked = if self.is_asked { " asked" } else { "" };
        let (status, attempt) = (self.status, self.attempt);
        let place = format!(
            "{status} {attempt} {} {}{asked}",
            self.retries, self.rescues
        );
        let is_over = self.is_at(RunStatus::Completed);
        let is_told = is_over && self.way == Way::Operator;
        Now {
            ledger: vec![ledger],
            queue: (!is_over).then_some(place).into_iter().collect(),
            attempts: self.attempts.clone(),
            decisions: self.decisions.clone(),
            audit: self.audit.iter().map(|&action| action.to_owned()).collect(),
            notices: is_told.then(|| "told".to_owned()).into_iter().collect(),
        }
    }
}

impl Model {
    fn active(&mut self) -> Option<&mut Run> {
        let newest = self.runs.last_mut();
        newest.filter(|run| !run.is_at(RunStatus::Completed))
    }

    fn running(&mut self) -> &mut Run {
        let active = self.active().filter(|run| run.is_at(RunStatus::Running));
        active.unwrap_or_else(|| panic!("a worker has a run that is not running"))
    }

    /// `None`: forbidden; else the run that stands in the way, if one does.
    pub fn request(&mut self, way: Way) -> Option<Option<RunId>> {
        (way == Way::System || self.is_granted).then(|| self.active().map(|run| run.id))
    }

    pub fn requested(&mut self, id: RunId, way: Way) {
        self.runs.push(Run {
            id,
            way,
            status: RunStatus::Queued,
            outcome: RunOutcome::Pending,
            attempt: 1,
            retries: 0,
            rescues: 0,
            has_started: false,
            has_done: false,
            is_asked: false,
            is_waiting: false,
            attempts: Vec::new(),
            decisions: Vec::new(),
            audit: vec!["run.requested"],
        });
    }

    /// How many start, and how many are refused.
    pub fn claim(&mut self) -> (usize, usize) {
        let is_granted = self.is_granted;
        let Some(run) = self.active() else {
            return (0, 0);
        };
        if !run.is_at(RunStatus::Queued) || run.is_waiting {
            return (0, 0);
        }
        if run.way == Way::System || is_granted {
            run.status = RunStatus::Running;
            run.has_started = true;
            run.decisions.push(format!("{} allowed", run.attempt));
            run.attempts.push(format!("{} open", run.attempt));
            run.audit.push("run.started");
            (1, 0)
        } else {
            run.decisions.push(format!("{} denied", run.attempt));
            let outcome = run.kept_or(RunOutcome::Blocked);
            run.over(outcome, "run.blocked");
            (0, 1)
        }
    }

    pub fn wait_out(&mut self) {
        if let Some(run) = self.active() {
            run.is_waiting = false;
        }
    }

    pub fn progress(&mut self) {
        self.running().has_done = true;
    }

    pub fn finish(&mut self, outcome: WorkedOutcome) {
        let run = self.running();
        run.close("finished");
        run.over(outcome.into(), "run.completed");
    }

    pub fn fail(&mut self) -> Retrying {
        let run = self.running();
        if run.is_asked {
            run.close("finished");
            run.over(RunOutcome::Cancelled, "run.completed");
            return Retrying::Cancelled;
        }
        if run.retries + 1 == POLICY.tries {
            return Retrying::Spent;
        }
        run.close("retried");
        run.back("run.retry_scheduled");
        run.retries += 1;
        run.is_waiting = true;
        Retrying::Scheduled
    }

    pub fn cancel(&mut self) -> Cancel {
        let Some(run) = self.active() else {
            return Cancel::Over;
        };
        if run.is_asked {
            return Cancel::AskedBefore;
        }
        run.audit.push("run.cancel_requested");
        if run.is_at(RunStatus::Running) {
            run.is_asked = true;
            return Cancel::Asked;
        }
        run.over(RunOutcome::Cancelled, "run.completed");
        Cancel::Ended
    }

    pub fn lose_worker(&mut self, most: i64) {
        let run = self.running();
        run.close("lease_expired");
        if run.is_asked {
            run.over(RunOutcome::Cancelled, "run.completed");
        } else if run.rescues == most {
            let outcome = run.kept_or(RunOutcome::Failed);
            run.over(outcome, "run.completed");
        } else {
            run.back("run.rescued");
            run.rescues += 1;
        }
    }

    pub fn hand_back(&mut self) {
        let run = self.running();
        run.close("handed_back");
        if run.is_asked {
            run.over(RunOutcome::Cancelled, "run.completed");
        } else {
            run.back("run.rescued");
        }
    }
}
