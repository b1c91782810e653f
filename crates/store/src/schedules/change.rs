//! Making and changing schedules.
//!
//! A change touches no run and no queue row: a slot that is queued by then is refused as it starts, and one that has come
//! and is not decided about yet is written down as it was left.

use domain::{ids::ScheduleId, operation::OperationType, schedule::ScheduleState, time::Timestamp};
use serde_json::json;
use timetable::Timetable;

use super::Schedule;
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    authority,
    error::StoreError,
    new_id::new_id,
    runs::leave_slots,
    scope::Scope,
    sql::{Statement, Tx, args, dialects, same},
    tenants::TenantAccess,
};

/// What a person says about a schedule.
#[derive(Debug, Clone)]
pub struct ScheduleDraft {
    /// What it is called.
    pub name: String,
    /// What it starts.
    pub operation: OperationType,
    /// When.
    pub timetable: Timetable,
}

static SCHEDULE_CREATE: Statement = same(
    "schedule_create",
    "insert into schedules (workspace_id, tenant_id, id, name, type, cadence, days, minutes, zone, state, revision,
       next_at, created_by, created_by_name, created_at, version)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', 1, $10, $11, $12, $13, 1)",
);
static SCHEDULE_LOCK: Statement = dialects(
    "schedule_lock",
    "select workspace_id, tenant_id, id, name, type, cadence, days, minutes, zone, state, revision, next_at,
       created_by_name, created_at, version
     from schedules where workspace_id = $1 and tenant_id = $2 and id = $3 and state <> 'deleted'",
    "select workspace_id, tenant_id, id, name, type, cadence, days, minutes, zone, state, revision, next_at,
       created_by_name, created_at, version
     from schedules where workspace_id = $1 and tenant_id = $2 and id = $3 and state <> 'deleted' for update",
);
static SCHEDULE_WRITE: Statement = same(
    "schedule_write",
    "update schedules set name = $2, type = $3, cadence = $4, days = $5, minutes = $6, zone = $7, state = $8,
       revision = $9, next_at = $10, version = version + 1 where id = $1",
);

