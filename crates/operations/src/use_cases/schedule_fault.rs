//! A schedule that nobody understands: it never runs, so its page has to say so, and what to do.

use domain::{operation::OperationType, views::ScheduleFault};
use store::Schedule;
use timetable::Zone;

/// Why a schedule cannot run whatever comes; none for one that this version understands.
///
/// The form makes no such schedule. Another version may have, or somebody who wrote into the table.
pub(super) fn fault_of(schedule: &Schedule) -> Option<ScheduleFault> {
    let code = &schedule.operation_code;
    match OperationType::parse(code) {
        None => Some(ScheduleFault {
            why: format!("unknown operation \u{201c}{code}\u{201d}"),
            remedy: "This version of TenantAtlas does not know it, so no slot comes. Choose another operation under \u{201c}Change\u{201d}, or run the version that knows it.".to_owned(),
        }),
        Some(operation) if !operation.allows_system_authority() => Some(ScheduleFault {
            why: format!("{} may not run by schedule", operation.spec().label),
            remedy: "The system may not do it by itself, so no slot leads to a run. Choose another operation under \u{201c}Change\u{201d}, or delete the schedule.".to_owned(),
        }),
        Some(_) if Zone::named(&schedule.rule.zone).is_err() => Some(ScheduleFault {
            why: format!("unknown zone \u{201c}{}\u{201d}", schedule.rule.zone),
            remedy: "Nobody can say when its slots are, so none comes. Choose a time zone of the IANA database under \u{201c}Change\u{201d}, as in Europe/Berlin.".to_owned(),
        }),
        Some(_) => None,
    }
}
