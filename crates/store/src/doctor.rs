//! What `doctor` asks of a database beside what everybody asks.

use domain::{
    ids::{ScheduleId, TenantId, WorkerId},
    operation::OperationType,
    time::Timestamp,
};
use timetable::Timetable;

use crate::{
    Store,
    error::StoreError,
    new_id::new_id,
    queue::{GONE, WorkerCard},
    schedules::Schedule,
    sql::{Row, Statement, args, same},
};

/// A schedule that starts nothing, since this version cannot understand it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableSchedule {
    /// Which.
    pub id: ScheduleId,
    /// What it is called.
    pub name: String,
    /// Whose.
    pub tenant_id: TenantId,
    /// What the tenant is called.
    pub tenant_name: String,
    /// What cannot be understood of it.
    pub why: String,
}

static SCHEDULES_ACTIVE: Statement = same(
    "schedules_active",
    "select s.workspace_id, s.tenant_id, s.id, s.name, s.type, s.cadence, s.days, s.minutes, s.zone, s.state,
       s.revision, s.next_at, s.created_by_name, s.created_at, s.version, t.name as tenant_name
     from schedules s join tenants t on t.id = s.tenant_id where s.state = 'active' order by s.id",
);

impl Store {
    /// Writes that a worker is there and that it is gone, in one transaction that is committed: nothing stays of it.
    ///
    /// A full disk is met where pages are written, which SQLite does as it commits.
    ///
    /// # Errors
    /// `NotWritable` when the database is read-only or its disk is full; else when it does not answer.
    pub async fn write_probe(&self) -> Result<(), StoreError> {
        let card = WorkerCard {
            id: new_id(WorkerId::from_uuid),
            host: "doctor".to_owned(),
            slots: 0,
        };
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        self.worker_write(&mut tx, &card, now).await?;
        tx.execute(&GONE, args![card.id]).await?;
        tx.commit().await
    }

    /// The schedules that are to start runs and cannot be understood.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn schedules_unreadable(&self) -> Result<Vec<UnreadableSchedule>, StoreError> {
        let rows = self.db.fetch(&SCHEDULES_ACTIVE, vec![]).await?;
        let unreadable = rows.iter().filter_map(|row| {
            let why = understand(row).err()?;
            Some(unreadable(row, why))
        });
        unreadable.collect()
    }
}

fn unreadable(row: &Row, why: StoreError) -> Result<UnreadableSchedule, StoreError> {
    let why = match why {
        StoreError::UnknownWord { .. } => why.to_string(),
        other => return Err(other),
    };
    Ok(UnreadableSchedule {
        id: ScheduleId::from_uuid(row.uuid("id")?),
        name: row.text("name")?,
        tenant_id: TenantId::from_uuid(row.uuid("tenant_id")?),
        tenant_name: row.text("tenant_name")?,
        why,
    })
}

/// Whether the scheduler would understand it.
fn understand(row: &Row) -> Result<Option<Timestamp>, StoreError> {
    row.word("type", OperationType::parse)?;
    let schedule = Schedule::of(row)?;
    let timetable = Timetable::of(schedule.rule).map_err(|unknown| StoreError::UnknownWord {
        column: "zone",
        word: unknown.name,
    })?;
    Ok(timetable.after(Timestamp(0)))
}
