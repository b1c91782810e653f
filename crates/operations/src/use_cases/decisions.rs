//! The gate's decisions in words (L-13).

use domain::{
    capability::{Capability, Role},
    decision::{CheckResult, LegitimacyDecision},
    explain::{Explanation, Names, Reader, explain},
    operation::{OperationType, label_of},
    reason::ReasonDetail,
    run::{AuthorityMode, DecisionPhase},
    views::{ChangeView, CheckView, DecisionView},
};
use store::{ChangeRow, RunAccess, Scope};

/// Who looks at a run, as far as what they can do about it goes.
pub(crate) fn reader_of(scope: &Scope, run: &RunAccess) -> Reader {
    let is_initiator = run.run().user_id == Some(scope.user_id());
    match (is_initiator, run.require_start().is_ok()) {
        (true, true) => Reader::InitiatorAgain,
        (true, false) => Reader::Initiator,
        (false, true) => Reader::MayStart,
        (false, false) => Reader::MayNotStart,
    }
}

/// The refusal of a decision in words, if it is one.
fn explanation(
    run: &RunAccess,
    decision: &LegitimacyDecision,
    reader: Reader,
) -> Option<Explanation> {
    let row = run.run();
    let names = Names {
        initiator: &row.initiator_name,
        target: target(run),
        operation: &label_of(&row.operation_code),
        capability: Capability::parse(&row.required_capability),
        lifecycle: decision.evidence.tenant_lifecycle,
        reader,
    };
    Some(explain(
        decision.reason_code?,
        decision.reason_detail,
        &names,
    ))
}

fn target(run: &RunAccess) -> &str {
    run.tenant().map_or(run.workspace_name(), |(name, _)| name)
}

/// The same, with the moment of the last change and of the request: when is half of why.
pub(crate) fn dated_explanation(
    run: &RunAccess,
    decision: &LegitimacyDecision,
    changes: &[ChangeRow],
    reader: Reader,
) -> Option<Explanation> {
    let told = explanation(run, decision, reader)?;
    let changed = changes.iter().find_map(|change| change_view(run, change));
    let Some(changed) = changed else {
        return Some(told);
    };
    let (at, queued_at) = (changed.at.exact(), run.run().queued_at.exact());
    let sentence = match decision.reason_detail {
        // The change says more than that there was one.
        Some(ReasonDetail::ScheduleRevisionStale) => {
            format!(
                "{} on {at}, after this slot was queued on {queued_at}.",
                changed.text
            )
        }
        _ => format!(
            "{} ({} on {at}, run queued on {queued_at}).",
            told.sentence.trim_end_matches('.'),
            changed.text,
        ),
    };
    Some(Explanation { sentence, ..told })
}

/// A decision as its panel shows it.
pub(crate) fn decision_view(
    run: &RunAccess,
    decision: &LegitimacyDecision,
    changes: &[ChangeRow],
    reader: Reader,
) -> DecisionView {
    let row = run.run();
    DecisionView {
        attempt: decision.attempt,
        phase: decision.phase.as_str().to_owned(),
        allowed: decision.allowed,
        authority: decision.authority_mode,
        initiator: row.initiator_name.clone(),
        capability: decision
            .required_capability
            .as_deref()
            .and_then(Capability::parse)
            .map(|c| (c.label().to_owned(), c.as_str().to_owned())),
        checks: check_views(decision),
        reason_code: decision.reason_code.map(|code| code.as_str().to_owned()),
        reason_detail: decision
            .reason_detail
            .map(|detail| detail.as_str().to_owned()),
        denial_class: decision.denial_class,
        retryable: decision.retryable,
        explanation: dated_explanation(run, decision, changes, reader),
        decided_at: decision.decided_at,
        at_request: at_request(run, decision),
        at_execution: at_execution(decision),
        changes: changes
            .iter()
            .filter_map(|change| change_view(run, change))
            .collect(),
        json: serde_json::to_string_pretty(decision).unwrap_or_default(),
    }
}

fn check_views(decision: &LegitimacyDecision) -> Vec<CheckView> {
    decision
        .checks
        .named()
        .into_iter()
        .map(|(name, result)| CheckView {
            name: name.to_owned(),
            label: check_label(name, decision.authority_mode).to_owned(),
            result,
        })
        .collect()
}

/// What a check asks. Nobody stands behind a run of the system, so nothing is said of a person there.
fn check_label(name: &str, authority: AuthorityMode) -> &'static str {
    use AuthorityMode::{ActorBound, SystemAuthority};
    match (name, authority) {
        ("workspace_scope", ActorBound) => "The initiator is an active member of the workspace",
        ("workspace_scope", SystemAuthority) => {
            "The operation is on the list of what the system may do by itself, in the run's own workspace"
        }
        ("tenant_scope", ActorBound) => "The initiator is a member of the tenant",
        ("tenant_scope", SystemAuthority) => "The tenant is there; no person is asked for",
        ("capability", ActorBound) => "The initiator's role holds the capability",
        ("capability", SystemAuthority) => {
            "A role with the capability: no person stands behind this run"
        }
        ("tenant_operability", _) => "The tenant's lifecycle allows the operation",
        _ => "Connection, write gate, schedule and context are in order",
    }
}

