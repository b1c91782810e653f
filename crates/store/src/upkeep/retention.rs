//! Retention: items, reports and write intents of runs long over go; run, decisions and audit entries stay, so
//! links answer.

use std::collections::BTreeMap;

use domain::{
    ids::{RunId, ScopeId, WorkspaceId},
    time::{DAY, HOUR, Timestamp},
};
use uuid::Uuid;

use crate::{
    Store,
    error::StoreError,
    runs::RunAccess,
    sql::{Row, Statement, Tx, args, same},
    versions::touch,
};

/// What could be removed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Removable {
    /// Items of runs long over, those of bulks among them.
    pub items: i64,
    /// Of how many runs.
    pub runs: i64,
    /// Verification reports that are not the newest of their connection.
    pub reports: i64,
    /// Write intents of runs about which nothing is asked any more.
    pub writes: i64,
}

/// What one batch removed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// Items.
    pub items: u64,
    /// Reports.
    pub reports: u64,
    /// Write intents.
    pub writes: u64,
}

impl Removed {
    /// All rows together.
    pub const fn rows(self) -> u64 {
        self.items + self.reports + self.writes
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, more: Self) -> Self {
        Self {
            items: self.items + more.items,
            reports: self.reports + more.reports,
            writes: self.writes + more.writes,
        }
    }
}

/// What was removed of one run, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removal {
    /// How many items.
    pub items: i64,
    /// How many reports.
    pub reports: i64,
    /// How many write intents.
    pub writes: i64,
    /// After how many days.
    pub kept_days: i64,
    /// When.
    pub removed_at: Timestamp,
}

/// Runs a batch looks at, and rows it takes: SQLite's one writer is not held up for long.
const BATCH_RUNS: i64 = 20;
const BATCH_ROWS: u64 = 1_000;

