//! A schedule as it stands in the database.

use domain::{
    ids::{ScheduleId, TenantId, WorkspaceId},
    schedule::{Cadence, CadenceWord, Days, ScheduleRule, ScheduleState, WallTime},
    time::Timestamp,
};

use crate::{error::StoreError, sql::Row};

/// A schedule as it stands.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Which schedule.
    pub id: ScheduleId,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// What it is called.
    pub name: String,
    /// The code of the operation it starts; may be one this version does not know.
    pub operation_code: String,
    /// When it does.
    pub rule: ScheduleRule,
    /// Whether it does.
    pub state: ScheduleState,
    /// Moves with whatever makes a queued slot another one than was meant.
    pub revision: i64,
    /// The slot that comes next.
    pub next_at: Option<Timestamp>,
    /// Who made it.
    pub created_by_name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Moves with every change by a person.
    pub version: i64,
}

impl Schedule {
    pub(crate) fn of(row: &Row) -> Result<Self, StoreError> {
        let unknown = |column: &'static str| {
            move || StoreError::UnknownWord {
                column,
                word: "a number out of its range".to_owned(),
            }
        };
        let days = Days::from_bits(row.int("days")?).ok_or_else(unknown("days"))?;
        let cadence = row.word("cadence", CadenceWord::parse)?;
        let rule = ScheduleRule {
            cadence: Cadence::of(cadence, days).ok_or_else(unknown("days"))?,
            time: WallTime::from_minutes(row.int("minutes")?).ok_or_else(unknown("minutes"))?,
            zone: row.text("zone")?,
        };
        Ok(Self {
            id: ScheduleId::from_uuid(row.uuid("id")?),
            workspace_id: WorkspaceId::from_uuid(row.uuid("workspace_id")?),
            tenant_id: TenantId::from_uuid(row.uuid("tenant_id")?),
            name: row.text("name")?,
            operation_code: row.text("type")?,
            rule,
            state: row.word("state", ScheduleState::parse)?,
            revision: row.int("revision")?,
            next_at: row.opt_time("next_at")?,
            created_by_name: row.text("created_by_name")?,
            created_at: row.time("created_at")?,
            version: row.int("version")?,
        })
    }
}
