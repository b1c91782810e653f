//! What people type into the form of a schedule, field by field.

use domain::{
    error::ApiError,
    operation::OperationType,
    schedule::{Cadence, CadenceWord, Days, ScheduleRule, WallTime, Weekday},
};
use store::ScheduleDraft;
use timetable::{Timetable, Zone};

use super::fields;

/// What a person typed into the form of a schedule.
#[derive(Debug, Clone, Default)]
pub struct ScheduleForm {
    /// What it is to be called.
    pub name: String,
    /// The operation's code.
    pub operation: String,
    /// `daily` or `weekly`.
    pub cadence: String,
    /// The words of the chosen days.
    pub days: Vec<String>,
    /// `HH:MM`.
    pub time: String,
    /// A zone's name.
    pub zone: String,
}

impl ScheduleForm {
    /// The draft that the form describes, or which field is not in order.
    pub(super) fn draft(&self) -> Result<ScheduleDraft, ApiError> {
        let operation = OperationType::parse(&self.operation)
            .filter(|operation| operation.allows_system_authority())
            .ok_or_else(|| {
                ApiError::invalid("operation", "This operation may not run by schedule.")
            })?;
        let word = CadenceWord::parse(&self.cadence).ok_or_else(|| {
            ApiError::invalid("how often", "Choose every day, or days of the week.")
        })?;
        let days: Option<Vec<Weekday>> = self.days.iter().map(|day| Weekday::parse(day)).collect();
        let cadence = days.and_then(|days| Cadence::of(word, Days::of(days)));
        let cadence =
            cadence.ok_or_else(|| ApiError::invalid("days", "Choose at least one day."))?;
        let time = WallTime::parse(self.time.trim()).ok_or_else(|| {
            ApiError::invalid("time", "Write the time as HH:MM, from 00:00 to 23:59.")
        })?;
        // The database's own way to write it is kept, however it was typed.
        let typed = self.zone.trim();
        let zone = Zone::spelled(typed).unwrap_or_else(|| typed.to_owned());
        let rule = ScheduleRule {
            cadence,
            time,
            zone,
        };
        let timetable = Timetable::of(rule).map_err(|_| {
            ApiError::invalid(
                "time zone",
                "There is no such time zone. Use a name of the IANA database, as in Europe/Berlin.",
            )
        })?;
        Ok(ScheduleDraft {
            name: fields::name("Name", &self.name)?,
            operation,
            timetable,
        })
    }
}
