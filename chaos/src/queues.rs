//! An owner who pauses tenants' queues and resumes them.

use std::sync::Arc;

use anyhow::Result;
use serde::Serialize;
use store::StoreError;
use tokio::time::{Instant, sleep_until};

use crate::{
    installation::Installation,
    plan::{At, Turn},
};

/// How pausing went, as it was answered.
#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Pauses {
    pub(crate) paused: u64,
    pub(crate) resumed: u64,
    /// The database was away: whether the queue is paused is not known.
    pub(crate) unanswered: u64,
}

impl Pauses {
    /// Both together.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.paused += other.paused;
        self.resumed += other.resumed;
        self.unanswered += other.unanswered;
        self
    }
}

/// Pauses and resumes the queue of one tenant at their moments.
pub(crate) async fn pause(
    installation: Arc<Installation>,
    site: usize,
    turns: Vec<At<Turn>>,
    begin: Instant,
) -> Pauses {
    let mut pauses = Pauses::default();
    let Some(site) = installation.sites.get(site) else {
        return pauses;
    };
    let (store, owner) = (&installation.store, &installation.owner);
    for turn in turns {
        sleep_until(begin + turn.at).await;
        let (answer, count) = match turn.what {
            Turn::Pause => {
                let answer = store.queue_pause_set(owner, &site.tenant).await;
                (answer, &mut pauses.paused)
            }
            Turn::Resume => {
                let answer = store.queue_resume(owner, &site.tenant).await;
                (answer, &mut pauses.resumed)
            }
        };
        match answer {
            Ok(()) => *count += 1,
            // What was not answered before has been done, or has not.
            Err(StoreError::Conflict) => {}
            Err(_) => pauses.unanswered += 1,
        }
    }
    pauses
}

/// Resumes every queue that is still paused.
pub(crate) async fn resume_all(installation: &Installation) -> Result<()> {
    let (store, owner) = (&installation.store, &installation.owner);
    for site in &installation.sites {
        if store.queue_pause(&site.tenant).await?.is_some() {
            store.queue_resume(owner, &site.tenant).await?;
        }
    }
    Ok(())
}
