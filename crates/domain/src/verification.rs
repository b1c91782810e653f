//! The report a verification leaves behind (P-03).

use serde::{Deserialize, Serialize};

use crate::{time::Timestamp, words::words};

words! {
    /// What one check of a verification found.
    pub enum CheckStatus {
        /// Not in order.
        Fail = "fail",
        /// In order, with something to look at.
        Warn = "warn",
        /// In order.
        Pass = "pass",
        /// Left out, because an earlier check failed.
        Skip = "skip",
    }
}

words! {
    /// How bad it is when a check fails.
    pub enum Severity {
        /// Nothing works.
        Critical = "critical",
        /// Something important does not work.
        High = "high",
        /// Something does not work.
        Medium = "medium",
        /// A detail.
        Low = "low",
        /// Good to know.
        Info = "info",
    }
}

words! {
    /// The stable code of what a check found; the list only grows.
    pub enum CheckReason {
        /// In order.
        Ok = "ok",
        /// Does not apply here.
        NotApplicable = "not_applicable",
        /// Something was never set up.
        MissingConfiguration = "missing_configuration",
        /// A permission is missing.
        PermissionDenied = "permission_denied",
        /// The provider did not accept the credential.
        AuthenticationFailed = "authentication_failed",
        /// The provider asked us to slow down.
        Throttled = "throttled",
        /// The provider could not be reached.
        DependencyUnreachable = "dependency_unreachable",
        /// The provider answered something that fits nothing.
        InvalidState = "invalid_state",
        /// Nothing of the above.
        UnknownError = "unknown_error",
    }
}

words! {
    /// A report in one word.
    pub enum Overall {
        /// Everything is in order.
        Ready = "ready",
        /// Usable, with findings.
        NeedsAttention = "needs_attention",
        /// Not usable.
        Blocked = "blocked",
    }
}

/// One piece of evidence; never a token, secret, raw payload or address that the provider sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceItem {
    /// What it is, such as `request_id`.
    pub kind: String,
    /// Its value.
    pub value: String,
}

/// One check of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationCheck {
    /// Its stable key.
    pub key: String,
    /// What it is called.
    pub title: String,
    /// What it found.
    pub status: CheckStatus,
    /// How bad a failure is.
    pub severity: Severity,
    /// Whether a failure makes the connection unusable.
    pub blocking: bool,
    /// What it found, as a code.
    pub reason_code: CheckReason,
    /// What it found, in words.
    pub message: String,
    /// What shows it.
    pub evidence: Vec<EvidenceItem>,
    /// What to do.
    pub next_steps: Vec<String>,
}

/// How many checks ended how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckCounts {
    /// All of them.
    pub total: u32,
    /// In order.
    pub pass: u32,
    /// Not in order.
    pub fail: u32,
    /// To look at.
    pub warn: u32,
    /// Left out.
    pub skip: u32,
}

/// The report of one verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationReport {
    /// Version of this form.
    pub schema_version: u32,
    /// The operation that made it.
    pub flow: String,
    /// When it was made.
    pub generated_at: Timestamp,
    /// SHA-256 over the normalised checks, in hex.
    pub fingerprint: String,
    /// In one word.
    pub overall: Overall,
    /// In numbers.
    pub counts: CheckCounts,
    /// The checks, issues first.
    pub checks: Vec<VerificationCheck>,
}

impl VerificationReport {
    /// Builds a report; sorts issues first and sums up.
    pub fn of(
        flow: &str,
        generated_at: Timestamp,
        mut checks: Vec<VerificationCheck>,
        fingerprint: String,
    ) -> Self {
        checks.sort_by_key(|check| (check.status, check.severity));
        Self {
            schema_version: 1,
            flow: flow.to_owned(),
            generated_at,
            fingerprint,
            overall: overall(&checks),
            counts: count(&checks),
            checks,
        }
    }
}

fn overall(checks: &[VerificationCheck]) -> Overall {
    let failed = |check: &&VerificationCheck| check.status == CheckStatus::Fail;
    if checks.iter().filter(failed).any(|check| check.blocking) {
        Overall::Blocked
    } else if checks
        .iter()
        .any(|c| matches!(c.status, CheckStatus::Fail | CheckStatus::Warn))
    {
        Overall::NeedsAttention
    } else {
        Overall::Ready
    }
}

fn count(checks: &[VerificationCheck]) -> CheckCounts {
    let mut counts = CheckCounts::default();
    for check in checks {
        counts.total += 1;
        match check.status {
            CheckStatus::Pass => counts.pass += 1,
            CheckStatus::Fail => counts.fail += 1,
            CheckStatus::Warn => counts.warn += 1,
            CheckStatus::Skip => counts.skip += 1,
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: CheckStatus, blocking: bool) -> VerificationCheck {
        VerificationCheck {
            key: "k".into(),
            title: "t".into(),
            status,
            severity: Severity::High,
            blocking,
            reason_code: CheckReason::Ok,
            message: String::new(),
            evidence: vec![],
            next_steps: vec![],
        }
    }

    #[test]
    fn p03_a_blocking_failure_blocks_and_issues_come_first() {
        let checks = vec![
            check(CheckStatus::Pass, true),
            check(CheckStatus::Fail, true),
        ];
        let report = VerificationReport::of("f", Timestamp(0), checks, String::new());
        assert_eq!(report.overall, Overall::Blocked);
        assert_eq!(
            report.checks.first().map(|c| c.status),
            Some(CheckStatus::Fail)
        );
        let warned = VerificationReport::of(
            "f",
            Timestamp(0),
            vec![check(CheckStatus::Fail, false)],
            String::new(),
        );
        assert_eq!(warned.overall, Overall::NeedsAttention);
    }
}
