//! The list's query: the newest runs of each cell, merged.
//!
//! A cell is one scope the person may see, with one value of every field that is filtered by. Each is
//! the beginning of an index whose order is the list's, so a page reads a page's worth of entries from
//! each cell, and takes no longer when the history grows.

use std::collections::BTreeMap;

use domain::{
    capability::{Capability, Role},
    ids::{ScopeId, TenantId, UserId, WorkspaceId},
    operation::OperationType,
};

use serde_json::json;

use super::{BulkEnds, RunFilter, RunOrder};
use crate::{runs::row::COLUMNS, scope::WorkspaceAccess, sql::Fragments, tenants::TenantAccess};

/// Scopes in which the same is looked for, and the same types are hidden from the person.
struct Group {
    hidden: Vec<&'static str>,
    /// Only runs these people asked for; none means all.
    users: Vec<UserId>,
    /// The tenants beyond which a bulk run must not reach to be found; none where it may.
    reach: Option<String>,
    scopes: Vec<ScopeId>,
}

/// Rows that PostgreSQL reads a cell from, each with the columns that are asked for there.
///
/// The ledger has no index by outcome there: it would move with each end, and all others with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
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
    const fn rows(self) -> &'static str {
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

/// What a list reads: of every group each combination of a scope and the filtered values.
pub(super) struct Cells {
    workspace: WorkspaceId,
    groups: Vec<Group>,
    outcomes: Vec<&'static str>,
    types: Vec<&'static str>,
}

