//! The pages of a tenant's schedules; the server draws them.

use super::NamedTenant;
use crate::{
    ids::{RunId, ScheduleId},
    run::RunState,
    schedule::{ScheduleRule, ScheduleState, SkipReason},
    time::Timestamp,
    waiting::WaitingFor,
};

/// A moment as the schedule's zone and the viewer's own show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotMoment {
    /// The moment.
    pub at: Timestamp,
    /// In the schedule's zone, with its name.
    pub there: String,
    /// In the viewer's, with its name; none when it is the same zone.
    pub here: Option<String>,
}

/// What became of a slot, or of a run that somebody started from a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Execution {
    /// A run; how it ended stands in the run itself.
    Run {
        /// Which run.
        run_id: RunId,
        /// Where it is.
        state: RunState,
        /// What it waits for, while it is queued.
        waits: Option<WaitingFor>,
        /// How it was started by hand, unless the schedule did; then it fills no slot.
        by: Option<ByHand>,
    },
    /// Left out on purpose.
    Skipped {
        /// Why.
        reason: SkipReason,
        /// The run that stood in its way.
        run_id: Option<RunId>,
    },
    /// Nobody was there.
    Missed {
        /// How many.
        slots: i64,
        /// The last of them, if there are several.
        last: Option<String>,
    },
}

/// How a person started a run from a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByHand {
    /// With `Run now`.
    Now {
        /// Who.
        by: String,
    },
    /// From a run that the schedule has had before.
    Again {
        /// Who.
        by: String,
        /// Which slot that run was of, in the schedule's zone; none when it was of none, or of one long ago.
        slot: Option<String>,
    },
}

impl ByHand {
    /// The same as a sentence.
    pub fn in_words(&self) -> String {
        match self {
            Self::Now { by } => format!("Run now, by {by}."),
            Self::Again { by, slot: None } => format!("Started again by {by}."),
            Self::Again {
                by,
                slot: Some(slot),
            } => format!("The run of the slot of {slot}, started again by {by}."),
        }
    }
}

impl Execution {
    /// Whether a person started it, so that it stands for no slot.
    pub const fn is_by_hand(&self) -> bool {
        matches!(self, Self::Run { by: Some(_), .. })
    }
}

/// One line of a schedule's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionView {
    /// The slot, or when a person started it.
    pub at: SlotMoment,
    /// What became of it.
    pub execution: Execution,
}

/// Why a schedule cannot run, whatever comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleFault {
    /// Why, after "cannot run:".
    pub why: String,
    /// What that means, and what to do.
    pub remedy: String,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRowView {
    /// Which schedule.
    pub id: ScheduleId,
    /// What it is called.
    pub name: String,
    /// What it starts.
    pub operation: String,
    /// When, in words.
    pub rule: String,
    /// Whether it does.
    pub state: ScheduleState,
    /// Why it cannot run, if it cannot; then no slot comes.
    pub fault: Option<ScheduleFault>,
    /// The slot that comes next.
    pub next: Option<SlotMoment>,
    /// What became of its newest slots, newest first; runs by hand are not among them.
    pub last: Vec<ExecutionView>,
}

/// The schedules of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchedulesView {
    /// Which tenant.
    pub tenant: NamedTenant,
    /// By name.
    pub rows: Vec<ScheduleRowView>,
    /// How many there are that the person may not see.
    pub hidden: usize,
    /// Whether the person may make one.
    pub can_create: bool,
    /// Server time of this answer.
    pub as_of: Timestamp,
}

/// What the form of a schedule offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleFormView {
    /// Which tenant.
    pub tenant: NamedTenant,
    /// Code and label of each operation that may be scheduled.
    pub operations: Vec<(String, String)>,
    /// The names of zones that are offered.
    pub zones: Vec<String>,
    /// The zone that is filled in.
    pub zone: String,
}

/// The page of one schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleView {
    /// Which tenant.
    pub tenant: NamedTenant,
    /// Which schedule.
    pub id: ScheduleId,
    /// What it is called.
    pub name: String,
    /// What it starts, as a code.
    pub operation_code: String,
    /// What it starts.
    pub operation: String,
    /// When.
    pub rule: ScheduleRule,
    /// Whether it does.
    pub state: ScheduleState,
    /// Why it cannot run, if it cannot; then no slot comes.
    pub fault: Option<ScheduleFault>,
    /// The slot that comes next.
    pub next: Option<SlotMoment>,
    /// The run that a slot which has come waits for, because it uses the connection.
    pub waits_for: Option<RunId>,
    /// That a clock had put it off, and where to, if that was found lately.
    pub realigned: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Moves with what makes a queued slot another one than was meant.
    pub revision: i64,
    /// Moves with every change by a person.
    pub version: i64,
    /// The form to change it with, for those who may.
    pub form: Option<ScheduleFormView>,
    /// Why the person cannot run it now, if they cannot.
    pub run_disabled_because: Option<String>,
    /// What became of its slots, and what people started from it, newest first.
    pub history: Vec<ExecutionView>,
    /// Server time of this answer.
    pub as_of: Timestamp,
}