// Ids of runs grow with time, so what is old lies at the beginning of these tables.
static OLD_ITEMS: Statement = same(
    "retention_old_items",
    "select distinct i.run_id, r.workspace_id, r.scope_id
     from run_items i join operation_runs r on r.id = i.run_id
     where i.run_id < $2 and r.status = 'completed' and r.completed_at < $1 order by i.run_id limit $3",
);
static OLD_BULK_ITEMS: Statement = same(
    "retention_old_bulk_items",
    "select distinct i.parent_id as run_id, r.workspace_id, r.scope_id
     from bulk_items i join operation_runs r on r.id = i.parent_id
     where i.parent_id < $2 and r.status = 'completed' and r.completed_at < $1 order by i.parent_id limit $3",
);
// While one of its writes is a question, all that a run set out for stays, for whoever will answer it.
static OLD_INTENTS: Statement = same(
    "retention_old_intents",
    "select distinct i.run_id, r.workspace_id, r.scope_id
     from write_intents i join operation_runs r on r.id = i.run_id
     where i.run_id < $2 and r.status = 'completed' and r.completed_at < $1
       and not exists (select 1 from write_intents q where q.run_id = i.run_id and q.state in ('open', 'indeterminate'))
     order by i.run_id limit $3",
);
static OLD_REPORTS: Statement = same(
    "retention_old_reports",
    "select v.run_id, r.workspace_id, r.scope_id
     from verification_reports v join operation_runs r on r.id = v.run_id
     where v.run_id < $2 and r.status = 'completed' and r.completed_at < $1
       and exists (select 1 from verification_reports n
         where n.connection_id = v.connection_id and n.generated_at > v.generated_at)
     order by v.run_id limit $3",
);
static ITEMS_REMOVE: Statement = same(
    "retention_items_remove",
    "delete from run_items where run_id = $1
       and key in (select key from run_items where run_id = $1 order by key limit $2)",
);
static BULK_ITEMS_REMOVE: Statement = same(
    "retention_bulk_items_remove",
    "delete from bulk_items where parent_id = $1
       and scope_id in (select scope_id from bulk_items where parent_id = $1 order by scope_id limit $2)",
);
static INTENTS_REMOVE: Statement = same(
    "retention_intents_remove",
    "delete from write_intents where run_id = $1
       and id in (select id from write_intents where run_id = $1 order by id limit $2)
       and not exists (select 1 from write_intents q where q.run_id = $1 and q.state in ('open', 'indeterminate'))",
);
// A connection's newest report stays, however old: it is what the tenant's page shows.
static REPORT_REMOVE: Statement = same(
    "retention_report_remove",
    "delete from verification_reports where run_id = $1
       and exists (select 1 from verification_reports n
         where n.connection_id = verification_reports.connection_id
           and n.generated_at > verification_reports.generated_at)",
);
static REMOVAL_MARK: Statement = same(
    "retention_mark",
    "insert into run_removals (workspace_id, scope_id, run_id, items, reports, writes, kept_days, removed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (run_id) do update set items = run_removals.items + excluded.items,
       reports = run_removals.reports + excluded.reports, writes = run_removals.writes + excluded.writes,
       removed_at = excluded.removed_at",
);
static REMOVABLE: Statement = same(
    "retention_removable",
    "select i.items + b.items as items, i.runs + b.runs as runs,
       (select count(*) from verification_reports v join operation_runs q on q.id = v.run_id
        where v.run_id < $2 and q.status = 'completed' and q.completed_at < $1
          and exists (select 1 from verification_reports n
            where n.connection_id = v.connection_id and n.generated_at > v.generated_at)) as reports,
       (select count(*) from write_intents w join operation_runs q on q.id = w.run_id
        where w.run_id < $2 and q.status = 'completed' and q.completed_at < $1
          and not exists (select 1 from write_intents o
            where o.run_id = w.run_id and o.state in ('open', 'indeterminate'))) as writes
     from (select count(*) as items, count(distinct t.run_id) as runs
           from run_items t join operation_runs r on r.id = t.run_id
           where t.run_id < $2 and r.status = 'completed' and r.completed_at < $1) i
       cross join (select count(*) as items, count(distinct t.parent_id) as runs
           from bulk_items t join operation_runs r on r.id = t.parent_id
           where t.parent_id < $2 and r.status = 'completed' and r.completed_at < $1) b",
);
static REMOVAL_OF: Statement = same(
    "retention_removal_of",
    "select items, reports, writes, kept_days, removed_at from run_removals where run_id = $1",
);
static KEPT_DAYS: Statement = same(
    "retention_kept_days",
    "select setting from upkeep where task = 'retention'",
);
static KEPT_DAYS_SET: Statement = same(
    "retention_kept_days_set",
    "update upkeep set setting = $1 where task = 'retention'",
);
// A time that lies ahead was written by a clock that jumped.
static TURN: Statement = same(
    "retention_turn",
    "update upkeep set last_at = $1 where task = 'retention' and (last_at <= $2 or last_at > $1)",
);

// As the next choice of the same person does; of those who never choose again, too. Its tenants go with it.
static CHOICES_FORGET: Statement = same(
    "retention_choices_forget",
    "delete from bulk_selections where created_at < $1",
);

/// No run begun before `moment` has an id from here on; an hour more, since ids are made by other clocks.
fn ids_from(moment: Timestamp) -> Uuid {
    let millis = moment.plus(HOUR).0.max(0) / 1_000;
    let millis = u128::try_from(millis).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}

struct Old {
    run: RunId,
    workspace: WorkspaceId,
    scope: ScopeId,
}

impl Old {
    fn of(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            run: RunId::from_uuid(row.uuid("run_id")?),
            workspace: WorkspaceId::from_uuid(row.uuid("workspace_id")?),
            scope: ScopeId::from_uuid(row.uuid("scope_id")?),
        })
    }
}

