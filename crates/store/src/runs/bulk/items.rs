//! What became of the items of a bulk: for the bulk itself, and for people, each of whom sees their own tenants' alone.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    bulk::{BulkState, BulkTally},
    ids::{RunId, ScopeId, TenantId},
    reason::DenialClass,
};
use policy::Running;

use super::{run_of, state_of};
use crate::{
    Store,
    error::StoreError,
    runs::{RunAccess, RunRow},
    scope::{Scope, WorkspaceAccess},
    sql::{Row, Statement, args, dialects, id_list, same},
    tenants::{TenantAccess, scopes_of},
};

/// One item of a bulk run, in a tenant that the person is entitled to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkItem {
    /// Its tenant.
    pub tenant_id: TenantId,
    /// What became of it.
    pub state: BulkState,
    /// Why, as a code: of the item, or of its run.
    pub reason_code: Option<String>,
    /// The class of its run's refusal.
    pub denial_class: Option<DenialClass>,
    /// Its run, or the one that stood in its way.
    pub run_id: Option<RunId>,
}

static TALLY: Statement = same(
    "bulk_tally",
    "select coalesce(i.outcome, r.state, 'waiting') as state, count(*) as n from bulk_items i
     left join operation_runs r on r.id = i.run_id
     where i.parent_id = $1 group by 1",
);
static ITEMS: Statement = dialects(
    "bulk_items_of",
    "select i.scope_id, i.run_id, coalesce(i.outcome, r.state, 'waiting') as state,
       case when i.outcome is null then r.reason_code else i.reason_code end as reason_code,
       case when i.outcome is null then r.denial_class end as denial_class
     from bulk_items i left join operation_runs r on r.id = i.run_id
     where i.parent_id = $1 and i.scope_id in (select unhex(value) from jsonb_each($2)) order by i.position",
    "select i.scope_id, i.run_id, coalesce(i.outcome, r.state, 'waiting') as state,
       case when i.outcome is null then r.reason_code else i.reason_code end as reason_code,
       case when i.outcome is null then r.denial_class end as denial_class
     from bulk_items i left join operation_runs r on r.id = i.run_id
     where i.parent_id = $1 and i.scope_id in (select value::uuid from json_array_elements_text($2::json))
     order by i.position",
);
static ANY_ELSEWHERE: Statement = dialects(
    "bulk_items_elsewhere",
    "select 1 as one from bulk_items
     where parent_id = $1 and scope_id not in (select unhex(value) from jsonb_each($2)) limit 1",
    "select 1 as one from bulk_items
     where parent_id = $1 and scope_id not in (select value::uuid from json_array_elements_text($2::json)) limit 1",
);
static TALLIES: Statement = dialects(
    "bulk_tallies",
    "select i.parent_id, coalesce(i.outcome, r.state, 'waiting') as state, count(*) as n from bulk_items i
     left join operation_runs r on r.id = i.run_id
     where i.parent_id in (select unhex(value) from jsonb_each($1))
       and i.scope_id in (select unhex(value) from jsonb_each($2))
     group by 1, 2",
    "select i.parent_id, coalesce(i.outcome, r.state, 'waiting') as state, count(*) as n from bulk_items i
     left join operation_runs r on r.id = i.run_id
     where i.parent_id in (select value::uuid from json_array_elements_text($1::json))
       and i.scope_id in (select value::uuid from json_array_elements_text($2::json))
     group by 1, 2",
);

// Of those with items at all: what retention has taken away is no longer known to have been within.
static WITHIN: Statement = dialects(
    "bulks_within",
    "select i.parent_id from bulk_items i where i.parent_id in (select unhex(value) from jsonb_each($1))
     group by i.parent_id
     having sum(case when i.scope_id in (select unhex(value) from jsonb_each($2)) then 0 else 1 end) = 0",
    "select i.parent_id from bulk_items i
     where i.parent_id in (select value::uuid from json_array_elements_text($1::json))
     group by i.parent_id
     having bool_and(i.scope_id in (select value::uuid from json_array_elements_text($2::json)))",
);
static TENANTS_COUNT: Statement = same(
    "workspace_tenants_count",
    "select count(*) as n from tenants where workspace_id = $1",
);

