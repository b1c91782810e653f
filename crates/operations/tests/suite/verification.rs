//! `provider.connection.check` against a provider that misbehaves in every way (P-03, R-09).

use std::sync::Arc;

use domain::{
    connection::{ConsentStatus, VerificationStatus},
    run::RunOutcome,
    verification::{CheckReason, CheckStatus, Overall, VerificationCheck},
    views::RunView,
};
use graph_sandbox::FaultKind;
use store::Connection;

use crate::{
    play::on_both,
    world::{CHECK, SYNC, World},
};

on_both! {
    p03_a_sound_connection_is_verified,
    p03_sign_in_refusals_block_and_say_what_to_do,
    p03_missing_permissions_block_or_warn,
    p03_a_higher_permission_is_as_good_as_the_least,
    p03_a_mended_connection_can_be_verified_again,
    p02_a_withdrawn_consent_is_on_record_until_a_check_finds_it_again,
    p02_a_credential_of_another_key_is_not_sent,
}

pub async fn connection(world: &World) -> Connection {
    let tenant = world.access(0).await;
    let found = world.services.store().connection(&tenant).await.unwrap();
    found.unwrap()
}

pub fn check(view: &RunView, key: &str) -> VerificationCheck {
    let report = view.report.as_ref().unwrap();
    let found = report.checks.iter().find(|check| check.key == key);
    found.unwrap().clone()
}

/// What a failed verification must show, whatever went wrong.
pub fn failed_with(view: &RunView, reason: &str) {
    assert_eq!(view.state.outcome, RunOutcome::Failed, "{reason}");
    assert!(view.started_at.is_some());
    assert_eq!(view.failures[0].reason_code, reason);
    let report = view.report.as_ref().unwrap();
    assert_eq!(report.overall, Overall::Blocked, "{reason}");
    assert_eq!(
        report.checks[0].status,
        CheckStatus::Fail,
        "issues come first"
    );
    for issue in report
        .checks
        .iter()
        .filter(|c| c.status == CheckStatus::Fail)
    {
        assert!(!issue.next_steps.is_empty(), "{reason}: {}", issue.key);
    }
    assert_eq!(view.counts[0], ("Total".to_owned(), 11), "{reason}");
    assert_eq!(view.progress, Some((11, 11)));
    assert!(!view.redactions.is_empty(), "V-15");
}

async fn p03_a_sound_connection_is_verified(world: Arc<World>) {
    let view = world.work(0, CHECK).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    let report = view.report.as_ref().unwrap();
    assert_eq!(report.overall, Overall::Ready);
    assert_eq!(
        (report.counts.total, report.counts.pass, report.counts.warn),
        (11, 11, 0)
    );
    let sign_in = check(&view, "provider.connection.check");
    assert!(sign_in.message.contains(&world.sites[0].seed.display_name));
    assert_eq!(sign_in.evidence[0].value, world.sites[0].seed.tenant_id);
    let now = connection(&world).await;
    assert_eq!(now.verification, VerificationStatus::Healthy);
    assert_eq!(now.consent, ConsentStatus::Granted);
    assert_eq!(now.last_error_code, None);
    assert!(now.last_checked_at.is_some());
    assert_eq!(world.told(&world.owner, view.id).await, 1);
    let asked = world.asked_for(view.id);
    assert!(asked.iter().any(|entry| entry.path == "/v1.0/organization"));

    let again = world.work(0, CHECK).await;
    let (first, second) = (report, again.report.as_ref().unwrap());
    assert_eq!(first.fingerprint, second.fingerprint, "equal findings");
    assert!(first.generated_at <= second.generated_at);
}

