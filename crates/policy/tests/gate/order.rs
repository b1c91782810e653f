//! L-18: all checks are evaluated and recorded; the first that fails gives the reason.

use domain::{
    decision::CheckResult,
    operation::OperationType,
    reason::{DenialClass, ReasonCode},
    run::AuthorityMode,
};

use crate::{
    facts::{check, decision, in_order, sync_by_person, sync_by_system, with},
    faults::{FAULTS, can_meet},
};

#[test]
fn l18_a_fault_alone_gives_its_code_and_fails_its_check_alone() {
    for fault in FAULTS {
        for authority in fault.modes {
            let facts = in_order(OperationType::InventorySync, *authority);
            let before = decision(&facts);
            let after = decision(&with(facts, fault.trip));
            assert!(before.allowed && !after.allowed, "{}", fault.name);
            assert_eq!(
                (after.reason_code, after.reason_detail),
                (Some(fault.code.0), fault.code.1),
                "{}",
                fault.name
            );
            for (name, found) in after.checks.named() {
                let expected = if name == fault.check || fault.implies.contains(&name) {
                    CheckResult::Failed
                } else {
                    check(&before, name)
                };
                assert_eq!(found, expected, "{}: {name}", fault.name);
            }
        }
    }
}

#[test]
fn l18_of_two_faults_the_earlier_gives_the_code_and_both_are_recorded() {
    let mut pairs = 0;
    for authority in AuthorityMode::ALL {
        for (at, earlier) in FAULTS.iter().enumerate() {
            for later in FAULTS.iter().skip(at + 1) {
                if !can_meet(earlier, later, *authority) {
                    continue;
                }
                pairs += 1;
                let base = in_order(OperationType::InventorySync, *authority);
                // Whichever happened first, the answer is the same.
                for order in [[earlier, later], [later, earlier]] {
                    let decision = decision(
                        &order
                            .iter()
                            .fold(base.clone(), |facts, fault| with(facts, fault.trip)),
                    );
                    let both = format!("{} and {} ({authority})", earlier.name, later.name);
                    assert_eq!(
                        (decision.reason_code, decision.reason_detail),
                        (Some(earlier.code.0), earlier.code.1),
                        "{both}"
                    );
                    assert_eq!(
                        check(&decision, earlier.check),
                        CheckResult::Failed,
                        "{both}"
                    );
                    assert_eq!(check(&decision, later.check), CheckResult::Failed, "{both}");
                }
            }
        }
    }
    // 17 faults of a person's run and 13 of the system's, but for the pairs that cannot be.
    assert_eq!(pairs, (17 * 16 / 2 - 1) + (13 * 12 / 2 - 3));
}

#[test]
fn l18_every_check_is_evaluated_when_everything_is_wrong() {
    for (facts, code) in [
        (sync_by_person(), ReasonCode::InitiatorMissing),
        (sync_by_system(), ReasonCode::SystemAuthorityNotAllowed),
    ] {
        let authority = facts.run.authority;
        let decision = decision(
            &FAULTS
                .iter()
                .filter(|fault| fault.modes.contains(&authority))
                .fold(facts, |facts, fault| with(facts, fault.trip)),
        );
        assert_eq!(decision.reason_code, Some(code));
        for (name, found) in decision.checks.named() {
            let expected = match (authority, name) {
                (AuthorityMode::SystemAuthority, "capability") => CheckResult::NotApplicable,
                _ => CheckResult::Failed,
            };
            assert_eq!(found, expected, "{name}");
        }
    }
}

#[test]
fn l18_the_faults_stand_in_the_order_of_the_codes() {
    let mut codes: Vec<_> = FAULTS.iter().map(|fault| fault.code.0).collect();
    codes.dedup();
    // No operation type has a write gate yet, so no fact can close it.
    let known: Vec<_> = ReasonCode::ALL
        .iter()
        .copied()
        .filter(|code| *code != ReasonCode::WriteGateBlocked)
        .collect();
    assert_eq!(codes, known);
}

#[test]
fn l07_the_decision_says_the_class_and_whether_a_person_may_retry() {
    for fault in FAULTS {
        for authority in fault.modes {
            let facts = in_order(OperationType::InventorySync, *authority);
            let decision = decision(&with(facts, fault.trip));
            let retryable = match fault.code.0.class() {
                DenialClass::InitiatorInvalid
                | DenialClass::ScopeDenied
                | DenialClass::CapabilityDenied => false,
                DenialClass::TenantNotOperable | DenialClass::PrerequisiteInvalid => true,
            };
            assert_eq!(decision.denial_class, Some(fault.code.0.class()));
            assert_eq!(decision.retryable, retryable, "{}", fault.name);
        }
    }
    let allowed = decision(&sync_by_person());
    assert_eq!((allowed.denial_class, allowed.retryable), (None, false));
}