impl Store {
    /// Makes a schedule; its first slot is the next one by its rule.
    ///
    /// # Errors
    /// `NotFound` when the person has lost the tenant meanwhile, `Conflict` when their role has changed.
    pub async fn schedule_create(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        draft: &ScheduleDraft,
    ) -> Result<ScheduleId, StoreError> {
        let id = new_id(ScheduleId::from_uuid);
        let mut tx = self.db.write().await?;
        authority::hold(&mut tx, scope, tenant).await?;
        let now = tx.now().await?;
        let rule = draft.timetable.rule();
        let args = args![
            tenant.workspace_id(),
            tenant.id(),
            id,
            &*draft.name,
            draft.operation.as_str(),
            rule.cadence.word().as_str(),
            rule.cadence.days().bits(),
            rule.time.minutes(),
            &*rule.zone,
            draft.timetable.after(now),
            scope.user_id,
            &*scope.display_name,
            now,
        ];
        tx.execute(&SCHEDULE_CREATE, args).await?;
        let detail = json!({
            "name": draft.name,
            "operation": draft.operation,
            "rule": rule.in_words(),
            "revision": 1,
        });
        let entry = entry(scope, tenant, id, action::SCHEDULE_CREATED, detail);
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Changes a schedule; what and when make a new revision, a name alone does not.
    ///
    /// # Errors
    /// `NotFound` when it is not this tenant's, `Conflict` when it is no longer the version that was seen.
    pub async fn schedule_change(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        id: ScheduleId,
        seen: i64,
        draft: &ScheduleDraft,
    ) -> Result<(), StoreError> {
        let (mut tx, before, now) = self.schedule_held(scope, tenant, id).await?;
        if before.version != seen {
            return Err(StoreError::Conflict);
        }
        let rule = draft.timetable.rule();
        let moves = before.rule != *rule || before.operation_code != draft.operation.as_str();
        let after = Schedule {
            name: draft.name.clone(),
            operation_code: draft.operation.as_str().to_owned(),
            rule: rule.clone(),
            revision: before.revision + i64::from(moves),
            next_at: match (moves, before.state) {
                (true, ScheduleState::Active) => draft.timetable.after(now),
                _ => before.next_at,
            },
            ..before.clone()
        };
        let detail = json!({
            "from": { "name": before.name, "operation": before.operation_code, "rule": before.rule.in_words() },
            "to": { "name": after.name, "operation": after.operation_code, "rule": after.rule.in_words() },
            "revision": after.revision,
        });
        let mut entries = match moves {
            true => leave_slots(&mut tx, now, &before).await?,
            false => Vec::new(),
        };
        write(&mut tx, &after).await?;
        entries.push(entry(scope, tenant, id, action::SCHEDULE_CHANGED, detail));
        append(&mut tx, now, entries).await?;
        tx.commit().await
    }

    /// Stops a schedule; what it has queued and not started is refused.
    ///
    /// # Errors
    /// `NotFound` when it is not this tenant's, `Conflict` when it is paused already.
    pub async fn schedule_pause(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        id: ScheduleId,
    ) -> Result<(), StoreError> {
        let to = ScheduleState::Paused;
        self.schedule_turn(scope, tenant, id, to, action::SCHEDULE_PAUSED)
            .await
    }

    /// Lets a paused schedule go on with the slot that comes next; what came meanwhile is not caught up.
    ///
    /// # Errors
    /// `NotFound` when it is not this tenant's, `Conflict` when it is not paused.
    pub async fn schedule_resume(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        id: ScheduleId,
    ) -> Result<(), StoreError> {
        let to = ScheduleState::Active;
        self.schedule_turn(scope, tenant, id, to, action::SCHEDULE_RESUMED)
            .await
    }

    /// Ends a schedule for good; the runs it made stay.
    ///
    /// # Errors
    /// `NotFound` when it is not this tenant's, or deleted already.
    pub async fn schedule_delete(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        id: ScheduleId,
    ) -> Result<(), StoreError> {
        let to = ScheduleState::Deleted;
        self.schedule_turn(scope, tenant, id, to, action::SCHEDULE_DELETED)
            .await
    }

    async fn schedule_turn(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        id: ScheduleId,
        to: ScheduleState,
        action: &'static str,
    ) -> Result<(), StoreError> {
        let (mut tx, before, now) = self.schedule_held(scope, tenant, id).await?;
        if before.state == to {
            return Err(StoreError::Conflict);
        }
        let next_at = match to {
            ScheduleState::Active => {
                // A zone this version does not know has no next slot.
                let timetable = Timetable::of(before.rule.clone()).ok();
                timetable.and_then(|timetable| timetable.after(now))
            }
            ScheduleState::Paused | ScheduleState::Deleted => None,
        };
        let mut entries = leave_slots(&mut tx, now, &before).await?;
        let after = Schedule {
            state: to,
            revision: before.revision + 1,
            next_at,
            ..before
        };
        write(&mut tx, &after).await?;
        let detail = json!({ "name": after.name, "revision": after.revision });
        entries.push(entry(scope, tenant, id, action, detail));
        append(&mut tx, now, entries).await?;
        tx.commit().await
    }

    /// A schedule of a tenant under its lock, with what the person's change rests on, and the moment after the lock was had.
    async fn schedule_held(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        id: ScheduleId,
    ) -> Result<(Tx, Schedule, Timestamp), StoreError> {
        let mut tx = self.db.write().await?;
        authority::hold(&mut tx, scope, tenant).await?;
        let args = args![tenant.workspace_id(), tenant.id(), id];
        let row = tx.first(&SCHEDULE_LOCK, args).await?;
        let schedule = Schedule::of(&row.ok_or(StoreError::NotFound)?)?;
        let now = tx.now().await?;
        Ok((tx, schedule, now))
    }
}

async fn write(tx: &mut Tx, schedule: &Schedule) -> Result<(), StoreError> {
    let rule = &schedule.rule;
    let args = args![
        schedule.id,
        &*schedule.name,
        &*schedule.operation_code,
        rule.cadence.word().as_str(),
        rule.cadence.days().bits(),
        rule.time.minutes(),
        &*rule.zone,
        schedule.state.as_str(),
        schedule.revision,
        schedule.next_at,
    ];
    tx.execute(&SCHEDULE_WRITE, args).await.map(drop)
}

fn entry(
    scope: &Scope,
    tenant: &TenantAccess,
    id: ScheduleId,
    action: &'static str,
    detail: serde_json::Value,
) -> AuditEntry {
    AuditEntry {
        workspace_id: tenant.workspace_id(),
        scope_id: tenant.scope_id(),
        action,
        actor: AuditActor::of(scope),
        subject_id: id.as_uuid(),
        run_id: None,
        detail: detail.to_string(),
    }
}