async fn p03_sign_in_refusals_block_and_say_what_to_do(world: Arc<World>) {
    use CheckReason::{AuthenticationFailed, MissingConfiguration};
    for (fault, reason, found, word) in [
        (
            FaultKind::WrongSecret,
            "provider_auth_failed",
            AuthenticationFailed,
            "secret",
        ),
        (
            FaultKind::ExpiredSecret,
            "provider_credential_expired",
            AuthenticationFailed,
            "new client secret",
        ),
        (
            FaultKind::ConsentRevoked,
            "provider_consent_missing",
            MissingConfiguration,
            "consent",
        ),
    ] {
        world.break_for(0, "", fault);
        let view = world.work(0, CHECK).await;
        failed_with(&view, reason);
        let sign_in = check(&view, "provider.connection.check");
        assert_eq!(sign_in.reason_code, found, "{reason}");
        assert!(sign_in.next_steps[0].contains(word), "{reason}");
        assert!(
            sign_in
                .evidence
                .iter()
                .any(|e| e.value.starts_with("AADSTS"))
        );
        let skipped = check(&view, "permissions.directory_groups");
        assert_eq!(skipped.status, CheckStatus::Skip, "{reason}");
        let consent = check(&view, "permissions.admin_consent").status;
        let is_about_consent = reason == "provider_consent_missing";
        assert_eq!(consent == CheckStatus::Fail, is_about_consent, "{reason}");
        let now = connection(&world).await;
        assert_eq!(now.verification, VerificationStatus::Failed, "{reason}");
        let consent = match is_about_consent {
            true => ConsentStatus::Revoked,
            // A refused secret says nothing about consent.
            false => ConsentStatus::Granted,
        };
        assert_eq!(now.consent, consent, "{reason}");
        assert_eq!(now.last_error_code.as_deref(), Some(reason));
        world.sandbox.faults().clear();
    }
}

async fn p03_missing_permissions_block_or_warn(world: Arc<World>) {
    let remove = |role: &str| FaultKind::RemoveRole {
        role: role.to_owned(),
    };
    world.break_for(0, "", remove("DeviceManagementApps.Read.All"));
    let warned = world.work(0, CHECK).await;
    assert_eq!(warned.state.outcome, RunOutcome::Succeeded, "not blocking");
    assert_eq!(
        check(&warned, "permissions.intune_apps").status,
        CheckStatus::Warn
    );

    world.break_for(0, "", remove("Group.Read.All"));
    let view = world.work(0, CHECK).await;
    failed_with(&view, "provider_permission_denied");
    let groups = check(&view, "permissions.directory_groups");
    assert_eq!(groups.reason_code, CheckReason::PermissionDenied);
    assert!(groups.next_steps[0].contains("GroupMember.Read.All"));
    assert_eq!(view.failures[0].code, "permissions.directory_groups");
    let now = connection(&world).await;
    assert_eq!(now.verification, VerificationStatus::Failed);
    assert_eq!(
        now.last_error_code.as_deref(),
        Some("provider_permission_denied")
    );

    // What needs a verified connection is refused from then on, and says why.
    let tenant = world.sites[0].id();
    let sync = world
        .services
        .start(&world.owner, &tenant, SYNC)
        .await
        .unwrap();
    let sync = world.view(sync.run_id).await;
    assert_eq!(sync.state.outcome, RunOutcome::Blocked);
    assert!(
        sync.explanation
            .unwrap()
            .next_step
            .contains("Verify the connection")
    );
}

