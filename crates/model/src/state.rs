//! What there is at one moment.

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// What the runs' authority rests on.
    pub grant: Grant,
    /// The runs.
    pub runs: Vec<Run>,
    /// The worker processes.
    pub workers: Vec<Worker>,
}

/// The row that allows the runs, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Grant {
    /// Moves with every change.
    pub version: u8,
    /// Whether it allows.
    pub allows: bool,
    /// The version that the last answered change promised; nothing may start on an older one.
    pub promised: u8,
}

/// A run in ledger and queue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Run {
    /// Where it stands.
    pub status: Status,
    /// Its attempt: the fence.
    pub attempt: u8,
    /// Whether whoever works on it has shown a sign of life in time.
    pub lease: Lease,
    /// Whether somebody wants it ended.
    pub cancel_requested: bool,
    /// The last decision about it.
    pub decision: Option<Decision>,
    /// How often it turned running. No column: it tells one start from the next, whatever the attempt says.
    pub starts: u8,
    /// Which worker turned it running last: `worker_id` of its last attempt.
    pub starter: Option<usize>,
    /// How often it was queued again.
    pub requeues: u8,
    /// How often it ended.
    pub ends: u8,
    /// `run.started` in the audit log.
    pub started_entries: u8,
    /// `run.rescued` and its like in the audit log.
    pub requeued_entries: u8,
    /// `run.completed` and `run.blocked` in the audit log.
    pub end_entries: u8,
    /// Terminal notifications.
    pub notices: u8,
    /// Whether something was written for it on behalf of a start that had been replaced.
    pub late_write: bool,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It waits.
    Queued,
    /// It is worked on.
    Running,
    /// It is over.
    Ended(Outcome),
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Its work was done.
    Worked,
    /// The gate refused it.
    Blocked,
    /// Somebody wanted it ended.
    Cancelled,
    /// It was lost too often.
    Failed,
}

/// A lease, without its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lease {
    /// It lasts.
    Held,
    /// It is over, or there is none.
    Over,
}

/// What the gate said about one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decision {
    /// About which attempt.
    pub attempt: u8,
    /// What it said.
    pub allows: bool,
    /// Whether what it had read was current when it was committed.
    pub is_current: bool,
}

/// What a claim has read of the grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Read {
    /// The version.
    pub version: u8,
    /// Whether it allowed.
    pub allows: bool,
}

/// What a worker process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Worker {
    /// Nothing, or it has just been started anew.
    Idle,
    /// In the transaction of a claim.
    Claiming {
        /// Which run.
        run: usize,
        /// Which attempt of it.
        attempt: u8,
        /// What it has read.
        read: Option<Read>,
        /// Whether it holds the locks of what it has read.
        is_locking: bool,
    },
    /// At work, as far as it knows.
    Working {
        /// Which run.
        run: usize,
        /// Which attempt of it.
        attempt: u8,
        /// Which start of it.
        start: u8,
    },
    /// The answer of its claim's commit was lost; it is about to ask the ledger whether it counted.
    Asking {
        /// Which run.
        run: usize,
        /// Which attempt of it.
        attempt: u8,
        /// Which start of it the commit made, if it counted.
        start: u8,
    },
    /// About to write a notification (a planted mistake alone does).
    Telling {
        /// About which run.
        run: usize,
    },
}

impl State {
    /// Whether a claim holds a run's row in the queue.
    pub(crate) fn is_claimed(&self, wanted: usize) -> bool {
        self.workers.iter().any(|worker| {
            matches!(worker, Worker::Claiming { run, is_locking: true, .. } if *run == wanted)
        })
    }

    /// Whether a claim holds the grant's row, which it locks as it reads it.
    pub(crate) fn is_grant_locked(&self) -> bool {
        let holds = |worker: &Worker| {
            matches!(
                worker,
                Worker::Claiming {
                    read: Some(_),
                    is_locking: true,
                    ..
                }
            )
        };
        self.workers.iter().any(holds)
    }
}

impl Run {
    /// A run that was just asked for.
    pub(crate) const fn queued() -> Self {
        Self {
            status: Status::Queued,
            attempt: 1,
            lease: Lease::Over,
            cancel_requested: false,
            decision: None,
            starts: 0,
            starter: None,
            requeues: 0,
            ends: 0,
            started_entries: 0,
            requeued_entries: 0,
            end_entries: 0,
            notices: 0,
            late_write: false,
        }
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        matches!(self.status, Status::Ended(_))
    }
}
