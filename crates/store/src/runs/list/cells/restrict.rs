//! What is asked of the runs of a cell.

use domain::operation::OperationType;

use super::{Cells, Group, Source};
use crate::{
    runs::list::{RunFilter, RunOrder},
    sql::Fragments,
};

impl Cells {
    /// Goes on with the rows of a source that fit, as `n`, for each cell `s`.
    pub(super) fn fitting(
        &self,
        source: Source,
        query: &mut Fragments,
        group: &Group,
        filter: &RunFilter,
    ) {
        query.push(source.rows()).push(" n where ");
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
            query.push(
                ")
                 or n.outcome = 'blocked' and exists (
                   select 1 from operation_runs g where g.id = n.id and g.blocked_phase in ('request', 'start')))",
            );
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
        bounds(
            query,
            filter,
            " and n.queued_at",
            " and (n.queued_at, n.id)",
        );
        if source == Source::Ended {
            bounds(
                query,
                filter,
                " and n.over_at",
                " and (n.over_at, n.over_id)",
            );
        }
    }
}

/// From when on and after which row, said of a moment and of a place in the list.
fn bounds(query: &mut Fragments, filter: &RunFilter, moment: &'static str, place: &'static str) {
    if let Some(since) = filter.since {
        query.push(moment).push(" >= ").bind(since);
    }
    if let Some((at, id)) = filter.after {
        query.push(place).push(match filter.order {
            RunOrder::Newest => " < (",
            RunOrder::Oldest => " > (",
        });
        query.bind(at).push(", ").bind(id).push(")");
    }
}

fn bulk_types() -> impl Iterator<Item = &'static str> {
    let all = OperationType::ALL.iter();
    all.filter(|operation| operation.spec().children.is_some())
        .map(|operation| operation.as_str())
}

fn active_states(filter: &RunFilter) -> Vec<&'static str> {
    let active = |state: &&'static str| matches!(*state, "queued" | "running");
    filter.states.iter().copied().filter(active).collect()
}
