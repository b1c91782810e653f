//! The workspace's owner asks for bulks over its tenants.

use std::sync::Arc;

use domain::{ids::RunId, operation::OperationType};
use serde::Serialize;
use store::{Cancel, Requested, StoreError, TenantAccess};
use tokio::time::{Instant, sleep_until};

use crate::{
    driver::cancel,
    installation::Installation,
    plan::{At, Bulk},
};

/// How asking for bulks went.
#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Bulks {
    pub(crate) accepted: u64,
    pub(crate) deduped: u64,
    /// The database was away: whether there is one is not known.
    pub(crate) unanswered: u64,
    /// Those that somebody wanted ended, and that were not over yet.
    pub(crate) cancels: u64,
    /// Runs that are parts of bulks, whoever was answered.
    pub(crate) parts: usize,
    #[serde(skip)]
    pub(crate) runs: Vec<RunId>,
}

/// Asks for bulks at their moments.
pub(crate) async fn ask(
    installation: Arc<Installation>,
    bulks: Vec<At<Bulk>>,
    begin: Instant,
) -> Bulks {
    let mut asked = Bulks::default();
    for bulk in bulks {
        sleep_until(begin + bulk.at).await;
        let step = match bulk.what {
            Bulk::All => 1,
            Bulk::EveryOther => 2,
            Bulk::Cancel => {
                if let Some(run) = asked.runs.last() {
                    let answer = cancel(&installation, *run).await;
                    let is_meant = matches!(answer, Ok(Cancel::Ended | Cancel::Asked));
                    asked.cancels += u64::from(is_meant);
                }
                continue;
            }
        };
        match request(&installation, step).await {
            Ok(Requested::Accepted(run) | Requested::Blocked(run, _)) => {
                asked.accepted += 1;
                asked.runs.push(run);
            }
            Ok(_) => asked.deduped += 1,
            Err(_) => asked.unanswered += 1,
        }
    }
    asked
}

/// As a person does it: a choice is kept, looked at, and asked for.
async fn request(installation: &Installation, step: usize) -> Result<Requested, StoreError> {
    let (store, owner) = (&installation.store, &installation.owner);
    let sites = installation.sites.iter().step_by(step);
    let tenants: Vec<TenantAccess> = sites.map(|site| site.tenant.clone()).collect();
    let operation = OperationType::BulkConnectionCheck;
    let workspace = &installation.workspace;
    let selection = store.bulk_select(owner, workspace, operation, &tenants);
    let selection = store.bulk_selection(owner, selection.await?).await?;
    store.bulk_request(owner, &selection, None).await
}