async fn p03_a_higher_permission_is_as_good_as_the_least(world: Arc<World>) {
    let tenant = &world.sites[0].seed.tenant_id;
    let pairs = [
        ("Group.Read.All", "Directory.Read.All"),
        ("Organization.Read.All", "Directory.Read.All"),
        ("RoleManagement.Read.Directory", "Directory.Read.All"),
    ];
    let of_intune = ["Apps", "Configuration", "ManagedDevices", "RBAC"]
        .into_iter()
        .chain(["Scripts", "ServiceConfig"])
        .map(|part| {
            let name = |right: &str| format!("DeviceManagement{part}.{right}.All");
            (name("Read"), name("ReadWrite"))
        });
    let pairs = pairs.map(|(least, higher)| (least.to_owned(), higher.to_owned()));
    for (least, higher) in pairs.into_iter().chain(of_intune) {
        assert!(world.sandbox.grant(tenant, &higher), "{higher}");
        world.break_for(0, "", FaultKind::RemoveRole { role: least });
    }
    let view = world.work(0, CHECK).await;
    let report = view.report.as_ref().unwrap();
    assert_eq!(report.overall, Overall::Ready, "{report:#?}");
    let roles = check(&view, "permissions.directory_roles");
    assert_eq!(roles.message, "Directory.Read.All is granted.");
    // And what the report says is what the provider does.
    let synced = world.work(0, SYNC).await;
    assert_eq!(synced.state.outcome, RunOutcome::Succeeded, "{synced:#?}");
    assert!(synced.items.iter().all(|item| item.outcome == "succeeded"));

    // Where none is held, the least one is named.
    world.break_for(
        0,
        "",
        FaultKind::RemoveRole {
            role: "Directory.Read.All".to_owned(),
        },
    );
    let view = world.work(0, CHECK).await;
    let step = &check(&view, "permissions.directory_roles").next_steps[0];
    assert!(
        step.contains("Grant RoleManagement.Read.Directory to"),
        "{step}"
    );
}

async fn p03_a_mended_connection_can_be_verified_again(world: Arc<World>) {
    for fault in [FaultKind::ConsentRevoked, FaultKind::WrongSecret] {
        world.break_for(0, "", fault);
        assert_eq!(world.work(0, CHECK).await.state.outcome, RunOutcome::Failed);
        world.sandbox.faults().clear();
        let view = world.work(0, CHECK).await;
        assert_eq!(
            view.state.outcome,
            RunOutcome::Succeeded,
            "a person can get out of it"
        );
        let now = connection(&world).await;
        assert_eq!(
            (now.verification, now.last_error_code),
            (VerificationStatus::Healthy, None)
        );
    }
}

async fn p02_a_withdrawn_consent_is_on_record_until_a_check_finds_it_again(world: Arc<World>) {
    world.break_for(0, "", FaultKind::ConsentRevoked);
    world.work(0, CHECK).await;
    assert_eq!(connection(&world).await.consent, ConsentStatus::Revoked);
    world.sandbox.faults().clear();

    // The tenant's page offers the check, and what needs consent is refused with the way out.
    let tenant = world.sites[0].id();
    let page = world
        .services
        .tenant_page(&world.owner, &tenant, None, None)
        .await;
    let page = crate::world::changed(page);
    assert_eq!(page.connection.unwrap().consent, ConsentStatus::Revoked);
    assert!(page.starts.iter().all(|s| s.disabled_because.is_none()));
    let refused = world
        .services
        .start(&world.owner, &tenant, SYNC)
        .await
        .unwrap();
    let refused = world.view(refused.run_id).await;
    assert_eq!(refused.state.outcome, RunOutcome::Blocked);
    assert_eq!(
        refused.decisions[0].reason_detail.as_deref(),
        Some("provider_consent_missing")
    );
    let next_step = refused.explanation.unwrap().next_step;
    assert!(next_step.contains("verify the connection"), "{next_step}");

    let checked = world.work(0, CHECK).await;
    assert_eq!(checked.state.outcome, RunOutcome::Succeeded);
    assert_eq!(connection(&world).await.consent, ConsentStatus::Granted);
    let synced = world.work(0, SYNC).await;
    assert_eq!(synced.state.outcome, RunOutcome::Succeeded);
}

async fn p02_a_credential_of_another_key_is_not_sent(world: Arc<World>) {
    let tenant = world.access(0).await;
    let connection = connection(&world).await;
    let secret = world.sites[0].seed.client_secret.clone();
    let foreign = operations::MasterKey::of([9; 32]);
    let sealed = foreign.seal(connection.id, &secret.into()).unwrap();
    let store = world.services.store();
    store
        .credential_store(&world.owner, &tenant, connection.id, sealed)
        .await
        .unwrap();
    let view = world.work(0, CHECK).await;
    assert_eq!(view.state.outcome, RunOutcome::Failed);
    assert_eq!(view.failures[0].reason_code, "provider_credential_missing");
    assert!(view.report.is_none());
    assert!(world.asked_for(view.id).is_empty());
}