fn number(row: &Row) -> Result<(BulkState, u64), StoreError> {
    Ok((state_of(row)?, u64::try_from(row.int("n")?).unwrap_or(0)))
}

/// An item that waits in a run that is over was never begun.
fn seen(state: BulkState, parent: &RunRow) -> BulkState {
    match state {
        BulkState::Waiting if parent.state.is_over() => BulkState::NotStarted,
        state => state,
    }
}

impl Store {
    /// How many items of a bulk are in which state, for the bulk itself.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn bulk_tally(&self, running: &Running) -> Result<BulkTally, StoreError> {
        let rows = self.db.fetch(&TALLY, args![running.key().run_id]).await?;
        rows.iter().map(number).collect()
    }

    /// The items of a bulk in these tenants, in their order.
    ///
    /// `tenants` are the tenants the person is entitled to, as read for this request.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn bulk_items(
        &self,
        _scope: &Scope,
        run: &RunAccess,
        tenants: &[TenantAccess],
    ) -> Result<Vec<BulkItem>, StoreError> {
        let parent = run.run();
        let args = args![parent.id, scopes_of(tenants)?];
        let rows = self.db.fetch(&ITEMS, args).await?;
        rows.iter()
            .map(|row| {
                Ok(BulkItem {
                    tenant_id: TenantId::from_uuid(
                        ScopeId::from_uuid(row.uuid("scope_id")?).as_uuid(),
                    ),
                    state: seen(state_of(row)?, parent),
                    reason_code: row.opt_text("reason_code")?,
                    denial_class: row.opt_word("denial_class", DenialClass::parse)?,
                    run_id: run_of(row)?,
                })
            })
            .collect()
    }

    /// Whether a bulk has items in other tenants than these.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn bulk_reaches_beyond(
        &self,
        run: &RunAccess,
        tenants: &[TenantAccess],
    ) -> Result<bool, StoreError> {
        let args = args![run.run().id, scopes_of(tenants)?];
        Ok(self.db.first(&ANY_ELSEWHERE, args).await?.is_some())
    }

    /// Whether these are all tenants of the workspace, so that nothing in it lies beyond them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reaches_everywhere(
        &self,
        workspace: &WorkspaceAccess,
        tenants: &[TenantAccess],
    ) -> Result<bool, StoreError> {
        let row = self.db.first(&TENANTS_COUNT, args![workspace.id()]).await?;
        let all = row.ok_or(StoreError::NotFound)?.int("n")?;
        Ok(usize::try_from(all).is_ok_and(|all| all <= tenants.len()))
    }

    /// Those bulks among runs of which every item is in one of these tenants.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn bulks_within(
        &self,
        _scope: &Scope,
        runs: &[&RunRow],
        tenants: &[TenantAccess],
    ) -> Result<BTreeSet<RunId>, StoreError> {
        if runs.is_empty() {
            return Ok(BTreeSet::new());
        }
        let args = args![
            id_list(runs.iter().map(|run| run.id.as_uuid()))?,
            scopes_of(tenants)?
        ];
        let rows = self.db.fetch(&WITHIN, args).await?;
        rows.iter()
            .map(|row| Ok(RunId::from_uuid(row.uuid("parent_id")?)))
            .collect()
    }

    /// How many items in these tenants are in which state, for each bulk among runs.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn bulk_tallies(
        &self,
        _scope: &Scope,
        runs: &[&RunRow],
        tenants: &[TenantAccess],
    ) -> Result<BTreeMap<RunId, BulkTally>, StoreError> {
        let mut tallies = BTreeMap::new();
        if runs.is_empty() {
            return Ok(tallies);
        }
        let args = args![
            id_list(runs.iter().map(|run| run.id.as_uuid()))?,
            scopes_of(tenants)?
        ];
        for row in self.db.fetch(&TALLIES, args).await? {
            let parent = RunId::from_uuid(row.uuid("parent_id")?);
            let (state, number) = number(&row)?;
            let state = runs
                .iter()
                .find(|run| run.id == parent)
                .map_or(state, |run| seen(state, run));
            let tally: &mut BulkTally = tallies.entry(parent).or_default();
            tally.add(state, number);
        }
        Ok(tallies)
    }
}
