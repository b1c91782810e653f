//! Reading schedules and what became of their slots.

use domain::{
    ids::{RunId, ScheduleId},
    operation::OperationType,
    schedule::{SkipReason, SlotFate},
    time::Timestamp,
};

use super::Schedule;
use crate::{
    Store,
    error::StoreError,
    runs::{RunAccess, RunRow},
    sql::{Row, Statement, args, same},
    tenants::TenantAccess,
};

/// What became of a slot, or of several missed ones.
#[derive(Debug, Clone)]
pub struct SlotRow {
    /// The slot, or the first of them.
    pub slot_at: Timestamp,
    /// The last of them; the same for one slot.
    pub last_slot_at: Timestamp,
    /// How many.
    pub slots: i64,
    /// What became of it.
    pub fate: SlotFate,
    /// Why it was skipped.
    pub reason: Option<SkipReason>,
    /// The run it made; of a skipped one, the run that stood in its way.
    pub run_id: Option<RunId>,
    /// When that was decided.
    pub decided_at: Timestamp,
}

static SCHEDULES_OF: Statement = same(
    "schedules_of",
    "select workspace_id, tenant_id, id, name, type, cadence, days, minutes, zone, state, revision, next_at,
       created_by_name, created_at, version
     from schedules where workspace_id = $1 and scope_id = $2 and state <> 'deleted' order by name, id limit 200",
);
static SCHEDULE_ONE: Statement = same(
    "schedule_one",
    "select workspace_id, tenant_id, id, name, type, cadence, days, minutes, zone, state, revision, next_at,
       created_by_name, created_at, version
     from schedules where workspace_id = $1 and scope_id = $2 and id = $3",
);
static SLOTS_OF: Statement = same(
    "schedule_slots_of",
    "select slot_at, last_slot_at, slots, fate, reason, run_id, decided_at from schedule_slots
     where workspace_id = $1 and scope_id = $2 and schedule_id = $3 order by slot_at desc limit $4",
);
// What holds the connection that the slot needs, once the slot has come.
static SLOT_HELD_BY: Statement = same(
    "schedule_slot_held_by",
    "select run_id from run_queue where scope_id = $1 and exclusion_key = $2 and type <> $3 limit 1",
);
static RUNS_OF: Statement = same(
    "schedule_runs_of",
    "select r.id, r.workspace_id, r.tenant_id, r.scope_id, r.type, r.status, r.outcome, r.attempt,
       r.authority_mode, r.user_id, r.initiator_name, r.required_capability, r.connection_id, r.context,
       r.summary_counts, r.failures, r.reason_code, r.denial_class, r.blocked_phase, r.retry_of, r.parent_id, r.queued_at,
       r.started_at, r.completed_at, r.updated_at, r.schedule_id, r.slot_at, r.reconciled_at
     from operation_runs r where r.workspace_id = $1 and r.scope_id = $2 and r.schedule_id = $3
     and r.slot_at is not null order by r.slot_at desc limit $4",
);
static RUNS_BY_HAND: Statement = same(
    "schedule_runs_by_hand",
    "select r.id, r.workspace_id, r.tenant_id, r.scope_id, r.type, r.status, r.outcome, r.attempt,
       r.authority_mode, r.user_id, r.initiator_name, r.required_capability, r.connection_id, r.context,
       r.summary_counts, r.failures, r.reason_code, r.denial_class, r.blocked_phase, r.retry_of, r.parent_id, r.queued_at,
       r.started_at, r.completed_at, r.updated_at, r.schedule_id, r.slot_at, r.reconciled_at
     from operation_runs r where r.workspace_id = $1 and r.scope_id = $2 and r.schedule_id = $3
     and r.slot_at is null order by r.queued_at desc, r.id desc limit $4",
);

