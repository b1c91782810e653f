//! The list's query: the newest runs of each cell, merged.
//!
//! A cell is one scope the person may see, with one value of every field that is filtered by. Each is
//! the beginning of an index whose order is the list's, so a page reads a page's worth of entries from
//! each cell, and takes no longer when the history grows.

mod restrict;
mod sources;

use std::collections::BTreeMap;

use domain::{
    capability::{Capability, Role},
    ids::{ScopeId, TenantId, UserId, WorkspaceId},
    operation::OperationType,
};

use serde_json::json;

use self::sources::Source;
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
                    self.fitting(Source::Ledger, query, group, filter);
                },
                |query| {
                    query.push("lateral (select 1 from (");
                    for (index, source) in self.sources(group, filter).into_iter().enumerate() {
                        query.push(if index > 0 { " union all (" } else { "(" });
                        query.push("select 1 from ");
                        self.fitting(source, query, group, filter);
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
        self.fitting(Source::Ledger, query, group, filter);
        query.push(match filter.order {
            RunOrder::Newest => " and n.queued_at >= coalesce(",
            RunOrder::Oldest => " and n.queued_at <= coalesce(",
        });
        query.push("(select n.queued_at from ");
        self.fitting(Source::Ledger, query, group, filter);
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
            query.push("select n.id, n.queued_at from ");
            self.fitting(source, query, group, filter);
            page(query);
        }
        query.push(") n");
        page(query);
        query.push(" n");
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
    let tells = ["succeeded", "partially_succeeded", "blocked", "failed"];
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

/// Each value, or one nothing when there is none.
fn or_none<T: Copy>(values: &[T]) -> Vec<Option<T>> {
    if values.is_empty() {
        return vec![None];
    }
    values.iter().copied().map(Some).collect()
}