/// What the start gate had found: a run is queued only when all of it was in order.
fn at_request(run: &RunAccess, decision: &LegitimacyDecision) -> Vec<String> {
    if decision.phase == DecisionPhase::Request {
        return vec!["The run was refused as it was asked for; it was never queued.".to_owned()];
    }
    let row = run.run();
    let who = match row.authority {
        AuthorityMode::ActorBound => {
            let capability = Capability::parse(&row.required_capability)
                .map_or("the required capability", Capability::label);
            format!(
                "{} had \u{201c}{capability}\u{201d} in {}.",
                row.initiator_name,
                target(run)
            )
        }
        AuthorityMode::SystemAuthority => "The system asked, without a person.".to_owned(),
    };
    let connection = OperationType::parse(&row.operation_code)
        .filter(|operation| operation.is_of_tenant())
        .map(|_| "The tenant and its provider connection were in order.".to_owned());
    std::iter::once(who)
        .chain(connection.filter(|_| row.authority == AuthorityMode::ActorBound))
        .collect()
}

fn at_execution(decision: &LegitimacyDecision) -> Vec<String> {
    let found = |(name, result): (&str, CheckResult)| {
        let is_in_order = match result {
            CheckResult::NotApplicable => return None,
            CheckResult::Passed => true,
            CheckResult::Failed => false,
        };
        Some(truth(name, decision.authority_mode, is_in_order).to_owned())
    };
    decision
        .checks
        .named()
        .into_iter()
        .filter_map(found)
        .collect()
}

/// What a check found, as a clause; of a run of the system, what holds for the system.
fn truth(name: &str, authority: AuthorityMode, is_in_order: bool) -> &'static str {
    use AuthorityMode::{ActorBound, SystemAuthority};
    match (name, authority, is_in_order) {
        ("workspace_scope", ActorBound, true) => "Workspace membership: in order.",
        ("workspace_scope", ActorBound, false) => "Workspace membership: not in order.",
        ("workspace_scope", SystemAuthority, true) => {
            "The system's list: this operation is on it. No person stands behind the run."
        }
        ("workspace_scope", SystemAuthority, false) => {
            "The system's list: not in order for this operation in this workspace."
        }
        ("tenant_scope", ActorBound, true) => "Tenant membership: there.",
        ("tenant_scope", ActorBound, false) => "Tenant membership: gone.",
        ("tenant_scope", SystemAuthority, true) => "Tenant: there.",
        ("tenant_scope", SystemAuthority, false) => "Tenant: gone.",
        ("capability", _, true) => "Capability: held.",
        ("capability", _, false) => "Capability: not held.",
        ("tenant_operability", _, true) => "Tenant: takes this operation.",
        ("tenant_operability", _, false) => "Tenant: does not take this operation.",
        (_, _, true) => "Prerequisites: in order.",
        (_, _, false) => "Prerequisites: not in order.",
    }
}

/// What a stored role is called; one that nobody knows is shown as it is.
fn role_label(word: &str) -> &str {
    match Role::parse(word) {
        Some(role) => role.label(),
        None => word,
    }
}

/// What an edit of a schedule moved; a new name moves nothing.
fn schedule_moved(detail: &serde_json::Value) -> Option<String> {
    let word = |side: &str, key: &str| Some(detail.get(side)?.get(key)?.as_str()?.to_owned());
    let name = word("to", "name")?;
    let (rule, operation) = (word("to", "rule")?, word("to", "operation")?);
    if word("from", "operation")? != operation {
        return Some(format!("The schedule {name} was given another operation"));
    }
    (word("from", "rule")? != rule)
        .then(|| format!("The schedule {name} was changed to \u{201c}{rule}\u{201d}"))
}

/// A change in words; who made it stays in the audit log.
fn change_view(run: &RunAccess, change: &ChangeRow) -> Option<ChangeView> {
    let row = run.run();
    let detail: serde_json::Value = serde_json::from_str(&change.detail).unwrap_or_default();
    let word = |key: &str| {
        detail
            .get(key)
            .and_then(|v| v.as_str())
            .unwrap_or("")
            .to_owned()
    };
    let who = &row.initiator_name;
    let text = match change.action.as_str() {
        "tenant_membership.role_set" => {
            format!(
                "{who}'s role in {} became {}",
                target(run),
                role_label(&word("role"))
            )
        }
        "tenant_membership.removed" => format!("{who} was removed from {}", target(run)),
        "workspace_membership.role_set" => {
            format!(
                "{who}'s role in the workspace became {}",
                role_label(&word("role"))
            )
        }
        "workspace_membership.removed" => format!("{who} was removed from the workspace"),
        "user.disabled" => format!("{who}\u{2019}s account was disabled"),
        "user.enabled" => format!("{who}\u{2019}s account was enabled"),
        "tenant.lifecycle_set" => format!(
            "{} went from {} to {}",
            target(run),
            word("from"),
            word("to")
        ),
        "provider_connection.enabled" => "The provider connection was enabled".to_owned(),
        "provider_connection.disabled" => "The provider connection was disabled".to_owned(),
        "provider_credential.stored" => "The provider credential was replaced".to_owned(),
        "schedule.changed" => schedule_moved(&detail)?,
        "schedule.paused" => format!("The schedule {} was paused", word("name")),
        "schedule.resumed" => format!("The schedule {} was resumed", word("name")),
        "schedule.deleted" => format!("The schedule {} was deleted", word("name")),
        _ => return None,
    };
    Some(ChangeView {
        at: change.at,
        text,
    })
}
