//! Slots of schedules that have come: one transaction takes a slot, makes its run, and moves on.
//!
//! Any number of schedulers may ask. One of them locks the schedule; were two to get through, the key of
//! `schedule_slots` and the index over the ledger let one of them commit.

use domain::{
    ids::{RunId, ScheduleId, TenantId, WorkspaceId},
    operation::OperationType,
    schedule::{ScheduleState, SkipReason, SlotFate},
    time::{MINUTE, Timestamp},
};
use policy::{Facts, Ruling, ScheduleFacts, SlotFacts, decide};
use timetable::{Missed, Timetable};
use uuid::Uuid;

use super::{
    ask::{is_final, requested, write_blocked},
    draft::{Draft, OfSchedule, SystemDraft},
    drafted::{Drafted, Enqueued, enqueue, insert},
    slot_lines::{Line, miss, one, skip, write},
    ticked::Ticked,
};
use crate::{
    Store,
    audit::{AuditEntry, append},
    error::StoreError,
    facts,
    schedules::Schedule,
    sql::{Row, Statement, Tx, args, dialects, same},
};

/// How long a slot waits for another operation that uses the tenant's connection; well within the grace.
pub const BUSY_WAIT: i64 = 5 * MINUTE;

static SCHEDULES_DUE: Statement = same(
    "schedules_due",
    "select id, workspace_id, tenant_id, type, next_at from schedules
     where next_at <= $1 and (next_at, id) > ($2, $3) order by next_at, id limit 50",
);
// Another scheduler's is left to it.
pub(super) static SCHEDULE_TAKE: Statement = dialects(
    "schedule_take",
    "select workspace_id, tenant_id, id, name, type, cadence, days, minutes, zone, state, revision, next_at,
       created_by_name, created_at, version from schedules where id = $1 and state = 'active'",
    "select workspace_id, tenant_id, id, name, type, cadence, days, minutes, zone, state, revision, next_at,
       created_by_name, created_at, version from schedules where id = $1 and state = 'active'
     for update skip locked",
);
pub(super) static SCHEDULE_ADVANCE: Statement = same(
    "schedule_advance",
    "update schedules set next_at = $2 where id = $1",
);
static SLOT_ACTIVE: Statement = same(
    "schedule_slot_active",
    "select run_id, type = $3 as is_same from run_queue
     where scope_id = $1 and (type = $3 or exclusion_key = $2) order by type = $3 desc limit 1",
);

/// A schedule whose slot has come, as it was seen without a lock.
struct Due {
    id: ScheduleId,
    workspace_id: WorkspaceId,
    tenant_id: TenantId,
    operation: OperationType,
}

impl Due {
    fn of(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: ScheduleId::from_uuid(row.uuid("id")?),
            workspace_id: WorkspaceId::from_uuid(row.uuid("workspace_id")?),
            tenant_id: TenantId::from_uuid(row.uuid("tenant_id")?),
            operation: row.word("type", OperationType::parse)?,
        })
    }
}

impl Store {
    /// Decides about every slot that has come, by the database's clock.
    ///
    /// # Errors
    /// `FaultySchedules` with the fault of each schedule that has one, which holds up no other; else when the
    /// database does not answer.
    pub async fn schedules_tick(&self) -> Result<Ticked, StoreError> {
        let now = self.db.now().await?;
        let mut all = Ticked::default();
        let mut faults = Vec::new();
        let mut seen = (Timestamp(i64::MIN), Uuid::nil());
        loop {
            let rows = self
                .db
                .fetch(&SCHEDULES_DUE, args![now, seen.0, seen.1])
                .await?;
            let Some(last) = rows.last() else {
                return all.beside(faults);
            };
            seen = (last.time("next_at")?, last.uuid("id")?);
            for row in &rows {
                let decided = match Due::of(row) {
                    Ok(due) => self.slots_decide(&due).await,
                    Err(error) => Err(error),
                };
                match decided {
                    Ok(one) => all.add(one),
                    // Somebody stands in the way of this one alone: the next look comes soon.
                    Err(error) if error.is_contention() => {
                        let schedule = row.uuid("id")?;
                        tracing::warn!(%schedule, error = %error.with_causes(), "slots of a schedule wait");
                    }
                    // The others would meet the same.
                    Err(error) if error.may_pass() => return Err(error),
                    Err(error) => faults.push(error.of_schedule(row)),
                }
            }
        }
    }

