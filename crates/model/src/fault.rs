//! Mistakes that the checker must find.

/// One mistake in the engine, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The engine as it is.
    None,
    /// The grant is read and decided about before the transaction that starts the run.
    DecideBeforeTransaction,
    /// `runs_finish` does not ask for the attempt.
    FinishWithoutAttempt,
    /// `run_progress` does not ask for the attempt.
    ProgressWithoutAttempt,
    /// `runs_rescue` queues the run again without a new attempt.
    RescueWithoutNewAttempt,
    /// The notification is written after the commit, not in it.
    NotifyOutsideTransaction,
    /// A worker that reads a wish to cancel ends the run whatever attempt it holds.
    CancelIgnoresAttempt,
    /// A revocation passes over a row that a start has locked, and answers that it is done.
    RevokeSkipsLockedRows,
    /// A rescue leaves no audit entry.
    ForgetAuditOfRescue,
    /// A worker whose commit was lost takes any decision about the attempt for its own.
    ProbeIgnoresWorker,
    /// Nobody takes runs from silent workers.
    NobodyRescues,
}
