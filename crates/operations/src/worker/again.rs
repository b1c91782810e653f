//! Whether a run that failed is to be tried again by itself (L-08).

use domain::{
    operation::{OperationSpec, ProviderEffect},
    retry::{Chance, passes},
};
use store::{Again, RunEnd, WorkedOutcome};

/// Where the chance in the pauses between tries comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jitter {
    /// Drawn anew for each pause.
    Random,
    /// The same each time, so that a test knows the moment.
    Fixed(Chance),
}

impl Jitter {
    fn draw(self) -> Chance {
        match self {
            // Without randomness the longest pause is the safe one.
            Self::Random => Chance(getrandom::u32().unwrap_or(u32::MAX)),
            Self::Fixed(chance) => chance,
        }
    }
}

/// What is to be tried about a run that ended like this, if anything.
///
/// Everything that went wrong in it has to be of a kind that passes: where something else failed too, a
/// person has to look, and another try would not make it whole. What is done stays done, so a run that is
/// done in part goes on with the rest. What writes is never tried again by itself.
pub(super) fn again(spec: &'static OperationSpec, end: &RunEnd, jitter: Jitter) -> Option<Again> {
    let has_failed = matches!(
        end.outcome,
        WorkedOutcome::Failed | WorkedOutcome::PartiallySucceeded
    );
    let is_worth_it = has_failed
        && spec.effect == ProviderEffect::Reads
        && spec.retry.tries > 1
        && !end.failures.is_empty()
        && end.failures.iter().all(|it| passes(&it.reason_code));
    is_worth_it.then(|| {
        let reasons = end.failures.iter().map(|it| it.reason_code.as_str());
        let stated = end.failures.iter().filter_map(|it| it.stated_wait).max();
        Again {
            policy: spec.retry.after(reasons),
            chance: jitter.draw(),
            stated_wait: stated.map(|it| i64::try_from(it.as_micros()).unwrap_or(i64::MAX)),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{operation::OperationType, summary::SummaryCounts};
    use store::Failure;

    use super::*;

    fn end(outcome: WorkedOutcome, reasons: &[(&str, Option<u64>)]) -> RunEnd {
        let failures = reasons.iter().map(|(reason, wait)| Failure {
            code: "test".to_owned(),
            reason_code: (*reason).to_owned(),
            message: String::new(),
            stated_wait: wait.map(Duration::from_secs),
        });
        RunEnd {
            outcome,
            counts: SummaryCounts::default(),
            failures: failures.collect(),
        }
    }

    #[test]
    fn l08_only_failures_that_pass_are_tried_again() {
        let spec = OperationType::InventorySync.spec();
        let is_tried = |outcome, reasons: &[(&str, Option<u64>)]| {
            again(spec, &end(outcome, reasons), Jitter::Random).is_some()
        };
        let (failed, partly) = (WorkedOutcome::Failed, WorkedOutcome::PartiallySucceeded);
        for reason in [
            "provider_throttled",
            "provider_unreachable",
            "provider_error",
            "database_busy",
            "timed_out",
        ] {
            assert!(is_tried(failed, &[(reason, None)]), "{reason}");
            assert!(is_tried(partly, &[(reason, None)]), "{reason}, in part");
            assert!(!is_tried(WorkedOutcome::Indeterminate, &[(reason, None)]));
            assert!(!is_tried(WorkedOutcome::Cancelled, &[(reason, None)]));
        }
        for reason in [
            "provider_auth_failed",
            "provider_permission_denied",
            "handler_panicked",
            "internal_error",
        ] {
            assert!(!is_tried(failed, &[(reason, None)]), "{reason}");
            let mixed = [("provider_throttled", None), (reason, None)];
            assert!(!is_tried(partly, &mixed), "{reason} beside one that passes");
        }
        assert!(!is_tried(failed, &[]));
    }

    #[test]
    fn l08_what_writes_or_waits_for_others_has_one_try() {
        for operation in OperationType::ALL {
            let spec = operation.spec();
            let asks = spec.effect == ProviderEffect::Reads && spec.children.is_none();
            for reason in ["timed_out", "database_busy", "provider_throttled"] {
                let end = end(WorkedOutcome::Failed, &[(reason, None)]);
                let is_tried = again(spec, &end, Jitter::Random).is_some();
                assert!(asks || !is_tried, "{operation:?}: {reason}");
            }
        }
    }

    #[test]
    fn l08_the_longest_stated_wait_counts() {
        let spec = OperationType::ConnectionCheck.spec();
        let reasons = [
            ("provider_throttled", Some(3)),
            ("provider_error", None),
            ("provider_throttled", Some(9)),
        ];
        let end = end(WorkedOutcome::Failed, &reasons);
        let again = again(spec, &end, Jitter::Fixed(Chance(5))).unwrap();
        assert_eq!(again.stated_wait, Some(9 * domain::time::SECOND));
        assert_eq!(again.chance, Chance(5));
        assert_eq!(again.policy, spec.retry);
    }
}