fn slot_of(row: &Row) -> Result<SlotRow, StoreError> {
    Ok(SlotRow {
        slot_at: row.time("slot_at")?,
        last_slot_at: row.time("last_slot_at")?,
        slots: row.int("slots")?,
        fate: row.word("fate", SlotFate::parse)?,
        reason: row.opt_word("reason", SkipReason::parse)?,
        run_id: row.opt_uuid("run_id")?.map(RunId::from_uuid),
        decided_at: row.time("decided_at")?,
    })
}

impl Store {
    /// The schedules of a tenant, by name; deleted ones are none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn schedules(&self, tenant: &TenantAccess) -> Result<Vec<Schedule>, StoreError> {
        let args = args![tenant.workspace_id(), tenant.scope_id()];
        let rows = self.db.fetch(&SCHEDULES_OF, args).await?;
        rows.iter().map(Schedule::of).collect()
    }

    /// A schedule of a tenant, be it deleted.
    ///
    /// # Errors
    /// `NotFound` when it is not this tenant's.
    pub async fn schedule(
        &self,
        tenant: &TenantAccess,
        id: ScheduleId,
    ) -> Result<Schedule, StoreError> {
        let args = args![tenant.workspace_id(), tenant.scope_id(), id];
        let row = self.db.first(&SCHEDULE_ONE, args).await?;
        Schedule::of(&row.ok_or(StoreError::NotFound)?)
    }

    /// The schedule whose slot a run fills, be it deleted; none when it fills none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn schedule_of_run(&self, run: &RunAccess) -> Result<Option<Schedule>, StoreError> {
        let row = run.run();
        let Some(id) = row.schedule_id else {
            return Ok(None);
        };
        let args = args![row.workspace_id, row.scope_id, id];
        let row = self.db.first(&SCHEDULE_ONE, args).await?;
        row.as_ref().map(Schedule::of).transpose()
    }

    /// The run that keeps the connection from a slot that has come, while the slot waits for it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn schedule_waits_for(
        &self,
        schedule: &Schedule,
    ) -> Result<Option<RunId>, StoreError> {
        let group = OperationType::parse(&schedule.operation_code)
            .and_then(|operation| operation.spec().exclusion_group);
        let (Some(slot_at), Some(group)) = (schedule.next_at, group) else {
            return Ok(None);
        };
        if self.now().await? < slot_at {
            return Ok(None);
        }
        let code = schedule.operation_code.as_str();
        let args = args![schedule.tenant_id, group, code];
        let row = self.db.first(&SLOT_HELD_BY, args).await?;
        let id = row.map(|row| row.uuid("run_id")).transpose()?;
        Ok(id.map(RunId::from_uuid))
    }

    /// What became of the newest slots of a schedule, newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn schedule_slots(
        &self,
        schedule: &Schedule,
        limit: i64,
    ) -> Result<Vec<SlotRow>, StoreError> {
        let args = args![
            schedule.workspace_id,
            schedule.tenant_id,
            schedule.id,
            limit
        ];
        let rows = self.db.fetch(&SLOTS_OF, args).await?;
        rows.iter().map(slot_of).collect()
    }

    /// The runs of a schedule's newest slots, newest slot first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn schedule_runs(
        &self,
        schedule: &Schedule,
        limit: i64,
    ) -> Result<Vec<RunRow>, StoreError> {
        self.runs_of(&RUNS_OF, schedule, limit).await
    }

    /// The newest runs that people started from a schedule by hand, newest first; none of them fills a slot.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn schedule_runs_by_hand(
        &self,
        schedule: &Schedule,
        limit: i64,
    ) -> Result<Vec<RunRow>, StoreError> {
        self.runs_of(&RUNS_BY_HAND, schedule, limit).await
    }

    async fn runs_of(
        &self,
        statement: &'static Statement,
        schedule: &Schedule,
        limit: i64,
    ) -> Result<Vec<RunRow>, StoreError> {
        let args = args![
            schedule.workspace_id,
            schedule.tenant_id,
            schedule.id,
            limit
        ];
        let rows = self.db.fetch(statement, args).await?;
        rows.iter().map(RunRow::of).collect()
    }
}