impl Cells {
    /// The cells of what the person may see of a workspace and asks for.
    pub(super) fn of(
        workspace: &WorkspaceAccess,
        tenants: &[TenantAccess],
        filter: &RunFilter,
    ) -> Self {
        let wanted = |scope: &ScopeId| {
            filter.tenants.is_empty()
                || filter
                    .tenants
                    .iter()
                    .any(|tenant| tenant.as_uuid() == scope.as_uuid())
        };
        let own = std::iter::once((workspace.scope_id(), workspace.role));
        let others = tenants
            .iter()
            .filter(|tenant| tenant.workspace_id() == workspace.id())
            .map(|tenant| (tenant.scope_id(), tenant.role()));
        let mut groups: BTreeMap<_, Vec<ScopeId>> = BTreeMap::new();
        for (scope, role) in own.chain(others) {
            if !role.holds(Capability::OperationsView) || !wanted(&scope) {
                continue;
            }
            if let Some(users) = users_in(scope, filter) {
                let is_own = scope == workspace.scope_id();
                let reach = is_own.then(|| reach_of(tenants, filter)).flatten();
                let key = (hidden_types(role), users, reach);
                groups.entry(key).or_default().push(scope);
            }
        }
        let outcome = |state: &&'static str| match *state {
            "queued" | "running" => "pending",
            outcome => outcome,
        };
        let mut outcomes: Vec<_> = filter.states.iter().map(outcome).collect();
        outcomes.sort_unstable();
        outcomes.dedup();
        Self {
            workspace: workspace.id(),
            groups: groups
                .into_iter()
                .map(|((hidden, users, reach), scopes)| Group {
                    hidden,
                    users,
                    reach,
                    scopes,
                })
                .collect(),
            outcomes,
            types: filter.operations.iter().map(|o| o.as_str()).collect(),
        }
    }

    /// Whether there is nothing to read.
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// One page, and one row more, which tells whether there is a next one.
    pub(super) fn page(
        &self,
        workspace: &WorkspaceAccess,
        filter: &RunFilter,
        limit: usize,
    ) -> Fragments {
        let beyond = i64::try_from(limit).unwrap_or(i64::MAX - 1);
        let mut query = Fragments::new("runs_list", "select ");
        query.push(COLUMNS).push(" from (");
        for (index, group) in self.groups.iter().enumerate() {
            if index > 0 {
                query.push(" union all ");
            }
            query.push("select p.id from (select n.id, n.queued_at from ");
            self.values(&mut query, group);
            query.push(" s cross join ");
            query.either(
                |query| self.newest_by_moment(query, group, filter, beyond),
                |query| self.newest_laterally(query, group, filter, beyond),
            );
            query
                .push(order_of(filter))
                .push(" limit ")
                .bind(beyond + 1);
            query.push(") p");
        }
        query.push(") p join operation_runs r on r.id = p.id where r.workspace_id = ");
        query.bind(workspace.id()).push(match filter.order {
            RunOrder::Newest => " order by r.queued_at desc, r.id desc limit ",
            RunOrder::Oldest => " order by r.queued_at, r.id limit ",
        });
        query.bind(beyond + 1);
        query
    }

    /// How many runs there are, counted no further than `cap`.
    pub(super) fn count(&self, filter: &RunFilter, cap: i64) -> Fragments {
        let mut query = Fragments::new("runs_count", "select count(*) as n from (");
        for (index, group) in self.groups.iter().enumerate() {
            if index > 0 {
                query.push(" union all ");
            }
            query.push("select 1 as one from ");
            self.values(&mut query, group);
            query.push(" s cross join ");
            query.either(
                |query| {
                    query.push("operation_runs n where ");
                    self.restrict(query, group, filter);
                },
                |query| {
                    query.push("lateral (select 1 from (");
                    for (index, source) in self.sources(group, filter).into_iter().enumerate() {
                        query.push(if index > 0 { " union all (" } else { "(" });
                        query
                            .push("select 1 from ")
                            .push(source.rows())
                            .push(" n where ");
                        self.restrict_in(source, query, group, filter);
                        query.push(" limit ").bind(cap).push(")");
                    }
                    query.push(") n limit ").bind(cap).push(") n");
                },
            );
        }
        query.push(" limit ").bind(cap).push(") as capped");
        query
    }

    // SQLite has no lateral joins: the moment of a cell's last wanted run comes first, then all since.
    fn newest_by_moment(
        &self,
        query: &mut Fragments,
        group: &Group,
        filter: &RunFilter,
        beyond: i64,
    ) {
        query.push("operation_runs n where ");
        self.restrict(query, group, filter);
        query.push(match filter.order {
            RunOrder::Newest => " and n.queued_at >= coalesce(",
            RunOrder::Oldest => " and n.queued_at <= coalesce(",
        });
        query.push("(select n.queued_at from operation_runs n where ");
        self.restrict(query, group, filter);
        query
            .push(order_of(filter))
            .push(" limit 1 offset ")
            .bind(beyond);
        query.push(match filter.order {
            RunOrder::Newest => "), -9223372036854775808)",
            RunOrder::Oldest => "), 9223372036854775807)",
        });
    }

    fn newest_laterally(
        &self,
        query: &mut Fragments,
        group: &Group,
        filter: &RunFilter,
        beyond: i64,
    ) {
        let page = |query: &mut Fragments| {
            query
                .push(order_of(filter))
                .push(" limit ")
                .bind(beyond + 1)
                .push(")");
        };
        query.push("lateral (select n.id, n.queued_at from (");
        for (index, source) in self.sources(group, filter).into_iter().enumerate() {
            query.push(if index > 0 { " union all (" } else { "(" });
            query
                .push("select n.id, n.queued_at from ")
                .push(source.rows())
                .push(" n where ");
            self.restrict_in(source, query, group, filter);
            page(query);
        }
        query.push(") n");
        page(query);
        query.push(" n");
    }

    /// Where PostgreSQL reads the runs of a cell.
    fn sources(&self, group: &Group, filter: &RunFilter) -> Vec<Source> {
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

    /// The tenant a scope is; none for the workspace itself.
    fn tenant_of(&self, scope: ScopeId) -> Option<TenantId> {
        let own = scope.as_uuid() == self.workspace.as_uuid();
        (!own).then(|| TenantId::from_uuid(scope.as_uuid()))
    }

    /// The cells of a group as rows; null where nothing is asked for. One bound value, however many they are.
    fn values(&self, query: &mut Fragments, group: &Group) {
        let cells = self.cells(group).to_string();
        query.either(
            |query| {
                query
                    .push(
                        "(select unhex(c.value ->> 'scope') as scope, unhex(c.value ->> 'tenant') as tenant,
                           c.value ->> 'outcome' as outcome, c.value ->> 'type' as type,
                           unhex(c.value ->> 'person') as person from jsonb_each(",
                    )
                    .bind(cells.clone())
                    .push(") c)");
            },
            |query| {
                query
                    .push("(select * from json_to_recordset(")
                    .bind(cells.clone())
                    .push(
                        "::json) as c(scope uuid, tenant uuid, outcome text, type text, person uuid))",
                    );
            },
        );
    }

    fn cells(&self, group: &Group) -> serde_json::Value {
        let mut cells = Vec::new();
        for scope in &group.scopes {
            for outcome in or_none(&self.outcomes) {
                for operation in or_none(&self.types) {
                    for user in or_none(&group.users) {
                        cells.push(json!({
                            "scope": scope.as_uuid().simple(),
                            "tenant": self.tenant_of(*scope).map(|tenant| tenant.as_uuid().simple()),
                            "outcome": outcome,
                            "type": operation,
                            "person": user.map(|user| user.as_uuid().simple()),
                        }));
                    }
                }
            }
        }
        cells.into()
    }

    fn restrict(&self, query: &mut Fragments, group: &Group, filter: &RunFilter) {
        self.restrict_in(Source::Ledger, query, group, filter);
    }

    fn restrict_in(
        &self,
        source: Source,
        query: &mut Fragments,
        group: &Group,
        filter: &RunFilter,
    ) {
        query.either(
            // `is` finds the workspace's own runs too, whose tenant is null.
            |query| {
                query.push("n.workspace_id = ").bind(self.workspace);
                query.push(" and n.tenant_id is s.tenant");
            },
            |query| {
                query.push("n.scope_id = s.scope");
            },
        );
        if !self.outcomes.is_empty() {
            query.push(" and n.outcome = s.outcome");
        }
        // One of the two active states alone; an outcome says nothing of them.
        let may_be_live = !matches!(source, Source::Outcomes | Source::Ended);
        if let [only] = *active_states(filter)
            && may_be_live
        {
            query
                .push(" and (n.outcome <> 'pending' or n.status = ")
                .bind(only)
                .push(")");
        }
        if !self.types.is_empty() {
            query.push(" and n.type = s.type");
        }
        if !group.hidden.is_empty() {
            query
                .push(" and n.type not in ")
                .list(group.hidden.iter().copied());
        }
        if let Some(reach) = &group.reach {
            query.push(" and (n.type not in ").list(bulk_types()).push(
                " or exists (select 1 from bulk_items i where i.parent_id = n.id)
                 and not exists (select 1 from bulk_items i where i.parent_id = n.id and i.scope_id not in ",
            );
            query.either(
                |query| {
                    query.push("(select unhex(value) from jsonb_each(");
                    query.bind(reach.clone()).push("))");
                },
                |query| {
                    query.push("(select value::uuid from json_array_elements_text(");
                    query.bind(reach.clone()).push("::json))");
                },
            );
            query.push("))");
        }
        if !group.users.is_empty() {
            query.push(" and n.user_id = s.person");
        }
        if filter.by_system {
            query.push(" and n.user_id is null");
        }
        if let Some(run) = filter.run {
            query.push(" and n.id = ").bind(run);
        }
        if let Some(parent) = filter.parent {
            query.push(" and n.parent_id = ").bind(parent);
        }
        if let Some(since) = filter.since {
            query.push(" and n.queued_at >= ").bind(since);
        }
        if let Some((at, id)) = filter.after {
            query.push(match filter.order {
                RunOrder::Newest => " and (n.queued_at, n.id) < (",
                RunOrder::Oldest => " and (n.queued_at, n.id) > (",
            });
            query.bind(at).push(", ").bind(id).push(")");
        }
        if source == Source::Ended {
            restrict_over(query, filter);
        }
    }
}

/// The bounds in time once more, for the side of the outcomes.
fn restrict_over(query: &mut Fragments, filter: &RunFilter) {
    if let Some(since) = filter.since {
        query.push(" and n.over_at >= ").bind(since);
    }
    if let Some((at, id)) = filter.after {
        query.push(match filter.order {
            RunOrder::Newest => " and (n.over_at, n.over_id) < (",
            RunOrder::Oldest => " and (n.over_at, n.over_id) > (",
        });
        query.bind(at).push(", ").bind(id).push(")");
    }
}

/// Whose runs are looked for in a scope, where an empty list means everybody's; none when nobody's are.
fn users_in(scope: ScopeId, filter: &RunFilter) -> Option<Vec<UserId>> {
    let asked = filter.initiators.clone();
    let Some(named) = &filter.named else {
        return Some(asked);
    };
    // A run in a tenant of that name fits, whoever asked for it.
    if named.tenants.iter().any(|t| t.as_uuid() == scope.as_uuid()) {
        return Some(asked);
    }
    let mut users = named.people.clone();
    users.retain(|user| asked.is_empty() || asked.contains(user));
    (!users.is_empty() && !filter.by_system).then_some(users)
}

/// The tenants that a bulk run must keep within to be found by its end; none where that may be the whole's.
fn reach_of(tenants: &[TenantAccess], filter: &RunFilter) -> Option<String> {
    let tells = ["succeeded", "partially_succeeded", "failed"];
    let is_asked = filter.states.iter().any(|state| tells.contains(state));
    if filter.bulk_ends == BulkEnds::OfTheWhole || !is_asked {
        return None;
    }
    let parts = || {
        OperationType::ALL
            .iter()
            .filter_map(|it| it.spec().children)
    };
    let sees = |role: Role| parts().all(|part| role.holds(part.spec().view_capability));
    let ids: Vec<_> = tenants
        .iter()
        .filter(|tenant| sees(tenant.role()))
        .map(|tenant| tenant.id().as_uuid().simple().to_string())
        .collect();
    Some(serde_json::Value::from(ids).to_string())
}

fn bulk_types() -> impl Iterator<Item = &'static str> {
    let all = OperationType::ALL.iter();
    all.filter(|operation| operation.spec().children.is_some())
        .map(|operation| operation.as_str())
}

fn order_of(filter: &RunFilter) -> &'static str {
    match filter.order {
        RunOrder::Newest => " order by n.queued_at desc, n.id desc",
        RunOrder::Oldest => " order by n.queued_at, n.id",
    }
}

fn hidden_types(role: Role) -> Vec<&'static str> {
    OperationType::ALL
        .iter()
        .filter(|operation| !role.holds(operation.spec().view_capability))
        .map(|operation| operation.as_str())
        .collect()
}

fn active_states(filter: &RunFilter) -> Vec<&'static str> {
    let active = |state: &&'static str| matches!(*state, "queued" | "running");
    filter.states.iter().copied().filter(active).collect()
}

/// Each value, or one nothing when there is none.
fn or_none<T: Copy>(values: &[T]) -> Vec<Option<T>> {
    if values.is_empty() {
        return vec![None];
    }
    values.iter().copied().map(Some).collect()
}