/// Removes what one run has left, at most so many rows and a report.
async fn remove_of(tx: &mut Tx, run: RunId, most: u64) -> Result<Removed, StoreError> {
    let mut removed = Removed::default();
    let room = |removed: Removed| i64::try_from(most.saturating_sub(removed.rows())).unwrap_or(0);
    removed.items += tx.execute(&ITEMS_REMOVE, args![run, room(removed)]).await?;
    let bulk = args![run, room(removed)];
    removed.items += tx.execute(&BULK_ITEMS_REMOVE, bulk).await?;
    let writes = args![run, room(removed)];
    removed.writes += tx.execute(&INTENTS_REMOVE, writes).await?;
    removed.reports += tx.execute(&REPORT_REMOVE, args![run]).await?;
    Ok(removed)
}

impl Store {
    /// After how many days details of completed runs go.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn retention_days(&self) -> Result<i64, StoreError> {
        let row = self.db.first(&KEPT_DAYS, vec![]).await?;
        row.ok_or(StoreError::NotFound)?.int("setting")
    }

    /// Sets after how many days they go.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn retention_days_set(&self, days: i64) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        tx.execute(&KEPT_DAYS_SET, args![days]).await?;
        tx.commit().await
    }

    /// Whether it is this process's turn to tidy away; one a day has it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn retention_turn(&self) -> Result<bool, StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let taken = tx.execute(&TURN, args![now, now.plus(-DAY)]).await?;
        tx.commit().await?;
        Ok(taken > 0)
    }

    /// Forgets choices of tenants that are older than a day.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn choices_forget(&self) -> Result<u64, StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let forgotten = tx.execute(&CHOICES_FORGET, args![now.plus(-DAY)]).await?;
        tx.commit().await?;
        Ok(forgotten)
    }

    /// What could be removed of runs that ended before a moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn removable(&self, ended_before: Timestamp) -> Result<Removable, StoreError> {
        let args = args![ended_before, ids_from(ended_before)];
        let row = self.db.first(&REMOVABLE, args).await?;
        let row = row.ok_or(StoreError::NotFound)?;
        Ok(Removable {
            items: row.int("items")?,
            runs: row.int("runs")?,
            reports: row.int("reports")?,
            writes: row.int("writes")?,
        })
    }

    /// Removes a batch of what runs that ended before a moment have left; nothing when nothing is left.
    ///
    /// # Errors
    /// When the database does not answer; then nothing of the batch was removed.
    pub async fn remove_batch(
        &self,
        ended_before: Timestamp,
        kept_days: i64,
    ) -> Result<Removed, StoreError> {
        let args = args![ended_before, ids_from(ended_before), BATCH_RUNS];
        let mut old = BTreeMap::new();
        for statement in [&OLD_ITEMS, &OLD_BULK_ITEMS, &OLD_INTENTS, &OLD_REPORTS] {
            for row in self.db.fetch(statement, args.clone()).await? {
                let run = Old::of(&row)?;
                old.insert(run.run, run);
            }
        }
        let mut all = Removed::default();
        if old.is_empty() {
            return Ok(all);
        }
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let mut scopes = BTreeMap::new();
        for old in old.into_values() {
            if all.rows() >= BATCH_ROWS {
                break;
            }
            let removed = remove_of(&mut tx, old.run, BATCH_ROWS - all.rows()).await?;
            if removed == Removed::default() {
                continue;
            }
            let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
            let args = args![
                old.workspace,
                old.scope,
                old.run,
                count(removed.items),
                count(removed.reports),
                count(removed.writes),
                kept_days,
                now,
            ];
            tx.execute(&REMOVAL_MARK, args).await?;
            scopes.insert(old.scope, old.workspace);
            all = all.and(removed);
        }
        touch(&mut tx, scopes).await?;
        tx.commit().await?;
        Ok(all)
    }

    /// What was removed of a run, if something was.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_removal(&self, run: &RunAccess) -> Result<Option<Removal>, StoreError> {
        let row = self.db.first(&REMOVAL_OF, args![run.run().id]).await?;
        row.map(|row| {
            Ok(Removal {
                items: row.int("items")?,
                reports: row.int("reports")?,
                writes: row.int("writes")?,
                kept_days: row.int("kept_days")?,
                removed_at: row.time("removed_at")?,
            })
        })
        .transpose()
    }
}
