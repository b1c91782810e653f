//! Where PostgreSQL reads the runs of a cell.

use super::{Cells, Group};
use crate::runs::list::RunFilter;

/// Rows that PostgreSQL reads a cell from, each with the columns that are asked for there.
///
/// The ledger has no index by outcome there: it would move with each end, and all others with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// All runs.
    Ledger,
    /// Runs that are over, by their outcome, and without some types.
    Outcomes,
    /// Runs that are over, by their outcome and by what else the ledger has an index for: from either end, as the
    /// planner sees fit. Bounds in time are said of both, since only what is equal is carried over.
    Ended,
    /// Runs that are not over.
    Live,
    /// Runs that are not over, and whose they are; each is looked up, whatever the planner knows of a table that is
    /// empty most of the time.
    LiveOf,
}

impl Source {
    pub(super) const fn rows(self) -> &'static str {
        match self {
            Self::Ledger => "operation_runs",
            Self::Outcomes => {
                "(select o.scope_id, o.outcome, o.queued_at, o.run_id as id, o.type from run_outcomes o)"
            }
            Self::Ended => {
                "(select o.scope_id, o.outcome, r.queued_at, r.id, r.type, r.user_id, o.queued_at as over_at, o.run_id as over_id
                   from run_outcomes o join operation_runs r
                     on r.scope_id = o.scope_id and r.queued_at = o.queued_at and r.id = o.run_id)"
            }
            Self::Live => {
                "(select q.scope_id, 'pending'::text as outcome, q.queued_at, q.run_id as id, q.type, q.status
                   from run_queue q)"
            }
            Self::LiveOf => {
                "(select q.scope_id, 'pending'::text as outcome, q.queued_at, q.run_id as id, q.type, q.status, r.user_id
                   from run_queue q
                   cross join lateral (select r.user_id from operation_runs r where r.id = q.run_id offset 0) r)"
            }
        }
    }
}

impl Cells {
    /// Where PostgreSQL reads the runs of a cell.
    pub(super) fn sources(&self, group: &Group, filter: &RunFilter) -> Vec<Source> {
        let one_by_one = filter.run.is_some() || filter.parent.is_some();
        if self.outcomes.is_empty() || one_by_one {
            return vec![Source::Ledger];
        }
        let by_whom = !group.users.is_empty() || filter.by_system;
        let mut sources = Vec::new();
        if self.outcomes.iter().any(|outcome| *outcome != "pending") {
            sources.push(if by_whom || !self.types.is_empty() {
                Source::Ended
            } else {
                Source::Outcomes
            });
        }
        if self.outcomes.contains(&"pending") {
            sources.push(if by_whom {
                Source::LiveOf
            } else {
                Source::Live
            });
        }
        sources
    }
}
