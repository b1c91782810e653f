//! A refusal in words: a sentence before it is a colour, and the next step after it (L-13).

use crate::{
    capability::Capability,
    lifecycle::TenantLifecycle,
    reason::{ReasonCode, ReasonDetail},
};

/// Who reads an explanation: what helps depends on what they may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Whoever asked for the run, and may not start the operation now.
    Initiator,
    /// Whoever asked for the run, and may start the operation now.
    InitiatorAgain,
    /// Somebody else, who may start the operation themselves.
    MayStart,
    /// Somebody else, who may not.
    MayNotStart,
}

/// The names a sentence needs.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// Who asked for the run.
    pub initiator: &'a str,
    /// The tenant, or the workspace for a run without one.
    pub target: &'a str,
    /// The operation's label.
    pub operation: &'a str,
    /// The capability that was asked for.
    pub capability: Option<Capability>,
    /// Where the tenant was in its life when the gate spoke.
    pub lifecycle: Option<TenantLifecycle>,
    /// Who reads it.
    pub reader: Reader,
}

/// A refusal explained.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Explanation {
    /// What happened, as one sentence that names who or what was refused.
    pub sentence: String,
    /// What to do next, and who can do it.
    pub next_step: String,
}

/// Says a reason code in words.
pub fn explain(code: ReasonCode, detail: Option<ReasonDetail>, names: &Names<'_>) -> Explanation {
    let Names {
        initiator,
        target,
        operation,
        ..
    } = names;
    let capability = names
        .capability
        .map_or("the required capability", Capability::label);
    let (sentence, next_step) = match code {
        ReasonCode::InitiatorMissing => (
            format!("{initiator}, who asked for this run, no longer has an account."),
            format!("{} if it is still wanted.", somebody_starts(names)),
        ),
        ReasonCode::InitiatorNotEntitled => (
            format!("{initiator} is no longer an active member of this workspace."),
            match names.reader {
                Reader::Initiator => "Ask an owner of the workspace to add you again.".to_owned(),
                Reader::InitiatorAgain => you_may_again(operation),
                Reader::MayStart => format!(
                    "Ask an owner of the workspace to add {initiator} again, or start {operation} yourself."
                ),
                Reader::MayNotStart => {
                    format!("Ask an owner of the workspace to add {initiator} again.")
                }
            },
        ),
        ReasonCode::SystemAuthorityNotAllowed => (
            format!("{operation} may not run on the system's own authority."),
            match names.reader {
                Reader::MayNotStart => format!("{}, in their own name.", somebody_starts(names)),
                Reader::Initiator | Reader::InitiatorAgain | Reader::MayStart => {
                    format!("{}, in your own name.", somebody_starts(names))
                }
            },
        ),
        ReasonCode::WorkspaceMismatch => (
            format!("{target} does not belong to the workspace this run was queued in."),
            "Start the operation from the tenant's own workspace.".to_owned(),
        ),
        ReasonCode::TenantMissing => (
            "The tenant this run was queued for no longer exists.".to_owned(),
            "Nothing can be done with this run. It stays here for the record.".to_owned(),
        ),
        ReasonCode::TenantNotEntitled => (
            format!("{initiator} is no longer a member of {target}."),
            match names.reader {
                Reader::Initiator => format!("Ask an owner of {target} to add you again."),
                Reader::InitiatorAgain => you_may_again(operation),
                Reader::MayStart => format!(
                    "Ask an owner of {target} to add {initiator} again, or start {operation} yourself."
                ),
                Reader::MayNotStart => {
                    format!("Ask an owner of {target} to add {initiator} again.")
                }
            },
        ),
        ReasonCode::MissingCapability => (
            format!("{initiator} no longer has \u{201c}{capability}\u{201d} in {target}."),
            match names.reader {
                Reader::Initiator => format!(
                    "Ask an owner of {target} for a role with \u{201c}{capability}\u{201d}, then start {operation} again."
                ),
                Reader::InitiatorAgain => you_may_again(operation),
                Reader::MayStart => format!(
                    "Ask an owner of {target} to give {initiator} a role with \u{201c}{capability}\u{201d}, or start {operation} yourself."
                ),
                Reader::MayNotStart => format!(
                    "Ask an owner of {target} to give {initiator} a role with \u{201c}{capability}\u{201d}, or somebody who holds it to start {operation}."
                ),
            },
        ),
        ReasonCode::TenantNotOperable => (
            format!(
                "{target} {}, so {operation} cannot run there.",
                lifecycle_clause(names.lifecycle)
            ),
            format!(
                "Once {target} is active, start {operation} again. An owner can reactivate an archived tenant."
            ),
        ),
        ReasonCode::ProviderConnectionInvalid => connection(detail, target, operation),
        ReasonCode::WriteGateBlocked => (
            format!(
                "Writes to {target} are closed: its Intune permissions were not found in order."
            ),
            format!("Check the Intune permissions of {target}, then start {operation} again."),
        ),
        ReasonCode::ExecutionPrerequisiteInvalid => prerequisite(detail, names),
    };
    Explanation {
        sentence,
        next_step,
    }
}

/// What somebody does who has got back what they had lost.
fn you_may_again(operation: &str) -> String {
    format!("You may again: start {operation} again if it is still wanted.")
}

