//! Schedules whose next slot is not the rule's own: a clock that was ahead for a while put it further away, or a new
//! law of time has moved the rule's slots since it was worked out.

use domain::{
    ids::{ScheduleId, ScopeId},
    time::{DAY, Timestamp},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use timetable::Timetable;
use uuid::Uuid;

use super::slots::{SCHEDULE_ADVANCE, SCHEDULE_TAKE};
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    error::StoreError,
    schedules::Schedule,
    sql::{Row, Statement, args, same},
};

static AHEAD: Statement = same(
    "schedules_ahead",
    "select workspace_id, tenant_id, id, name, type, cadence, days, minutes, zone, state, revision, next_at,
       created_by_name, created_at, version from schedules
     where state = 'active' and next_at > $1 and (next_at, id) > ($2, $3) order by next_at, id limit 200",
);
static TAKEN: Statement = same(
    "schedule_slots_taken",
    "select slot_at from schedule_slots where schedule_id = $1 and slot_at > $2 and slot_at < $3 order by slot_at",
);
static REALIGNED: Statement = same(
    "schedule_realigned",
    "select at, detail from audit_log where workspace_id = $1 and subject_id = $2 and action = 'schedule.realigned'
     order by sequence desc limit 1",
);

/// That a schedule's next slot was set right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Realigned {
    /// When.
    pub at: Timestamp,
    /// Where it had been.
    pub from: Timestamp,
    /// Where it was put.
    pub to: Timestamp,
}

/// What the audit entry says of it.
#[derive(Serialize, Deserialize)]
struct Detail {
    name: String,
    from: Timestamp,
    to: Timestamp,
}

impl Store {
    /// Sets right every schedule whose next slot is not the first free one of its rule; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn schedules_realign(&self) -> Result<usize, StoreError> {
        let now = self.db.now().await?;
        let mut seen = (Timestamp(i64::MIN), Uuid::nil());
        let mut realigned = 0;
        loop {
            let args = args![now, seen.0, seen.1];
            let rows = self.db.fetch(&AHEAD, args).await?;
            let Some(last) = rows.last() else {
                return Ok(realigned);
            };
            seen = (last.time("next_at")?, last.uuid("id")?);
            for row in &rows {
                if is_astray(row, now) {
                    let id = ScheduleId::from_uuid(row.uuid("id")?);
                    realigned += usize::from(self.realign(id).await?);
                }
            }
        }
    }

    async fn realign(&self, id: ScheduleId) -> Result<bool, StoreError> {
        let mut tx = self.db.write().await?;
        let Some(row) = tx.first(&SCHEDULE_TAKE, args![id]).await? else {
            return Ok(false);
        };
        let schedule = Schedule::of(&row)?;
        let now = tx.now().await?;
        let (Some(from), Ok(timetable)) = (schedule.next_at, Timetable::of(schedule.rule.clone()))
        else {
            return Ok(false);
        };
        // It has come meanwhile, and is decided about.
        if from <= now {
            return Ok(false);
        }
        // One that is no slot of the rule is put right whichever side the rule's own lies on; but two versions that know
        // different laws do not put it to and fro.
        let bound = match is_slot(&timetable, from) {
            true => from,
            false => {
                let args = args![schedule.workspace_id, id.as_uuid()];
                let last = tx.first(&REALIGNED, args).await?;
                let last = last.map(|row| row.time("at")).transpose()?;
                if last.is_some_and(|at| now.since(at) < DAY) {
                    return Ok(false);
                }
                Timestamp(i64::MAX)
            }
        };
        let taken = tx.fetch(&TAKEN, args![id, now, bound]).await?;
        let taken = taken.iter().map(|row| row.time("slot_at"));
        let taken = taken.collect::<Result<Vec<_>, _>>()?;
        // What the wrong clock wrote down stays written down: such a slot is never taken again.
        let first = timetable.after(now);
        let free = std::iter::successors(first, |slot| timetable.after(*slot))
            .take_while(|slot| *slot < bound)
            .find(|slot| !taken.contains(slot));
        let Some(to) = free else {
            return Ok(false);
        };
        tx.execute(&SCHEDULE_ADVANCE, args![id, to]).await?;
        let detail = Detail {
            name: schedule.name,
            from,
            to,
        };
        let entry = AuditEntry {
            workspace_id: schedule.workspace_id,
            scope_id: ScopeId::of(schedule.workspace_id, Some(schedule.tenant_id)),
            action: action::SCHEDULE_REALIGNED,
            actor: AuditActor::system(),
            subject_id: id.as_uuid(),
            run_id: None,
            detail: json!(detail).to_string(),
        };
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// When a schedule's next slot was last set right, if it ever was.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn schedule_realigned(
        &self,
        schedule: &Schedule,
    ) -> Result<Option<Realigned>, StoreError> {
        let args = args![schedule.workspace_id, schedule.id];
        let row = self.db.first(&REALIGNED, args).await?;
        row.map(|row| {
            let Detail { from, to, .. } = row.json("detail")?;
            let at = row.time("at")?;
            Ok(Realigned { at, from, to })
        })
        .transpose()
    }
}

/// Whether a moment is a slot of a rule, by the law as it is now.
fn is_slot(timetable: &Timetable, moment: Timestamp) -> bool {
    timetable.after(moment.plus(-1)) == Some(moment)
}

/// Whether a schedule waits for what is no slot of its rule, or is not the next one; one that nobody understands is
/// left alone.
fn is_astray(row: &Row, now: Timestamp) -> bool {
    let Ok(schedule) = Schedule::of(row) else {
        return false;
    };
    let (Some(next), Ok(timetable)) = (schedule.next_at, Timetable::of(schedule.rule)) else {
        return false;
    };
    !is_slot(&timetable, next) || timetable.after(now).is_some_and(|own| own < next)
}
