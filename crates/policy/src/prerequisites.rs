//! What else must be in order besides the person and the tenant.

use domain::{
    connection::ConsentStatus,
    operation::{ConnectionNeed, Need, OperationScope, OperationSpec},
    reason::{ReasonCode, ReasonDetail},
    run::DecisionPhase,
    schedule::ScheduleState,
};

use crate::facts::{BulkState, ContextState, CredentialState, Facts, Switch};

/// A refusal's code with its detail.
pub(crate) type Fault = (ReasonCode, Option<ReasonDetail>);

/// The first prerequisite that is not in order, in the order of L-18.
pub(crate) fn first_fault(facts: &Facts, spec: Option<&OperationSpec>) -> Option<Fault> {
    let invalid = |detail| Some((ReasonCode::ExecutionPrerequisiteInvalid, Some(detail)));
    let Some(spec) = spec else {
        return invalid(ReasonDetail::ContextInvalid);
    };
    connection_fault(facts, spec.connection)
        .map(|detail| (ReasonCode::ProviderConnectionInvalid, Some(detail)))
        // No fact about the write gate exists, so an operation that needs it is refused.
        .or_else(|| {
            (spec.write_gate == Need::Needed).then_some((ReasonCode::WriteGateBlocked, None))
        })
        .or_else(|| (spec.preview == Need::Needed).then(|| fault(ReasonDetail::PreviewStale)))
        .or_else(|| {
            let stale =
                is_stale(facts) || (spec.schedule == Need::Needed && facts.run.slot.is_none());
            stale.then(|| fault(ReasonDetail::ScheduleRevisionStale))
        })
        .or_else(|| is_left_behind(facts).then(|| fault(ReasonDetail::BulkOver)))
        .or_else(|| {
            // A tenant's operation without the tenant would have been asked for a role in the workspace
            // alone, and a workspace's operation with one for a role in that tenant (V-16).
            let is_placed = facts.run.tenant_id.is_some() == (spec.scope == OperationScope::Tenant);
            let complete = facts.run.context == ContextState::Readable
                && facts.run.required_capability.is_some()
                && is_placed;
            (!complete).then(|| fault(ReasonDetail::ContextInvalid))
        })
}

/// Whether the schedule is another one than when the slot was queued: edited, paused, deleted.
///
/// A run that is under way goes on: its slot was current when it started, and moving tomorrow's time must not
/// break off today's work.
fn is_stale(facts: &Facts) -> bool {
    let Some(slot) = facts.run.slot else {
        return false;
    };
    let is_current = facts.bound_schedule().is_some_and(|schedule| {
        schedule.state == ScheduleState::Active && schedule.revision == slot.revision
    });
    facts.run.phase != DecisionPhase::Checkpoint && !is_current
}

/// Whether the bulk that asked for the run is over: nobody waits for it any more, and nobody who ended the bulk
/// would expect it to start. What is under way goes on.
fn is_left_behind(facts: &Facts) -> bool {
    facts.bulk == Some(BulkState::Over) && facts.run.phase != DecisionPhase::Checkpoint
}

const fn fault(detail: ReasonDetail) -> Fault {
    (ReasonCode::ExecutionPrerequisiteInvalid, Some(detail))
}

fn connection_fault(facts: &Facts, need: ConnectionNeed) -> Option<ReasonDetail> {
    if need == ConnectionNeed::NotNeeded {
        return None;
    }
    let Some(connection) = facts.bound_connection() else {
        return Some(ReasonDetail::ConnectionMissing);
    };
    if connection.switch == Switch::Off {
        return Some(ReasonDetail::ConnectionDisabled);
    }
    // What the connection check is there to find out is not asked before it: a withdrawn consent on
    // record would lock out the one operation that can find it given again.
    let asks_all = need == ConnectionNeed::Verified;
    if asks_all && connection.consent != ConsentStatus::Granted {
        return Some(ReasonDetail::ConsentMissing);
    }
    if connection.credential == CredentialState::Missing {
        return Some(ReasonDetail::CredentialMissing);
    }
    (asks_all && !connection.verification.is_usable()).then_some(ReasonDetail::NotVerified)
}
