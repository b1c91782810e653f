//! `provider.connection.check`: can this connection be used, and for what (P-03).

use domain::{
    connection::{ConsentStatus, VerificationStatus},
    operation::OperationType,
    summary::{CountKey, SummaryCounts},
    verification::{
        CheckReason, CheckStatus, Overall, Severity, VerificationCheck, VerificationReport,
    },
};
use graph::GraphError;
use store::{Failure, RunEnd, Verified, WorkedOutcome};

use super::{
    Halt, WorkContext, permissions,
    provider::{reason_of, stated_wait},
    report::{Subject, evidence, fingerprint},
};

/// Where consent is given; it holds nothing but the ids of directory and application.
const CONSENT_LINK: &str = "admin_consent_link";

const CONNECT: Subject = Subject {
    key: "provider.connection.check",
    title: "Sign-in and directory",
    severity: Severity::Critical,
    blocking: true,
};
const CONSENT: Subject = Subject {
    key: "permissions.admin_consent",
    title: "Admin consent",
    severity: Severity::Critical,
    blocking: true,
};

/// What the provider said, before it is put into words.
struct Findings {
    checks: Vec<VerificationCheck>,
    error: Option<GraphError>,
}

/// Verifies the connection, stores the report and what it means for the connection.
pub(crate) async fn run(context: &mut WorkContext<'_>) -> Result<RunEnd, Halt> {
    let findings = examine(context).await?;
    let (store, running) = (context.store, context.running);
    let print = fingerprint(&findings.checks);
    let flow = OperationType::ConnectionCheck.as_str();
    let report = VerificationReport::of(flow, store.now().await?, findings.checks, print);
    store.report_store(running, &report).await?;
    if let Some(verified) = meaning(&report, findings.error.as_ref()) {
        store.connection_verified(running, &verified).await?;
    }
    Ok(end_of(&report, findings.error.as_ref()))
}

async fn examine(context: &mut WorkContext<'_>) -> Result<Findings, Halt> {
    let session = context.session;
    let roles = context.read(|session, step| session.granted_roles(step));
    let roles = match roles.await? {
        Ok(roles) => roles,
        Err(error) => return Ok(unreachable_findings(error, &session.admin_consent_url())),
    };
    let found = context.read(|session, step| session.organization(step));
    let (connect, error) = match found.await? {
        Ok(found) if !found.id.eq_ignore_ascii_case(session.tenant_id()) => {
            let message = "The directory that answered is not the one of this connection.";
            let step = "Correct the directory id of this connection.";
            (
                CONNECT.issue(
                    CheckReason::InvalidState,
                    message.to_owned(),
                    step.to_owned(),
                ),
                None,
            )
        }
        Ok(found) => {
            let name = found
                .display_name
                .unwrap_or_else(|| "the directory".to_owned());
            let mut check = CONNECT.pass(format!("Signed in to {name}."));
            check.evidence.push(evidence("directory_id", &found.id));
            (check, None)
        }
        Err(error) => (CONNECT.provider_error(&error), Some(error)),
    };
    let consent_url = session.admin_consent_url();
    let mut checks = vec![connect, consent_check(&roles, &consent_url)];
    checks.extend(permissions::checks(&roles));
    Ok(Findings { checks, error })
}

/// Without a token nothing else can be asked.
fn unreachable_findings(error: GraphError, consent_url: &str) -> Findings {
    let consent = if matches!(error, GraphError::ConsentMissing { .. }) {
        let mut check = CONSENT.provider_error(&error);
        check.evidence.push(evidence(CONSENT_LINK, consent_url));
        check
    } else {
        CONSENT.skip("Not asked, because the sign-in failed.")
    };
    let mut checks = vec![CONNECT.provider_error(&error), consent];
    checks.extend(permissions::not_asked());
    Findings {
        checks,
        error: Some(error),
    }
}

fn consent_check(roles: &[String], consent_url: &str) -> VerificationCheck {
    if roles.is_empty() {
        let message = "The application signs in, but holds no application permission.";
        let step = "Let an administrator of the directory grant consent to the application.";
        let reason = CheckReason::PermissionDenied;
        let mut check = CONSENT.issue(reason, message.to_owned(), step.to_owned());
        check.evidence.push(evidence(CONSENT_LINK, consent_url));
        return check;
    }
    let mut check = CONSENT.pass(format!(
        "{} application permissions are granted.",
        roles.len()
    ));
    check.evidence = roles
        .iter()
        .map(|role| evidence("permission", role))
        .collect();
    check.evidence.push(evidence(CONSENT_LINK, consent_url));
    check
}

/// What a report means for the connection; nothing when no answer was had that can be believed.
fn meaning(report: &VerificationReport, error: Option<&GraphError>) -> Option<Verified> {
    if error.is_some_and(says_nothing) {
        return None;
    }
    let verification = match report.overall {
        Overall::Ready => VerificationStatus::Healthy,
        Overall::NeedsAttention => VerificationStatus::Degraded,
        Overall::Blocked => VerificationStatus::Failed,
    };
    Some(Verified {
        verification,
        consent: consent_found(report),
        error_code: failed_checks(report)
            .next()
            .map(|check| failed_reason(check, error).to_owned()),
    })
}

/// What the consent check of a report says; nothing when it could not be made.
fn consent_found(report: &VerificationReport) -> Option<ConsentStatus> {
    let check = report
        .checks
        .iter()
        .find(|check| check.key == CONSENT.key)?;
    match check.status {
        CheckStatus::Pass | CheckStatus::Warn => Some(ConsentStatus::Granted),
        CheckStatus::Fail => Some(ConsentStatus::Revoked),
        CheckStatus::Skip => None,
    }
}

/// An outage or a garbled answer tells nothing about the connection.
fn says_nothing(error: &GraphError) -> bool {
    error.is_transient()
        || matches!(
            error,
            GraphError::InvalidResponse { .. }
                | GraphError::RefusedNextLink { .. }
                | GraphError::TooLarge { .. }
        )
}

fn failed_checks(report: &VerificationReport) -> impl Iterator<Item = &VerificationCheck> {
    report
        .checks
        .iter()
        .filter(|check| check.status == CheckStatus::Fail)
}

/// The normalised reason of one failed check.
fn failed_reason(check: &VerificationCheck, error: Option<&GraphError>) -> &'static str {
    match (check.key.as_str(), error) {
        (key, Some(error)) if key == CONNECT.key => reason_of(error),
        (key, None) if key == CONNECT.key => "provider_tenant_mismatch",
        (key, _) if key == CONSENT.key => "provider_consent_missing",
        _ => "provider_permission_denied",
    }
}

fn end_of(report: &VerificationReport, error: Option<&GraphError>) -> RunEnd {
    let mut counts = SummaryCounts::default();
    counts.set(CountKey::Total, report.counts.total.into());
    counts.set(CountKey::Processed, report.counts.total.into());
    counts.set(
        CountKey::Succeeded,
        (report.counts.pass + report.counts.warn).into(),
    );
    counts.set(CountKey::Failed, report.counts.fail.into());
    counts.set(CountKey::Skipped, report.counts.skip.into());
    let failures = failed_checks(report)
        .map(|check| Failure {
            code: check.key.clone(),
            reason_code: failed_reason(check, error).to_owned(),
            message: check.message.clone(),
            stated_wait: error.and_then(stated_wait),
        })
        .collect();
    let outcome = match report.overall {
        Overall::Ready | Overall::NeedsAttention => WorkedOutcome::Succeeded,
        Overall::Blocked => WorkedOutcome::Failed,
    };
    RunEnd {
        outcome,
        counts,
        failures,
    }
}
