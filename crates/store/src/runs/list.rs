//! The operations list: filters, two orders, keyset pages; only what the person may see.

mod cells;

use domain::{
    ids::{RunId, TenantId, UserId},
    operation::OperationType,
    time::Timestamp,
};

use serde::Serialize;

use self::cells::Cells;
use super::RunRow;
use crate::{
    Store,
    error::StoreError,
    scope::{Scope, WorkspaceAccess},
    sql::{Statement, args, same},
    tenants::TenantAccess,
};

/// In which order the list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RunOrder {
    /// Asked for last, first.
    #[default]
    Newest,
    /// Asked for first, first.
    Oldest,
}

/// What a search by name found; a run fits by either.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Named {
    /// Runs in these tenants.
    pub tenants: Vec<TenantId>,
    /// Runs these people asked for.
    pub people: Vec<UserId>,
}

/// By which end a bulk run is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BulkEnds {
    /// By that of the whole, for who may look into all of it.
    #[default]
    OfTheWhole,
    /// By none that tells of tenants beyond the person's own.
    WithinReach,
}

/// What to show of the list.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Only these tenants; none means all.
    pub tenants: Vec<TenantId>,
    /// Only these states, by their word; none means all.
    pub states: Vec<&'static str>,
    /// Only these operations; none means all.
    pub operations: Vec<OperationType>,
    /// Only runs these people asked for; none means all.
    pub initiators: Vec<UserId>,
    /// Only runs that fit a search by name.
    pub named: Option<Named>,
    /// Only runs nobody asked for.
    pub by_system: bool,
    /// By which end a bulk run is found.
    pub bulk_ends: BulkEnds,
    /// Only this run.
    pub run: Option<RunId>,
    /// Only the parts of this run.
    pub parent: Option<RunId>,
    /// Asked for at or after this moment.
    pub since: Option<Timestamp>,
    /// In which order.
    pub order: RunOrder,
    /// Go on after this row.
    pub after: Option<(Timestamp, RunId)>,
}

/// One page of the list.
#[derive(Debug, Clone, Default)]
pub struct RunPage {
    /// The rows.
    pub rows: Vec<RunRow>,
    /// Where the next page goes on, if there is one.
    pub next: Option<(Timestamp, RunId)>,
    /// When the oldest run was asked for, among the rows and the one after them.
    pub oldest: Option<Timestamp>,
}

static INITIATORS_BY_NAME: Statement = same(
    "initiators_by_name",
    "select u.id from users u join workspace_memberships m on m.user_id = u.id
     where m.workspace_id = $1 and lower(u.display_name) like $2 escape '\\' order by u.id limit 20",
);

impl Store {
    /// One page of the runs of a workspace that the person may see.
    ///
    /// `tenants` are the tenants the person is entitled to, as read for this request.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn runs(
        &self,
        _scope: &Scope,
        workspace: &WorkspaceAccess,
        tenants: &[TenantAccess],
        filter: &RunFilter,
        limit: usize,
    ) -> Result<RunPage, StoreError> {
        let cells = Cells::of(workspace, tenants, filter);
        if cells.is_empty() {
            return Ok(RunPage::default());
        }
        let query = cells.page(workspace, filter, limit);
        let rows = self.db.list(query).await?;
        let mut rows = rows.iter().map(RunRow::of).collect::<Result<Vec<_>, _>>()?;
        let more = rows.len() > limit;
        let oldest = rows.iter().map(|row| row.queued_at).min();
        rows.truncate(limit);
        let next = rows
            .last()
            .filter(|_| more)
            .map(|row| (row.queued_at, row.id));
        Ok(RunPage { rows, next, oldest })
    }

    /// How many runs a filter matches, counted no further than `cap`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn runs_count(
        &self,
        _scope: &Scope,
        workspace: &WorkspaceAccess,
        tenants: &[TenantAccess],
        filter: &RunFilter,
        cap: i64,
    ) -> Result<i64, StoreError> {
        let cells = Cells::of(workspace, tenants, filter);
        if cells.is_empty() {
            return Ok(0);
        }
        let query = cells.count(filter, cap);
        let rows = self.db.list(query).await?;
        rows.first().map_or(Ok(0), |row| row.int("n"))
    }

    /// The members of a workspace whose name contains a text, for the list's search.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn initiators_named(
        &self,
        workspace: &WorkspaceAccess,
        text: &str,
    ) -> Result<Vec<UserId>, StoreError> {
        let plain = text
            .to_lowercase()
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_");
        let args = args![workspace.id(), format!("%{plain}%")];
        let rows = self.db.fetch(&INITIATORS_BY_NAME, args).await?;
        rows.iter()
            .map(|row| Ok(UserId::from_uuid(row.uuid("id")?)))
            .collect()
    }
}
