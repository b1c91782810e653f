//! Writes the ends of runs in groups: what has come in while the last group was written is the next one.
//!
//! Nothing waits for company. An idle pool's end is a group of one, written at once; a busy pool's
//! groups grow with the time that a commit takes.

use std::sync::Arc;

use policy::Running;
use store::{Again, Ending, Retrying, RunEnd, Store, StoreError};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

/// The most ends in one transaction; it bounds how long the audit chains are held.
const GROUP: usize = 500;

/// What became of an end that was handed in.
#[derive(Debug)]
pub(super) enum Written {
    /// It is durable.
    Ended,
    /// It is not the end: the run is tried again.
    Again,
    /// The run is no longer this worker's.
    LeaseLost,
    /// The database could not take it now; it may later.
    Later(String),
    /// The database refuses it.
    Refused(StoreError),
}

/// An end on its way into the database.
struct Handed {
    running: Arc<Running>,
    end: Arc<RunEnd>,
    again: Option<Again>,
    answer: oneshot::Sender<Written>,
}

/// Where jobs hand in how their runs ended.
#[derive(Debug, Clone)]
pub(super) struct Finisher(mpsc::UnboundedSender<Handed>);

impl Finisher {
    /// Begins to write; the task ends when every handle is gone and everything handed in is answered.
    pub(super) fn start(store: Store) -> (Self, JoinHandle<()>) {
        // Unbounded, and still small: every job has at most one end in it.
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), tokio::spawn(write_for_ever(store, receiver)))
    }

    /// Writes an end together with those of other runs; answers when it is durable, or why it is not.
    ///
    /// With `again` it is the end only when no try is left.
    pub(super) async fn write(
        &self,
        running: &Arc<Running>,
        end: &Arc<RunEnd>,
        again: Option<Again>,
    ) -> Written {
        let (answer, written) = oneshot::channel();
        let handed = Handed {
            running: Arc::clone(running),
            end: Arc::clone(end),
            again,
            answer,
        };
        if self.0.send(handed).is_err() {
            return Written::Refused(StoreError::Stopped);
        }
        written
            .await
            .unwrap_or(Written::Refused(StoreError::Stopped))
    }
}

async fn write_for_ever(store: Store, mut receiver: mpsc::UnboundedReceiver<Handed>) {
    let mut group = Vec::new();
    while receiver.recv_many(&mut group, GROUP).await > 0 {
        // Whose job was stopped meanwhile has lost its lease.
        group.retain(|handed| !handed.answer.is_closed());
        let group = try_again(&store, std::mem::take(&mut group)).await;
        write_group(&store, group).await;
    }
}

/// Puts those that are to be tried again back into the queue; gives back what is to be ended.
///
/// A transaction of its own: locks on queue rows are taken by one statement in each.
async fn try_again(store: &Store, group: Vec<Handed>) -> Vec<Handed> {
    let (tries, mut ends): (Vec<_>, Vec<_>) =
        group.into_iter().partition(|handed| handed.again.is_some());
    let failed: Vec<_> = tries
        .iter()
        .filter_map(|handed| Some((&*handed.running, &*handed.end, handed.again?)))
        .collect();
    if failed.is_empty() {
        return ends;
    }
    match store.runs_retry(&failed).await {
        Ok(answers) => {
            for (handed, answer) in tries.into_iter().zip(answers) {
                match answer {
                    Retrying::Scheduled => handed.answer(Written::Again),
                    Retrying::Cancelled => handed.answer(Written::Ended),
                    Retrying::LeaseLost => handed.answer(Written::LeaseLost),
                    Retrying::Spent => ends.push(handed),
                }
            }
        }
        Err(error) if error.may_pass() => {
            let why = error.with_causes();
            for handed in tries {
                handed.answer(Written::Later(why.clone()));
            }
        }
        // Better over than stuck.
        Err(error) => {
            tracing::warn!(error = %error.with_causes(), "{} retries were refused; the runs end", tries.len());
            ends.extend(tries);
        }
    }
    ends
}

async fn write_group(store: &Store, group: Vec<Handed>) {
    if group.is_empty() {
        return;
    }
    match store.runs_finish(&ends_of(&group)).await {
        Ok(endings) => {
            for (handed, ending) in group.into_iter().zip(endings) {
                handed.answer(written(ending));
            }
        }
        Err(error) if error.may_pass() => {
            let why = error.with_causes();
            for handed in group {
                handed.answer(Written::Later(why.clone()));
            }
        }
        // One end that the database refuses must not take the others with it.
        Err(error) => {
            tracing::warn!(error = %error.with_causes(), "a group of {} ends was refused; one by one", group.len());
            for handed in group {
                write_alone(store, handed).await;
            }
        }
    }
}

async fn write_alone(store: &Store, handed: Handed) {
    let answer = match store.runs_finish(&[(&handed.running, &handed.end)]).await {
        Ok(endings) => endings.first().copied().map_or(Written::LeaseLost, written),
        Err(error) if error.may_pass() => Written::Later(error.with_causes()),
        Err(error) => Written::Refused(error),
    };
    handed.answer(answer);
}

fn ends_of(group: &[Handed]) -> Vec<(&Running, &RunEnd)> {
    group
        .iter()
        .map(|handed| (&*handed.running, &*handed.end))
        .collect()
}

const fn written(ending: Ending) -> Written {
    match ending {
        Ending::Written => Written::Ended,
        Ending::LeaseLost => Written::LeaseLost,
    }
}

impl Handed {
    fn answer(self, written: Written) {
        // A job that was stopped does not wait for its answer.
        let _ = self.answer.send(written);
    }
}
