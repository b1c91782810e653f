//! Which rows of the queue belong to the attempts that somebody asks about, in PostgreSQL's words.

/// Tells an attempt from the others of its run: run and attempt stand beside each other in the first two parameters.
///
/// In the `case` they go into a table of hashes once. A plain condition would be joined, and each run be compared
/// with all of them.
macro_rules! attempt_fence {
    () => {
        "and case when (q.run_id, q.attempt) in (
         select k.run, k.attempt from unnest($1::uuid[], $2::bigint[]) as k(run, attempt)) then true end"
    };
}

/// The rows `q` of the queue that belong to attempts.
///
/// They are found by their keys: for a queue that was empty when it was analysed, the planner would join the other
/// way round and read all of it for each run.
macro_rules! of_attempts {
    () => {
        concat!(
            "q.run_id = any($1::uuid[]) ",
            crate::runs::fence::attempt_fence!()
        )
    };
}

pub(crate) use attempt_fence;
pub(super) use of_attempts;
