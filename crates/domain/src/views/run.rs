//! The page of one run.

use serde::{Deserialize, Serialize};

use super::BulkItemView;
use crate::{
    banner::BannerLine,
    decision::CheckResult,
    explain::Explanation,
    ids::{IntentId, RunId, ScheduleId, TenantId},
    lifecycle::TenantLifecycle,
    reason::DenialClass,
    run::{AuthorityMode, RunState},
    time::Timestamp,
    verification::VerificationReport,
};

/// The tenant of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunTenant {
    /// Which tenant.
    pub id: TenantId,
    /// What it is called.
    pub name: String,
    /// Where it is in its life.
    pub lifecycle: TenantLifecycle,
}

/// The schedule of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSchedule {
    /// Which schedule; none when it is deleted, and so has no page.
    pub id: Option<ScheduleId>,
    /// What it is called.
    pub name: String,
    /// The slot that the run fills, as the schedule's zone shows it; none when a person started it.
    pub slot: Option<String>,
}

/// One check of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckView {
    /// Its stable name.
    pub name: String,
    /// What it asks, in words.
    pub label: String,
    /// What it found.
    pub result: CheckResult,
}

/// A change between request and execution that a decision saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeView {
    /// When.
    pub at: Timestamp,
    /// What, in words.
    pub text: String,
}

/// One decision of the gate, in words and codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionView {
    /// Which attempt it is about.
    pub attempt: i64,
    /// At which moment: request, start, rescue or checkpoint.
    pub phase: String,
    /// The verdict.
    pub allowed: bool,
    /// In whose name.
    pub authority: AuthorityMode,
    /// Who stands behind the run.
    pub initiator: String,
    /// The capability asked for: label and code.
    pub capability: Option<(String, String)>,
    /// Every check.
    pub checks: Vec<CheckView>,
    /// Why not, as a code.
    pub reason_code: Option<String>,
    /// Which prerequisite.
    pub reason_detail: Option<String>,
    /// The class of the refusal.
    pub denial_class: Option<DenialClass>,
    /// Whether a person may try again.
    pub retryable: bool,
    /// The refusal in words.
    pub explanation: Option<Explanation>,
    /// When.
    pub decided_at: Timestamp,
    /// What was true when the run was asked for.
    pub at_request: Vec<String>,
    /// What was true when the gate spoke.
    pub at_execution: Vec<String>,
    /// What changed in between.
    pub changes: Vec<ChangeView>,
    /// The decision as it is stored.
    pub json: String,
}

/// One step of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// What happened.
    pub label: String,
    /// When.
    pub at: Timestamp,
    /// Microseconds since the step before.
    pub after: Option<i64>,
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemView {
    /// Its stable key.
    pub key: String,
    /// What it is called.
    pub label: String,
    /// `running`, `succeeded`, `failed`, `skipped` or `blocked`.
    pub outcome: String,
    /// Why not, as a code.
    pub reason_code: Option<String>,
    /// Why not, in words.
    pub message: Option<String>,
    /// How many objects it read.
    pub objects: Option<i64>,
}

/// A write whose end nobody knew, as it is asked of a person, and what the person said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionView {
    /// Which write.
    pub id: IntentId,
    /// What is not known.
    pub sentence: String,
    /// The object's id at the provider, to look for it there.
    pub target: String,
    /// Why it is not known, as a code.
    pub reason_code: Option<String>,
    /// When it was asked of the provider.
    pub asked_at: Timestamp,
    /// What to do, or why this person cannot; none once it is answered.
    pub answers: Option<ActionView>,
    /// What a person found who looked.
    pub answer: Option<String>,
    /// When the person said so.
    pub answered_at: Option<Timestamp>,
}

/// One failure, in safe words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureView {
    /// The operation's own code.
    pub code: String,
    /// The normalised reason.
    pub reason_code: String,
    /// What happened.
    pub message: String,
    /// What to do about it, where that is not plain.
    pub next_step: Option<String>,
}

/// Something that can be done about a run, or why it cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionView {
    /// What the button says.
    pub label: String,
    /// Why it cannot be pressed, if it cannot.
    pub disabled_because: Option<String>,
}