/// Who can start the operation instead, as a clause that begins a sentence.
fn somebody_starts(names: &Names<'_>) -> String {
    let operation = names.operation;
    match (names.reader, names.capability) {
        (Reader::Initiator | Reader::InitiatorAgain | Reader::MayStart, _) => {
            format!("Start {operation} yourself")
        }
        (Reader::MayNotStart, Some(capability)) => format!(
            "Somebody who holds \u{201c}{}\u{201d} in {} can start {operation}",
            capability.label(),
            names.target
        ),
        (Reader::MayNotStart, None) => {
            format!("Somebody who may start {operation} can start it")
        }
    }
}

fn lifecycle_clause(lifecycle: Option<TenantLifecycle>) -> &'static str {
    match lifecycle {
        Some(TenantLifecycle::Archived) => "is archived",
        Some(TenantLifecycle::Draft) => "is still a draft",
        Some(TenantLifecycle::Onboarding) => "is still being onboarded",
        Some(TenantLifecycle::Active) | None => "takes no operations",
    }
}

fn connection(detail: Option<ReasonDetail>, target: &str, operation: &str) -> (String, String) {
    match detail {
        Some(ReasonDetail::ConnectionMissing) => (
            format!("{target} has no provider connection."),
            format!("Add a provider connection to {target}, then start {operation} again."),
        ),
        Some(ReasonDetail::ConnectionDisabled) => (
            format!("The provider connection of {target} is disabled."),
            format!("A manager or owner of {target} can enable it. Then start {operation} again."),
        ),
        Some(ReasonDetail::ConsentMissing) => (
            format!("The provider connection of {target} has no admin consent."),
            format!(
                "Grant admin consent in the directory of {target} and verify the connection, then start {operation} again."
            ),
        ),
        Some(ReasonDetail::CredentialMissing) => (
            format!("The provider connection of {target} has no stored credential."),
            format!("An owner of {target} can store one. Then start {operation} again."),
        ),
        Some(ReasonDetail::NotVerified) => (
            format!("The last verification did not find the connection of {target} usable."),
            format!(
                "Verify the connection of {target}, mend what the report names, then start {operation} again."
            ),
        ),
        _ => (
            format!("The provider connection of {target} cannot be used."),
            format!("Verify the connection of {target}, then start {operation} again."),
        ),
    }
}

fn prerequisite(detail: Option<ReasonDetail>, names: &Names<'_>) -> (String, String) {
    let operation = names.operation;
    match detail {
        Some(ReasonDetail::PreviewStale) => (
            "What would be restored changed after the preview was made.".to_owned(),
            "Make a new preview and confirm it.".to_owned(),
        ),
        Some(ReasonDetail::ScheduleRevisionStale) => (
            "The schedule was changed, paused or deleted after this slot was queued.".to_owned(),
            format!(
                "An active schedule runs {operation} again with its next slot. {} if it is wanted now.",
                somebody_starts(names)
            ),
        ),
        Some(ReasonDetail::BulkOver) => (
            "The bulk that this run was a part of was over before it could start.".to_owned(),
            format!("{} if it is still wanted.", somebody_starts(names)),
        ),
        _ => (
            format!(
                "This run does not say completely what it is to do, so {operation} was not started."
            ),
            format!("Start {operation} again from the tenant's page."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l13_every_code_has_a_sentence_and_a_next_step() {
        let names = Names {
            initiator: "Dana",
            target: "Contoso",
            operation: "Inventory sync",
            capability: Some(Capability::InventorySync),
            lifecycle: Some(TenantLifecycle::Archived),
            reader: Reader::Initiator,
        };
        let readers = [
            Reader::Initiator,
            Reader::InitiatorAgain,
            Reader::MayStart,
            Reader::MayNotStart,
        ];
        for (code, reader) in ReasonCode::ALL
            .iter()
            .flat_map(|code| readers.map(|it| (code, it)))
        {
            for detail in ReasonDetail::ALL.iter().copied().map(Some).chain([None]) {
                let told = explain(*code, detail, &Names { reader, ..names });
                assert!(
                    told.sentence.ends_with('.') && told.next_step.ends_with('.'),
                    "{code}"
                );
                assert!(
                    !told.sentence.contains('_'),
                    "{code}: no code in a sentence"
                );
            }
        }
        let told = explain(ReasonCode::MissingCapability, None, &names);
        assert_eq!(
            told.sentence,
            "Dana no longer has \u{201c}Run inventory sync\u{201d} in Contoso."
        );
    }

    #[test]
    fn l13_the_next_step_is_one_that_its_reader_can_take() {
        let step = |code, reader| {
            let names = Names {
                initiator: "Dana",
                target: "Contoso",
                operation: "Inventory sync",
                capability: Some(Capability::InventorySync),
                lifecycle: None,
                reader,
            };
            explain(code, None, &names).next_step
        };
        for code in [
            ReasonCode::InitiatorMissing,
            ReasonCode::InitiatorNotEntitled,
            ReasonCode::TenantNotEntitled,
            ReasonCode::MissingCapability,
            ReasonCode::SystemAuthorityNotAllowed,
        ] {
            assert!(step(code, Reader::MayStart).contains("yourself"), "{code}");
            assert!(
                !step(code, Reader::MayNotStart).contains("yourself"),
                "{code}"
            );
        }
        for code in [
            ReasonCode::InitiatorNotEntitled,
            ReasonCode::TenantNotEntitled,
            ReasonCode::MissingCapability,
        ] {
            let told = step(code, Reader::InitiatorAgain);
            assert_eq!(
                told,
                "You may again: start Inventory sync again if it is still wanted."
            );
        }
        let own = step(ReasonCode::MissingCapability, Reader::Initiator);
        assert_eq!(
            own,
            "Ask an owner of Contoso for a role with \u{201c}Run inventory sync\u{201d}, then start Inventory sync again."
        );
    }
}
