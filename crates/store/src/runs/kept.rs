//! How a run ends that is stopped from outside: what its attempts did by then outweighs why it was stopped.

/// Whether anything of a run is known to be done: an item, a write, or a part of a bulk that is the bulk's own.
///
/// What was written counts before its item says so, which a later transaction does.
macro_rules! was_done {
    ($run:literal) => {
        concat!(
            "(exists (select 1 from run_items i where i.run_id = ",
            $run,
            " and i.outcome = 'succeeded')
           or exists (select 1 from write_intents w where w.run_id = ",
            $run,
            " and w.state = 'done')
           or exists (select 1 from bulk_items b join operation_runs c on c.id = b.run_id where b.parent_id = ",
            $run,
            " and b.outcome is null and c.outcome = 'succeeded'))"
        )
    };
}

/// The outcome of a run that is stopped, `$else` where nothing of it was done (L-10, I5).
///
/// A write that nobody knows the end of outweighs what is known to be done.
macro_rules! outcome_kept {
    ($else:literal) => {
        concat!(
            "case
         when started_at is not null and exists (
           select 1 from write_intents w where w.run_id = operation_runs.id and w.state in ('open', 'indeterminate'))
           then 'indeterminate'
         when started_at is not null and ",
            $crate::runs::kept::was_done!("operation_runs.id"),
            " then 'partially_succeeded'
         else '",
            $else,
            "' end"
        )
    };
}

pub(super) use {outcome_kept, was_done};