    /// Decides about the slots of one schedule, in one transaction.
    async fn slots_decide(&self, due: &Due) -> Result<Ticked, StoreError> {
        let mut tx = self.db.write().await?;
        let draft = Draft::of_system(SystemDraft {
            operation: due.operation,
            workspace_id: due.workspace_id,
            tenant_id: due.tenant_id,
        });
        let run = draft.facts(self.habitat);
        // What the run rests on is locked before the schedule, in the order of every claim.
        let mut facts = facts::load(&mut tx, vec![run]).await?;
        let facts = facts.pop().ok_or(StoreError::NotFound)?;
        let Some(row) = tx.first(&SCHEDULE_TAKE, args![due.id]).await? else {
            return Ok(Ticked::default());
        };
        let schedule = Schedule::of(&row)?;
        let now = tx.now().await?;
        // Somebody else was first, or it was changed meanwhile; the next look sees it as it is.
        let Some(next_at) = schedule.next_at.filter(|next_at| *next_at <= now) else {
            return Ok(Ticked::default());
        };
        if schedule.operation_code != due.operation.as_str() {
            return Ok(Ticked::default());
        }
        let timetable = Timetable::of(schedule.rule.clone());
        let timetable = timetable.map_err(|unknown| StoreError::UnknownWord {
            column: "zone",
            word: unknown.name,
        })?;
        let caught = timetable.catch_up(next_at, now);
        let mut round = Round {
            tx,
            now,
            schedule,
            entries: Vec::new(),
            ticked: Ticked::default(),
        };
        round.miss(&caught.missed).await?;
        let next = match caught.due {
            None => caught.next,
            Some(slot_at) => match round.fill(draft, facts, slot_at).await? {
                Filled::Done => caught.next,
                Filled::Waits => Some(slot_at),
                // An equal run came in between: nothing is written, and the next look sees it.
                Filled::Lost => return Ok(Ticked::default()),
            },
        };
        let ticked = round.ticked;
        if next == Some(next_at) {
            // Nothing was written; but the schedule is given back before this answers, not some time after.
            round.tx.commit().await?;
        } else {
            round.commit(next).await?;
        }
        if ticked.runs > 0 {
            self.ring();
        }
        Ok(ticked)
    }
}

/// One schedule under its lock.
struct Round {
    tx: Tx,
    now: Timestamp,
    schedule: Schedule,
    entries: Vec<AuditEntry>,
    ticked: Ticked,
}

/// What became of the slot that is due.
enum Filled {
    Done,
    Waits,
    Lost,
}

impl Round {
    async fn miss(&mut self, missed: &[Missed]) -> Result<(), StoreError> {
        let (slots, entry) = miss(&mut self.tx, self.now, &self.schedule, missed).await?;
        self.ticked.missed = usize::try_from(slots).unwrap_or(usize::MAX);
        self.entries.extend(entry);
        Ok(())
    }

    async fn fill(
        &mut self,
        mut draft: Draft,
        mut facts: Facts,
        slot_at: Timestamp,
    ) -> Result<Filled, StoreError> {
        let schedule = &self.schedule;
        draft.schedule = Some(OfSchedule::Slot {
            schedule_id: schedule.id,
            revision: schedule.revision,
            slot_at,
        });
        facts.run.now = self.now;
        facts.run.slot = Some(SlotFacts {
            schedule_id: schedule.id,
            revision: schedule.revision,
        });
        facts.schedule = Some(ScheduleFacts {
            schedule_id: schedule.id,
            revision: schedule.revision,
            state: ScheduleState::Active,
        });
        let ruling = decide(&facts);
        if let Ruling::Refused(refusal) = &ruling
            && is_final(refusal)
        {
            return self.skip(slot_at, SkipReason::Refused, None).await;
        }
        let args = args![
            draft.scope_id(),
            draft.exclusion_key(),
            draft.operation.as_str()
        ];
        if let Some(row) = self.tx.first(&SLOT_ACTIVE, args).await? {
            let run = RunId::from_uuid(row.uuid("run_id")?);
            if row.flag("is_same")? {
                return self.skip(slot_at, SkipReason::StillActive, Some(run)).await;
            }
            if self.now < slot_at.plus(BUSY_WAIT) {
                self.ticked.waiting += 1;
                return Ok(Filled::Waits);
            }
            let reason = SkipReason::ConnectionBusy;
            return self.skip(slot_at, reason, Some(run)).await;
        }
        let line = Line {
            slots: one(slot_at),
            fate: SlotFate::Run,
            run_id: Some(draft.id),
            reason: None,
        };
        // The key decides: a slot that is taken is never taken again, whatever the clock does.
        if !write(&mut self.tx, self.now, &self.schedule, &line).await? {
            return Ok(Filled::Done);
        }
        match ruling {
            Ruling::Refused(refusal) => {
                let entries = write_blocked(&mut self.tx, self.now, &[&draft], &[refusal]).await?;
                self.entries.extend(entries);
            }
            Ruling::Allowed(_) => {
                let connection = facts.connection.as_ref().map(|c| c.connection_id);
                let run = [Drafted {
                    draft: &draft,
                    connection,
                }];
                insert(&mut self.tx, self.now, &run).await?;
                if enqueue(&mut self.tx, self.now, &run).await? == Enqueued::Refused {
                    return Ok(Filled::Lost);
                }
                self.entries.push(requested(&draft));
            }
        }
        self.ticked.runs += 1;
        Ok(Filled::Done)
    }

    async fn skip(
        &mut self,
        slot_at: Timestamp,
        reason: SkipReason,
        run_id: Option<RunId>,
    ) -> Result<Filled, StoreError> {
        let why = (reason, run_id);
        let entry = skip(&mut self.tx, self.now, &self.schedule, slot_at, why).await?;
        self.ticked.skipped += usize::from(entry.is_some());
        self.entries.extend(entry);
        Ok(Filled::Done)
    }

    async fn commit(mut self, next: Option<Timestamp>) -> Result<(), StoreError> {
        let args = args![self.schedule.id, next];
        self.tx.execute(&SCHEDULE_ADVANCE, args).await?;
        append(&mut self.tx, self.now, self.entries).await?;
        self.tx.commit().await
    }
}
