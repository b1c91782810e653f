//! Building a verification report, check by check.

use domain::verification::{CheckReason, CheckStatus, EvidenceItem, Severity, VerificationCheck};
use graph::{CredentialFault, GraphError};
use sha2::{Digest, Sha256};

/// What a check is about.
pub(crate) struct Subject {
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    pub(crate) severity: Severity,
    pub(crate) blocking: bool,
}

impl Subject {
    fn check(
        &self,
        status: CheckStatus,
        reason: CheckReason,
        message: String,
    ) -> VerificationCheck {
        VerificationCheck {
            key: self.key.to_owned(),
            title: self.title.to_owned(),
            status,
            severity: self.severity,
            blocking: self.blocking,
            reason_code: reason,
            message,
            evidence: Vec::new(),
            next_steps: Vec::new(),
        }
    }

    pub(crate) fn pass(&self, message: String) -> VerificationCheck {
        self.check(CheckStatus::Pass, CheckReason::Ok, message)
    }

    pub(crate) fn skip(&self, message: &str) -> VerificationCheck {
        self.check(
            CheckStatus::Skip,
            CheckReason::NotApplicable,
            message.to_owned(),
        )
    }

    /// A blocking subject fails, another one warns.
    pub(crate) fn issue(
        &self,
        reason: CheckReason,
        message: String,
        next_step: String,
    ) -> VerificationCheck {
        let status = if self.blocking {
            CheckStatus::Fail
        } else {
            CheckStatus::Warn
        };
        let mut check = self.check(status, reason, message);
        check.next_steps.push(next_step);
        check
    }

    pub(crate) fn provider_error(&self, error: &GraphError) -> VerificationCheck {
        let mut check = self.issue(reason_of(error), error.safe_message(), next_step(error));
        if let Some(id) = error.request_id() {
            check.evidence.push(evidence("request_id", id));
        }
        if let GraphError::AuthenticationFailed {
            aadsts: Some(code), ..
        }
        | GraphError::ConsentMissing {
            aadsts: Some(code), ..
        } = error
        {
            check
                .evidence
                .push(evidence("provider_code", &format!("AADSTS{code}")));
        }
        check
    }
}

pub(crate) fn evidence(kind: &str, value: &str) -> EvidenceItem {
    EvidenceItem {
        kind: kind.to_owned(),
        value: value.to_owned(),
    }
}

const fn reason_of(error: &GraphError) -> CheckReason {
    match error {
        GraphError::AuthenticationFailed { .. } => CheckReason::AuthenticationFailed,
        GraphError::ConsentMissing { .. }
        | GraphError::TenantUnknown { .. }
        | GraphError::Misconfigured { .. }
        | GraphError::NoProvider => CheckReason::MissingConfiguration,
        GraphError::PermissionDenied { .. } | GraphError::NotLicensed { .. } => {
            CheckReason::PermissionDenied
        }
        GraphError::Throttled { .. } | GraphError::LeaveTooOld => CheckReason::Throttled,
        GraphError::Unreachable { .. } | GraphError::ServerError { .. } => {
            CheckReason::DependencyUnreachable
        }
        GraphError::InvalidResponse { .. }
        | GraphError::RefusedNextLink { .. }
        | GraphError::TooLarge { .. } => CheckReason::InvalidState,
        GraphError::NotFound { .. } | GraphError::Rejected { .. } => CheckReason::UnknownError,
    }
}

fn next_step(error: &GraphError) -> String {
    match error {
        GraphError::AuthenticationFailed {
            kind: CredentialFault::ExpiredSecret,
            ..
        } => "Create a new client secret for the application and store it here.",
        GraphError::AuthenticationFailed { .. } => {
            "Compare the stored client secret with the application's, and store the right one here."
        }
        GraphError::ConsentMissing { .. } => {
            "Let an administrator of the directory grant consent to the application."
        }
        GraphError::TenantUnknown { .. } => "Correct the directory id of this connection.",
        GraphError::PermissionDenied { .. } => {
            "Grant the named permission to the application and consent to it, then verify again."
        }
        GraphError::NotLicensed { .. } => "Check the tenant's licences.",
        GraphError::Throttled { .. } => "Verify again in a few minutes.",
        GraphError::Unreachable { .. } | GraphError::ServerError { .. } => {
            "Check that this server can reach the provider, then verify again."
        }
        _ => "Verify again. If it stays, quote the request id to support.",
    }
    .to_owned()
}

/// SHA-256 over what the checks found, without times and request ids: equal findings, equal fingerprints.
pub(crate) fn fingerprint(checks: &[VerificationCheck]) -> String {
    let mut hasher = Sha256::new();
    for check in checks {
        for word in [
            check.key.as_str(),
            check.status.as_str(),
            check.reason_code.as_str(),
        ] {
            hasher.update(word.as_bytes());
            hasher.update([0]);
        }
    }
    hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
