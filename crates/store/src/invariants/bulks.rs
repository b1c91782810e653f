//! What a bulk says of its items, and which runs are its parts.

use domain::ids::{RunId, WorkspaceId};

use super::Rule;
use crate::{
    Store,
    error::StoreError,
    sql::{Statement, args, same},
};

// A bulk that was ended, or refused, may leave items behind; one that came to its end waited for all of them.
static ITEMS_TOLD: Statement = same(
    "invariant_bulk_items_told",
    "select p.id as run_id, p.outcome || ', and an item of it is ' || coalesce(r.status, 'not asked for') as what
     from bulk_items i join operation_runs p on p.id = i.parent_id left join operation_runs r on r.id = i.run_id
     where p.status = 'completed' and (p.outcome = 'succeeded' or p.failures like '%\"bulk.items\"%'
         or p.outcome = 'blocked' and p.denial_class is null)
       and i.outcome is null and (r.id is null or r.status <> 'completed')",
);
// Items go with time, all of a bulk at once or nearly so: what has none any more is not asked for it.
static PART_OF_ITS_ITEM: Statement = same(
    "invariant_part_of_its_item",
    "select r.id as run_id, 'part of a bulk, and the item of its tenant has '
       || case when i.run_id is null then 'no run' else 'another run' end as what
     from operation_runs r join bulk_items i on i.parent_id = r.parent_id and i.scope_id = r.scope_id
     where i.run_id is distinct from r.id",
);
static PARTS: Statement = same(
    "history_parts",
    "select r.id, r.parent_id, (select min(l.sequence) from audit_log l
         where l.run_id = r.parent_id and l.action in ('run.completed', 'run.blocked')) as over_at
     from operation_runs r where r.workspace_id = $1 and r.parent_id is not null order by r.id",
);

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "I10 each item of a bulk says what became of it",
        broken: &ITEMS_TOLD,
    },
    Rule {
        name: "I10 a part of a bulk is the one run of its item",
        broken: &PART_OF_ITS_ITEM,
    },
];

/// A run that is a part of a bulk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartMade {
    /// Which run.
    pub run: RunId,
    /// Of which bulk.
    pub parent: RunId,
    /// With which entry of the audit log the bulk was over.
    pub over_at: Option<i64>,
}

impl Store {
    /// Every part of a workspace's bulks.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn parts_made(&self, workspace: WorkspaceId) -> Result<Vec<PartMade>, StoreError> {
        self.each(&PARTS, args![workspace], |row| {
            Ok(PartMade {
                run: RunId::from_uuid(row.uuid("id")?),
                parent: RunId::from_uuid(row.uuid("parent_id")?),
                over_at: row.opt_int("over_at")?,
            })
        })
        .await
    }
}