/// Somebody's wish to end a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelAsked {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// The next try of a run that failed in a way that may pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextTry {
    /// When it may start.
    pub at: Timestamp,
    /// Which try it is.
    pub number: i64,
    /// Of how many.
    pub of: i64,
    /// Why the one before failed, in words.
    pub why: String,
    /// The same as a code.
    pub reason_code: String,
}

/// What can follow a run (V-05).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUps {
    /// Ending it; none once it is over.
    pub cancel: Option<ActionView>,
    /// Starting it again as a new run; none while it is not over.
    pub retry: Option<ActionView>,
    /// Whether a link to the tenant's page makes sense.
    pub open_tenant: bool,
}

/// Why a queued run is not running.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WaitingView {
    /// A stable word for tests and styles.
    pub word: String,
    /// What would have to change.
    pub text: String,
}

/// The attempt that a waiting run has behind it, where that attempt left numbers, items or a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PastAttempt(pub i64);

/// The page of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunView {
    /// Which run.
    pub id: RunId,
    /// What it does, in words.
    pub operation: String,
    /// What it does, as a code.
    pub operation_code: String,
    /// Where it is and how it ended.
    pub state: RunState,
    /// Why it was refused or nothing of it was let start, as a code; or the reason of its first failure.
    pub reason_code: Option<String>,
    /// The class of its refusal.
    pub denial_class: Option<DenialClass>,
    /// At which moment it was refused.
    pub blocked_phase: Option<String>,
    /// Its workspace.
    pub workspace: String,
    /// Its tenant, if it has one.
    pub tenant: Option<RunTenant>,
    /// Who asked.
    pub initiator: String,
    /// In whose name it is authorised.
    pub authority: AuthorityMode,
    /// Which attempt is the present one.
    pub attempt: i64,
    /// When it was asked for.
    pub queued_at: Timestamp,
    /// When its first attempt started; none when it never ran.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// How long such a run usually takes, in seconds.
    pub expected_seconds: Option<u32>,
    /// The one combined banner; empty means none.
    pub banner: Vec<BannerLine>,
    /// Who asked for its end, if anybody did.
    pub cancel_asked: Option<CancelAsked>,
    /// When it is tried again, while it waits for that.
    pub next_try: Option<NextTry>,
    /// The refusal in words, when it is blocked.
    pub explanation: Option<Explanation>,
    /// Why it is not running, while it is queued.
    pub waiting: Option<WaitingView>,
    /// The gate's decisions, newest first.
    pub decisions: Vec<DecisionView>,
    /// What happened, in order.
    pub timeline: Vec<TimelineEntry>,
    /// Whose work the numbers, items and report below are, while it waits for its next attempt.
    pub done_by: Option<PastAttempt>,
    /// Label and number of each count.
    pub counts: Vec<(String, u64)>,
    /// Processed of total, where both are trustworthy.
    pub progress: Option<(u64, u64)>,
    /// Writes whose end nobody knew.
    pub questions: Vec<QuestionView>,
    /// What became of its items.
    pub items: Vec<ItemView>,
    /// What went wrong.
    pub failures: Vec<FailureView>,
    /// The verification report it left behind.
    pub report: Option<VerificationReport>,
    /// The items of a bulk run, as far as the person may see them; none for any other run.
    pub bulk: Option<Vec<BulkItemView>>,
    /// The run this one is a part of.
    pub parent_id: Option<RunId>,
    /// The schedule it comes from.
    pub schedule: Option<RunSchedule>,
    /// When the engine ended it because nobody was left to.
    pub reconciled_at: Option<Timestamp>,
    /// The run this one tries again.
    pub retry_of: Option<RunId>,
    /// The runs that tried this one again.
    pub retries: Vec<RunId>,
    /// What can follow.
    pub follow_ups: FollowUps,
    /// What is not shown, and why (V-15).
    pub redactions: Vec<String>,
    /// Whether the person may have the run as JSON.
    pub is_exportable: bool,
    /// Server time of this answer.
    pub as_of: Timestamp,
    /// Changes when anything above does.
    pub version: String,
}
