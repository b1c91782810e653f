//! The contract matrix (L-11): every situation for every operation type in every authority mode.

use std::{collections::BTreeSet, fmt::Write, fs};

use domain::{
    decision::{CheckResult, LegitimacyDecision},
    reason::{ReasonCode, ReasonDetail},
};

use crate::{
    facts::{columns, decision, in_order, with},
    situations::SITUATIONS,
};

const GOLDEN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../specs/golden/policy-matrix.txt"
);

const LEGEND: &str = "\
# What the gate decides in each situation, for each operation type in each authority mode.
# A test compares this file with the gate; UPDATE_GOLDEN=1 writes it anew.
#
# Marks, one a check: workspace scope, tenant scope, capability, tenant operability, execution
# prerequisites; + passed, x failed, . not applicable.
# Then `allowed`, or the reason code (with its detail), the denial class, and whether a person
# may retry.
";

/// Every cell: the situation, the operation and mode, and what was decided.
pub fn cells() -> impl Iterator<Item = (&'static str, String, LegitimacyDecision)> {
    SITUATIONS.iter().flat_map(|(name, change)| {
        columns().map(move |(operation, authority)| {
            let decided = decision(&with(in_order(operation, authority), change));
            let column = format!("{:<26}{authority}", operation.as_str());
            (*name, column, decided)
        })
    })
}

fn marks(decision: &LegitimacyDecision) -> String {
    let mark = |(_, found)| match found {
        CheckResult::Passed => '+',
        CheckResult::Failed => 'x',
        CheckResult::NotApplicable => '.',
    };
    decision.checks.named().into_iter().map(mark).collect()
}

fn verdict(decision: &LegitimacyDecision) -> String {
    let (Some(code), Some(class)) = (decision.reason_code, decision.denial_class) else {
        assert!(decision.allowed);
        return "allowed".to_owned();
    };
    let detail = decision
        .reason_detail
        .map_or_else(String::new, |detail| format!("({detail})"));
    let retry = if decision.retryable {
        "retryable"
    } else {
        "final"
    };
    let (code, class) = (format!("{code}{detail}"), class.as_str());
    format!("{code:<60}{class:<22}{retry}")
}

fn matrix() -> String {
    let mut text = LEGEND.to_owned();
    let mut last = "";
    for (situation, column, decision) in cells() {
        if situation != last {
            write!(text, "\n{situation}\n").expect("a string takes it");
            last = situation;
        }
        let (marks, verdict) = (marks(&decision), verdict(&decision));
        writeln!(text, "  {column:<44}{marks}  {verdict}").expect("a string takes it");
    }
    text
}

#[test]
fn l11_the_contract_matrix_is_as_published() {
    let matrix = matrix();
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(GOLDEN, &matrix).expect("the golden file can be written");
    }
    let published = fs::read_to_string(GOLDEN).unwrap_or_default();
    for (line, (now, golden)) in matrix.lines().zip(published.lines()).enumerate() {
        assert_eq!(now, golden, "line {}", line + 1);
    }
    assert_eq!(matrix, published);
}

#[test]
fn l11_every_operation_has_its_allowed_path() {
    let expected: BTreeSet<_> = columns()
        .filter(|(operation, authority)| operation.spec().authority_modes.contains(authority))
        .collect();
    let found: BTreeSet<_> = columns()
        .filter(|(operation, authority)| decision(&in_order(*operation, *authority)).allowed)
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn l11_the_matrix_holds_every_refusal_the_gate_can_give() {
    let given: BTreeSet<_> = cells()
        .filter_map(|(_, _, decision)| Some((decision.reason_code?, decision.reason_detail)))
        .collect();
    let codes: BTreeSet<_> = given.iter().map(|(code, _)| *code).collect();
    let details: BTreeSet<_> = given.iter().filter_map(|(_, detail)| *detail).collect();
    // What no operation type asks for yet; a type that does takes it off these lists.
    let no_code = [ReasonCode::WriteGateBlocked];
    let no_detail = [ReasonDetail::PreviewStale];
    for code in ReasonCode::ALL {
        assert_ne!(codes.contains(code), no_code.contains(code), "{code}");
    }
    for detail in ReasonDetail::ALL {
        assert_ne!(
            details.contains(detail),
            no_detail.contains(detail),
            "{detail}"
        );
    }
}
