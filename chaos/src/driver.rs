//! People at work: they ask for runs.

use std::sync::{Arc, PoisonError};

use domain::{ids::RunId, operation::OperationType, views::StartResult};
use serde::Serialize;
use store::{Cancel, LabWrite, Requested, RunDraft, StoreError, SystemDraft};
use tokio::time::{Instant, sleep_until};

use crate::{
    installation::{Installation, Site},
    plan::{At, Wish},
    presses::{self, Press},
    viewers::Known,
};

/// How asking went.
#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Asked {
    pub(crate) accepted: u64,
    pub(crate) deduped: u64,
    pub(crate) scope_busy: u64,
    pub(crate) blocked: u64,
    pub(crate) forbidden: u64,
    /// The database was away: whether there is a run is not known.
    pub(crate) unanswered: u64,
    /// Runs that somebody wanted ended, and that were not over yet.
    pub(crate) cancels: u64,
    /// Runs that change something at the provider.
    pub(crate) writes: u64,
    /// Each with the number of its tenant.
    #[serde(skip)]
    pub(crate) runs: Vec<(usize, RunId)>,
    /// What people asked for with a button of a page.
    #[serde(skip)]
    pub(crate) presses: Vec<Press>,
}

impl Asked {
    /// Both together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.accepted += other.accepted;
        self.deduped += other.deduped;
        self.scope_busy += other.scope_busy;
        self.blocked += other.blocked;
        self.forbidden += other.forbidden;
        self.unanswered += other.unanswered;
        self.cancels += other.cancels;
        self.writes += other.writes;
        self.runs.extend(other.runs);
        self.presses.extend(other.presses);
        self
    }

    /// Counts what a press came to; answers the run that it made.
    fn count(&mut self, number: usize, press: Press) -> Option<RunId> {
        let told = press.answer.as_ref();
        let (count, made) = match told.map(|it| (it.result, it.run_id)) {
            Some((StartResult::Accepted, run)) => (&mut self.accepted, Some(run)),
            Some((StartResult::Blocked, run)) => (&mut self.blocked, Some(run)),
            Some((StartResult::Deduped, _)) => (&mut self.deduped, None),
            Some((StartResult::ScopeBusy, _)) => (&mut self.scope_busy, None),
            None if press.is_forbidden() => (&mut self.forbidden, None),
            None => (&mut self.unanswered, None),
        };
        *count += 1;
        self.presses.push(press);
        self.runs.extend(made.map(|run| (number, run)));
        made
    }
}

/// Asks for the runs of one tenant at their moments: people with the buttons of the pages.
pub(crate) async fn ask(
    installation: Arc<Installation>,
    pages: String,
    number: usize,
    wishes: Vec<At<Wish>>,
    known: Known,
    begin: Instant,
) -> Asked {
    let mut asked = Asked::default();
    let Some(site) = installation.sites.get(number) else {
        return asked;
    };
    for wish in wishes {
        sleep_until(begin + wish.at).await;
        if wish.what == Wish::Cancel {
            if let Some((_, run)) = asked.runs.last() {
                let answer = cancel(&installation, *run).await;
                let is_meant = matches!(answer, Ok(Cancel::Ended | Cancel::Asked));
                asked.cancels += u64::from(is_meant);
            }
            continue;
        }
        let knows = |run| {
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            known.push((number, run));
        };
        if let Wish::Person(operation) = wish.what {
            let press = presses::press(&pages, site, operation).await;
            asked.count(number, press).into_iter().for_each(knows);
            continue;
        }
        match request(&installation, site, wish.what).await {
            Ok(Requested::Accepted(run)) => {
                asked.accepted += 1;
                asked.writes += u64::from(matches!(wish.what, Wish::Write(..)));
                asked.runs.push((number, run));
                knows(run);
            }
            Ok(Requested::Deduped(_)) => asked.deduped += 1,
            Ok(Requested::ScopeBusy(_)) => asked.scope_busy += 1,
            Ok(Requested::Blocked(run, _)) => {
                asked.blocked += 1;
                asked.runs.push((number, run));
            }
            Ok(Requested::Forbidden(_)) | Err(StoreError::NotFound) => asked.forbidden += 1,
            Err(_) => asked.unanswered += 1,
        }
    }
    asked
}

pub(crate) async fn request(
    installation: &Installation,
    site: &Site,
    wish: Wish,
) -> Result<Requested, StoreError> {
    let store = &installation.store;
    match wish {
        Wish::Person(operation) => {
            let draft = RunDraft {
                operation,
                tenant: &site.tenant,
                retry_of: None,
            };
            store.run_request(&site.operator, draft).await
        }
        Wish::Write(items, effect) => {
            let writes = LabWrite {
                items,
                seed: 1,
                effect,
                ..LabWrite::default()
            };
            let run = store
                .lab_write_request(&site.operator, &site.tenant, writes)
                .await?;
            Ok(Requested::Accepted(run))
        }
        Wish::System | Wish::Cancel => {
            let draft = SystemDraft {
                operation: OperationType::InventorySync,
                workspace_id: site.tenant.workspace_id(),
                tenant_id: site.tenant.id(),
            };
            store.run_request_by_system(draft).await
        }
    }
}

pub(crate) async fn cancel(installation: &Installation, run: RunId) -> Result<Cancel, StoreError> {
    let owner = &installation.owner;
    let run = installation.store.run(owner, run).await?;
    installation.store.run_cancel(owner, &run).await
}
