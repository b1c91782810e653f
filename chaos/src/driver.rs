//! People at work: they ask for runs, and lose and regain what those rest on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::{capability::Role, ids::RunId, lifecycle::TenantLifecycle, operation::OperationType};
use serde::Serialize;
use store::{Cancel, GrantState, Requested, RunDraft, StoreError, SystemDraft};
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    installation::{Installation, Site},
    plan::{At, Change, Loss, Wish},
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
    #[serde(skip)]
    pub(crate) runs: Vec<RunId>,
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
        self.runs.extend(other.runs);
        self
    }
}

/// A person was disabled or enabled: no audit log has it, so all that is known is between which two commits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    /// Not before this entry of the audit log.
    pub(crate) after: i64,
    /// Not later than this one.
    pub(crate) until: i64,
    /// The version it made.
    pub(crate) version: i64,
    pub(crate) is_disabled: bool,
}

/// What was seen of the grants of one tenant's operator.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) changes: u64,
    /// Every reading, with its place among the commits.
    pub(crate) readings: Vec<GrantState>,
    pub(crate) standings: Vec<Standing>,
}

/// Asks for the runs of one tenant at their moments.
pub(crate) async fn ask(
    installation: Arc<Installation>,
    site: usize,
    wishes: Vec<At<Wish>>,
    begin: Instant,
) -> Asked {
    let mut asked = Asked::default();
    let Some(site) = installation.sites.get(site) else {
        return asked;
    };
    for wish in wishes {
        sleep_until(begin + wish.at).await;
        if wish.what == Wish::Cancel {
            if let Some(run) = asked.runs.last() {
                let answer = cancel(&installation, *run).await;
                let is_meant = matches!(answer, Ok(Cancel::Ended | Cancel::Asked));
                asked.cancels += u64::from(is_meant);
            }
            continue;
        }
        match request(&installation, site, wish.what).await {
            Ok(Requested::Accepted(run)) => {
                asked.accepted += 1;
                asked.runs.push(run);
            }
            Ok(Requested::Deduped(_)) => asked.deduped += 1,
            Ok(Requested::ScopeBusy(_)) => asked.scope_busy += 1,
            Ok(Requested::Blocked(run, _)) => {
                asked.blocked += 1;
                asked.runs.push(run);
            }
            Ok(Requested::Forbidden(_)) | Err(StoreError::NotFound) => asked.forbidden += 1,
            Err(_) => asked.unanswered += 1,
        }
    }
    asked
}

async fn request(
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

async fn cancel(installation: &Installation, run: RunId) -> Result<Cancel, StoreError> {
    let owner = &installation.owner;
    let run = installation.store.run(owner, run).await?;
    installation.store.run_cancel(owner, &run).await
}

/// Takes and gives back the grants of one tenant's operator at their moments.
pub(crate) async fn change(
    installation: Arc<Installation>,
    site: usize,
    changes: Vec<At<Change>>,
    begin: Instant,
    stop: Arc<AtomicBool>,
) -> Seen {
    let mut seen = Seen::default();
    let Some(site) = installation.sites.get(site) else {
        return seen;
    };
    let Some(mut before) = read(&installation, site, &stop).await else {
        return seen;
    };
    seen.readings.push(before.clone());
    for change in changes {
        sleep_until(begin + change.at).await;
        // Unanswered, it may have been committed all the same: the next reading tells.
        let answered = apply(&installation, site, change.what).await;
        seen.changes += u64::from(answered.is_ok());
        let Some(after) = read(&installation, site, &stop).await else {
            return seen;
        };
        if after.user != before.user {
            seen.standings.push(Standing {
                after: before.sequence,
                until: after.sequence,
                version: after.user.0,
                is_disabled: after.user.1,
            });
        }
        seen.readings.push(after.clone());
        before = after;
    }
    seen
}

/// Reads the grants as soon as the database answers.
async fn read(installation: &Installation, site: &Site, stop: &AtomicBool) -> Option<GrantState> {
    while !stop.load(Ordering::Relaxed) {
        match installation.store.grants_now(site.grants()).await {
            Ok(state) => return Some(state),
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
    None
}

async fn apply(installation: &Installation, site: &Site, change: Change) -> Result<(), StoreError> {
    let (store, owner, tenant) = (&installation.store, &installation.owner, &site.tenant);
    let (workspace, user) = (&installation.workspace, site.operator.user_id());
    let operator = Role::Operator;
    match change {
        Change::Lose(Loss::UserDisabled) => store.user_disable(&site.email).await,
        Change::Regain(Loss::UserDisabled) => store.user_enable(&site.email).await,
        Change::Lose(Loss::LeftWorkspace) => {
            store.workspace_member_remove(owner, workspace, user).await
        }
        Change::Regain(Loss::LeftWorkspace) => {
            store
                .workspace_role_set(owner, workspace, user, operator)
                .await?;
            store.tenant_role_set(owner, tenant, user, operator).await
        }
        Change::Lose(Loss::MembershipRemoved) => {
            store.tenant_member_remove(owner, tenant, user).await
        }
        Change::Lose(Loss::RoleLowered) => {
            store
                .tenant_role_set(owner, tenant, user, Role::Readonly)
                .await
        }
        Change::Regain(Loss::MembershipRemoved | Loss::RoleLowered) => {
            store.tenant_role_set(owner, tenant, user, operator).await
        }
        Change::Lose(Loss::TenantArchived) => {
            let archived = TenantLifecycle::Archived;
            store.tenant_lifecycle_set(owner, tenant, archived).await
        }
        Change::Regain(Loss::TenantArchived) => {
            let tenant = store.tenant(owner, tenant.id()).await?;
            let active = TenantLifecycle::Active;
            store.tenant_lifecycle_set(owner, &tenant, active).await
        }
        Change::Lose(Loss::ConnectionDisabled) => {
            store
                .connection_disable(owner, tenant, site.connection)
                .await
        }
        Change::Regain(Loss::ConnectionDisabled) => {
            store
                .connection_enable(owner, tenant, site.connection)
                .await
        }
    }
}
