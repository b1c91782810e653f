//! The operations list: filters, two orders, keyset pages; only what the person may see.

use std::collections::BTreeMap;

use domain::{
    capability::{Capability, Role},
    ids::{RunId, ScopeId, TenantId, UserId},
    operation::OperationType,
    time::Timestamp,
};

use super::{RunRow, row::COLUMNS};
use crate::{
    Store,
    error::StoreError,
    scope::{Scope, WorkspaceAccess},
    sql::{Fragments, Statement, args, same},
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
    /// Only runs nobody asked for.
    pub by_system: bool,
    /// Only this run.
    pub run: Option<RunId>,
    /// Asked for at or after this moment.
    pub since: Option<Timestamp>,
    /// In which order.
    pub order: RunOrder,
    /// Go on after this row.
    pub after: Option<(Timestamp, RunId)>,
}

/// One page of the list.
#[derive(Debug, Clone)]
pub struct RunPage {
    /// The rows.
    pub rows: Vec<RunRow>,
    /// Where the next page goes on, if there is one.
    pub next: Option<(Timestamp, RunId)>,
}

static INITIATORS_BY_NAME: Statement = same(
    "initiators_by_name",
    "select u.id from users u join workspace_memberships m on m.user_id = u.id
     where m.workspace_id = $1 and lower(u.display_name) like $2 escape '\\' order by u.id limit 20",
);

/// The scopes of a workspace the person may see runs in, grouped by the operation types hidden from them.
fn visible_scopes(
    workspace: &WorkspaceAccess,
    tenants: &[TenantAccess],
) -> BTreeMap<Vec<&'static str>, Vec<ScopeId>> {
    let mut groups: BTreeMap<Vec<&'static str>, Vec<ScopeId>> = BTreeMap::new();
    let own = std::iter::once((workspace.scope_id(), workspace.role));
    for (scope_id, role) in own.chain(tenants.iter().map(|t| (t.scope_id(), t.role()))) {
        if role.holds(Capability::OperationsView) {
            groups.entry(hidden_types(role)).or_default().push(scope_id);
        }
    }
    groups
}

fn hidden_types(role: Role) -> Vec<&'static str> {
    OperationType::ALL
        .iter()
        .filter(|operation| !role.holds(operation.spec().view_capability))
        .map(|operation| operation.as_str())
        .collect()
}

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
        let groups = visible_scopes(workspace, tenants);
        if groups.is_empty() {
            return Ok(RunPage {
                rows: Vec::new(),
                next: None,
            });
        }
        let mut query = Fragments::new("runs_list", "select ");
        query.push(COLUMNS).push(" from operation_runs r where ");
        restrict(&mut query, workspace, &groups, filter);
        page(&mut query, filter, limit);
        let rows = self.db.list(query).await?;
        let mut rows = rows.iter().map(RunRow::of).collect::<Result<Vec<_>, _>>()?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows
            .last()
            .filter(|_| more)
            .map(|row| (row.queued_at, row.id));
        Ok(RunPage { rows, next })
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
        let groups = visible_scopes(workspace, tenants);
        if groups.is_empty() {
            return Ok(0);
        }
        let mut query = Fragments::new(
            "runs_count",
            "select count(*) as n from (select 1 as one from operation_runs r where ",
        );
        restrict(&mut query, workspace, &groups, filter);
        query.push(" limit ").bind(cap).push(") as capped");
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

fn restrict(
    query: &mut Fragments,
    workspace: &WorkspaceAccess,
    groups: &BTreeMap<Vec<&'static str>, Vec<ScopeId>>,
    filter: &RunFilter,
) {
    query.push("r.workspace_id = ").bind(workspace.id());
    query.push(" and (");
    for (index, (hidden, scopes)) in groups.iter().enumerate() {
        if index > 0 {
            query.push(" or ");
        }
        query.push("(r.scope_id in ").list(scopes.iter().copied());
        if !hidden.is_empty() {
            query
                .push(" and r.type not in ")
                .list(hidden.iter().copied());
        }
        query.push(")");
    }
    query.push(")");
    if !filter.tenants.is_empty() {
        query
            .push(" and r.scope_id in ")
            .list(filter.tenants.iter().copied());
    }
    if !filter.states.is_empty() {
        query
            .push(" and r.state in ")
            .list(filter.states.iter().copied());
    }
    if !filter.operations.is_empty() {
        query
            .push(" and r.type in ")
            .list(filter.operations.iter().map(|o| o.as_str()));
    }
    if !filter.initiators.is_empty() {
        query
            .push(" and r.user_id in ")
            .list(filter.initiators.iter().copied());
    }
    if filter.by_system {
        query.push(" and r.user_id is null");
    }
    if let Some(run) = filter.run {
        query.push(" and r.id = ").bind(run);
    }
    if let Some(since) = filter.since {
        query.push(" and r.queued_at >= ").bind(since);
    }
}

fn page(query: &mut Fragments, filter: &RunFilter, limit: usize) {
    let (after, order) = match filter.order {
        RunOrder::Newest => (
            " and (r.queued_at, r.id) < (",
            " order by r.queued_at desc, r.id desc",
        ),
        RunOrder::Oldest => (
            " and (r.queued_at, r.id) > (",
            " order by r.queued_at, r.id",
        ),
    };
    if let Some((at, id)) = filter.after {
        query.push(after).bind(at).push(", ").bind(id).push(")");
    }
    // One more than asked for tells whether there is a next page.
    query
        .push(order)
        .push(" limit ")
        .bind(i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1);
}
