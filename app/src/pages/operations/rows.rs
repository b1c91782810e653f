//! What a poll may change in a list that somebody is reading (V-14).

use domain::{ids::RunId, views::RunRowView};

/// Whether a person is at work in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// At the top of the page, with neither focus nor pointer in the table.
    Away,
    /// Somewhere in the table: nothing may move.
    Reading,
}

/// The rows to show after a poll.
#[derive(Debug, PartialEq, Eq)]
pub struct Merged {
    /// The rows, in the order to show.
    pub rows: Vec<RunRowView>,
    /// How many new runs wait to be asked for.
    pub waiting: usize,
}

/// Brings a poll's rows into those shown: all of them, or, under a reader, only what changed within a row.
pub fn merge(shown: &[RunRowView], polled: Vec<RunRowView>, reader: Reader) -> Merged {
    if reader == Reader::Away || same_ids(shown, &polled) {
        return Merged {
            rows: polled,
            waiting: 0,
        };
    }
    let waiting = polled
        .iter()
        .filter(|row| find(shown, row.id).is_none())
        .count();
    let rows = shown
        .iter()
        .map(|row| find(&polled, row.id).unwrap_or(row).clone())
        .collect();
    Merged { rows, waiting }
}

/// The row of one run.
pub fn find(rows: &[RunRowView], id: RunId) -> Option<&RunRowView> {
    rows.iter().find(|row| row.id == id)
}

fn same_ids(a: &[RunRowView], b: &[RunRowView]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.id == b.id)
}

#[cfg(test)]
mod tests {
    use domain::{
        run::{RunOutcome, RunState, RunStatus},
        time::Timestamp,
    };
    use uuid::Uuid;

    use super::*;

    fn row(id: u128, status: RunStatus) -> RunRowView {
        RunRowView {
            id: RunId::from_uuid(Uuid::from_u128(id)),
            operation: "Inventory sync".to_owned(),
            target: "Contoso".to_owned(),
            tenant_id: None,
            parent_id: None,
            initiator: "Dana".to_owned(),
            state: RunState {
                status,
                outcome: RunOutcome::Pending,
            },
            waiting: None,
            denial_class: None,
            reason_code: None,
            queued_at: Timestamp(0),
            started_at: None,
            completed_at: None,
            progress: None,
        }
    }

    #[test]
    fn v14_new_rows_wait_while_somebody_reads() {
        let shown = [row(2, RunStatus::Queued), row(1, RunStatus::Queued)];
        let polled = vec![row(3, RunStatus::Queued), row(2, RunStatus::Running)];
        let merged = merge(&shown, polled, Reader::Reading);
        assert_eq!(
            merged.rows,
            [row(2, RunStatus::Running), row(1, RunStatus::Queued)]
        );
        assert_eq!(merged.waiting, 1);
    }

    #[test]
    fn v14_nobody_reads_so_the_list_is_as_it_is() {
        let shown = [row(1, RunStatus::Queued)];
        let polled = vec![row(2, RunStatus::Queued)];
        let merged = merge(&shown, polled.clone(), Reader::Away);
        assert_eq!((merged.rows, merged.waiting), (polled, 0));
    }
}
