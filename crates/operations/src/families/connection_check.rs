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
    Halt, WorkContext,
    provider::{reason_of, stated_wait},
    report::{Subject, evidence, fingerprint},
};

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

/// A permission check: any one of these permissions is enough.
struct PermissionCheck {
    subject: Subject,
    any_of: &'static [&'static str],
    for_what: &'static str,
}

const fn permission(
    key: &'static str,
    title: &'static str,
    blocking: bool,
    any_of: &'static [&'static str],
    for_what: &'static str,
) -> PermissionCheck {
    let severity = if blocking {
        Severity::High
    } else {
        Severity::Medium
    };
    PermissionCheck {
        subject: Subject {
            key,
            title,
            severity,
            blocking,
        },
        any_of,
        for_what,
    }
}

static PERMISSIONS: &[PermissionCheck] = &[
    permission(
        "permissions.directory_groups",
        "Read groups",
        true,
        &[
            "GroupMember.Read.All",
            "Group.Read.All",
            "Group.ReadWrite.All",
            "Directory.Read.All",
        ],
        "the inventory of groups",
    ),
    permission(
        "permissions.intune_configuration",
        "Read Intune configuration",
        true,
        &[
            "DeviceManagementConfiguration.Read.All",
            "DeviceManagementConfiguration.ReadWrite.All",
        ],
        "device configurations, compliance policies and the settings catalog",
    ),
    permission(
        "permissions.intune_apps",
        "Read Intune apps",
        false,
        &[
            "DeviceManagementApps.Read.All",
            "DeviceManagementApps.ReadWrite.All",
        ],
        "app protection policies",
    ),
    permission(
        "permissions.intune_rbac_assignments",
        "Read Intune roles and scope tags",
        false,
        &[
            "DeviceManagementRBAC.Read.All",
            "DeviceManagementRBAC.ReadWrite.All",
        ],
        "scope tags and Intune roles",
    ),
    permission(
        "permissions.scripts_remediations",
        "Read scripts and remediations",
        false,
        &[
            "DeviceManagementScripts.Read.All",
            "DeviceManagementScripts.ReadWrite.All",
        ],
        "scripts",
    ),
];

/// The permissions to grant, the least of each check, with what each is for and whether it must be there.
pub(crate) fn permissions_to_grant() -> impl Iterator<Item = (&'static str, &'static str, bool)> {
    PERMISSIONS.iter().filter_map(|check| {
        let least = check.any_of.first()?;
        Some((*least, check.for_what, check.subject.blocking))
    })
}

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
    let roles = match session.granted_roles(context.checkpoint().await?).await {
        Ok(roles) => roles,
        Err(error) => return Ok(unreachable_findings(error)),
    };
    let (connect, error) = match session.organization(context.checkpoint().await?).await {
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
    let mut checks = vec![connect, consent_check(&roles)];
    checks.extend(
        PERMISSIONS
            .iter()
            .map(|permission| permission_check(permission, &roles)),
    );
    Ok(Findings { checks, error })
}

/// Without a token nothing else can be asked.
fn unreachable_findings(error: GraphError) -> Findings {
    let consent = if matches!(error, GraphError::ConsentMissing { .. }) {
        CONSENT.provider_error(&error)
    } else {
        CONSENT.skip("Not asked, because the sign-in failed.")
    };
    let mut checks = vec![CONNECT.provider_error(&error), consent];
    checks.extend(
        PERMISSIONS
            .iter()
            .map(|p| p.subject.skip("Not asked, because the sign-in failed.")),
    );
    Findings {
        checks,
        error: Some(error),
    }
}

fn consent_check(roles: &[String]) -> VerificationCheck {
    if roles.is_empty() {
        let message = "The application signs in, but holds no application permission.";
        let step = "Let an administrator of the directory grant consent to the application.";
        return CONSENT.issue(
            CheckReason::PermissionDenied,
            message.to_owned(),
            step.to_owned(),
        );
    }
    let mut check = CONSENT.pass(format!(
        "{} application permissions are granted.",
        roles.len()
    ));
    check.evidence = roles
        .iter()
        .map(|role| evidence("permission", role))
        .collect();
    check
}

fn permission_check(permission: &PermissionCheck, roles: &[String]) -> VerificationCheck {
    let held = roles
        .iter()
        .find(|role| permission.any_of.contains(&role.as_str()));
    if let Some(role) = held {
        return permission.subject.pass(format!("{role} is granted."));
    }
    let needed = permission.any_of.first().copied().unwrap_or_default();
    permission.subject.issue(
        CheckReason::PermissionDenied,
        format!("No permission for {} is granted.", permission.for_what),
        format!("Grant {needed} to the application and consent to it, then verify again."),
    )
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
