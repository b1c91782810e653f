//! The lines about slots: one says what became of a slot, and is never written twice.

use domain::{
    ids::{RunId, ScopeId},
    schedule::{SkipReason, SlotFate},
    time::Timestamp,
};
use serde_json::json;
use timetable::{Missed, Timetable};

use crate::{
    audit::{AuditActor, AuditEntry, action},
    error::StoreError,
    schedules::Schedule,
    sql::{Statement, Tx, args, same},
};

static SLOT_INSERT: Statement = same(
    "schedule_slot_insert",
    "insert into schedule_slots (workspace_id, scope_id, schedule_id, slot_at, fate, last_slot_at, slots, run_id,
       reason, revision, decided_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (schedule_id, slot_at) do nothing",
);

/// A line about a slot.
pub(super) struct Line {
    pub(super) slots: Missed,
    pub(super) fate: SlotFate,
    pub(super) run_id: Option<RunId>,
    pub(super) reason: Option<SkipReason>,
}

/// Writes a line; answers whether the slot was still free.
pub(super) async fn write(
    tx: &mut Tx,
    now: Timestamp,
    schedule: &Schedule,
    line: &Line,
) -> Result<bool, StoreError> {
    let args = args![
        schedule.workspace_id,
        schedule.tenant_id,
        schedule.id,
        line.slots.first,
        line.fate.as_str(),
        line.slots.last,
        line.slots.slots,
        line.run_id,
        line.reason.map(SkipReason::as_str),
        schedule.revision,
        now,
    ];
    Ok(tx.execute(&SLOT_INSERT, args).await? > 0)
}

/// Writes down slots that nobody was there for; answers how many, and what the audit log is to tell.
pub(super) async fn miss(
    tx: &mut Tx,
    now: Timestamp,
    schedule: &Schedule,
    missed: &[Missed],
) -> Result<(i64, Option<AuditEntry>), StoreError> {
    let mut slots = 0;
    for missed in missed {
        let line = Line {
            slots: *missed,
            fate: SlotFate::Missed,
            run_id: None,
            reason: None,
        };
        if write(tx, now, schedule, &line).await? {
            slots += missed.slots;
        }
    }
    let ends = missed.first().zip(missed.last()).filter(|_| slots > 0);
    let entry = ends.map(|(first, last)| {
        let detail = json!({
            "name": schedule.name, "slots": slots, "first": first.first, "last": last.last,
        });
        told(schedule, action::SLOT_MISSED, detail)
    });
    Ok((slots, entry))
}

/// Writes down that a slot starts nothing; answers what the audit log is to tell, unless a line was there.
pub(super) async fn skip(
    tx: &mut Tx,
    now: Timestamp,
    schedule: &Schedule,
    slot_at: Timestamp,
    (reason, run_id): (SkipReason, Option<RunId>),
) -> Result<Option<AuditEntry>, StoreError> {
    let line = Line {
        slots: one(slot_at),
        fate: SlotFate::Skipped,
        run_id,
        reason: Some(reason),
    };
    let is_new = write(tx, now, schedule, &line).await?;
    Ok(is_new.then(|| {
        let detail = json!({
            "name": schedule.name, "slot_at": slot_at, "reason": reason, "active_run": run_id,
        });
        told(schedule, action::SLOT_SKIPPED, detail)
    }))
}

/// Writes down what has come by now of a schedule that somebody changes: it starts nothing any more, and says so.
pub(crate) async fn leave(
    tx: &mut Tx,
    now: Timestamp,
    schedule: &Schedule,
) -> Result<Vec<AuditEntry>, StoreError> {
    let Some(next_at) = schedule.next_at.filter(|next_at| *next_at <= now) else {
        return Ok(Vec::new());
    };
    // Of a zone that this version does not know, only the first slot is known.
    let (missed, due) = match Timetable::of(schedule.rule.clone()) {
        Ok(timetable) => {
            let caught = timetable.catch_up(next_at, now);
            (caught.missed, caught.due)
        }
        Err(_) => (vec![one(next_at)], None),
    };
    let mut entries = Vec::new();
    entries.extend(miss(tx, now, schedule, &missed).await?.1);
    if let Some(slot_at) = due {
        let why = (SkipReason::Changed, None);
        entries.extend(skip(tx, now, schedule, slot_at, why).await?);
    }
    Ok(entries)
}

pub(super) const fn one(slot: Timestamp) -> Missed {
    Missed {
        first: slot,
        last: slot,
        slots: 1,
    }
}

fn told(schedule: &Schedule, action: &'static str, detail: serde_json::Value) -> AuditEntry {
    AuditEntry {
        workspace_id: schedule.workspace_id,
        scope_id: ScopeId::of(schedule.workspace_id, Some(schedule.tenant_id)),
        action,
        actor: AuditActor::system(),
        subject_id: schedule.id.as_uuid(),
        run_id: None,
        detail: detail.to_string(),
    }
}
