//! Somebody who takes from people what their runs rest on, gives it back, and reads what there is in between.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::{capability::Role, lifecycle::TenantLifecycle};
use store::{GrantState, StoreError};
use tokio::time::{Instant, sleep_until};

use crate::{
    installation::{Installation, Site},
    plan::{At, Change, Loss},
    wait::Wait,
};

/// How long what was not answered may still be done: a server that was silent does it when it goes on.
pub(crate) const DOUBT: Duration = Duration::from_secs(10);

/// A person was disabled or enabled, between which two commits as they were seen.
///
/// The audit logs tell it too, each in an entry of its own workspace; what a decision read is held against the version,
/// which they do not tell.
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
    /// While nothing of the tenant was to be seen by its operator.
    pub(crate) hidden: Vec<(Instant, Instant)>,
}

impl Seen {
    /// Both together, this one first.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.changes += other.changes;
        self.readings.extend(other.readings);
        self.standings.extend(other.standings);
        self.hidden.extend(other.hidden);
        self
    }
}

/// The grants of one tenant's operator in somebody's hand.
pub(crate) struct Hand<'a> {
    installation: &'a Installation,
    site: &'a Site,
    stop: &'a AtomicBool,
    before: GrantState,
    hidden_since: Option<Instant>,
    /// When a change was not answered.
    doubted: Option<Instant>,
    seen: Seen,
}

impl<'a> Hand<'a> {
    /// Reads what there is; nothing when told to stop before the database answered.
    pub(crate) async fn of(
        installation: &'a Installation,
        site: &'a Site,
        stop: &'a AtomicBool,
    ) -> Option<Self> {
        let before = read(installation, site, stop).await?;
        Some(Self {
            installation,
            site,
            stop,
            hidden_since: None,
            doubted: None,
            seen: Seen {
                readings: vec![before.clone()],
                ..Seen::default()
            },
            before,
        })
    }

    /// Makes a change and reads what came of it; nothing when told to stop meanwhile.
    pub(crate) async fn change(&mut self, change: Change) -> Option<()> {
        if let (Change::Regain(_), Some(since)) = (change, self.hidden_since.take()) {
            self.seen.hidden.push((since, Instant::now()));
        }
        // Unanswered, it may have been committed all the same: the next reading tells.
        let answered = apply(self.installation, self.site, change).await;
        self.seen.changes += u64::from(answered.is_ok());
        if answered.is_err() {
            self.doubted = Some(Instant::now());
        }
        let after = read(self.installation, self.site, self.stop).await?;
        if after.user != self.before.user {
            self.seen.standings.push(Standing {
                after: self.before.sequence,
                until: after.sequence,
                version: after.user.0,
                is_disabled: after.user.1,
            });
        }
        let is_doubted = self.doubted.is_some_and(|since| since.elapsed() < DOUBT);
        let is_hidden = after.user.1
            || after.workspace_membership.is_none()
            || after.tenant_membership.is_none();
        if is_hidden && !is_doubted && matches!(change, Change::Lose(_)) {
            self.hidden_since = Some(Instant::now());
        }
        self.seen.readings.push(after.clone());
        self.before = after;
        Some(())
    }

    /// What was seen.
    pub(crate) fn seen(self) -> Seen {
        self.seen
    }
}

/// Takes and gives back the grants of one tenant's operator at their moments.
pub(crate) async fn change(
    installation: Arc<Installation>,
    site: usize,
    changes: Vec<At<Change>>,
    begin: Instant,
    stop: Arc<AtomicBool>,
) -> Seen {
    let Some(site) = installation.sites.get(site) else {
        return Seen::default();
    };
    let Some(mut hand) = Hand::of(&installation, site, &stop).await else {
        return Seen::default();
    };
    for change in changes {
        sleep_until(begin + change.at).await;
        if hand.change(change.what).await.is_none() {
            break;
        }
    }
    hand.seen()
}

/// Reads the grants as soon as the database answers.
async fn read(installation: &Installation, site: &Site, stop: &AtomicBool) -> Option<GrantState> {
    let wait = Wait::within(Duration::MAX);
    while !stop.load(Ordering::Relaxed) {
        if let Ok(state) = installation.store.grants_now(site.grants()).await {
            return Some(state);
        }
        wait.again().await;
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
