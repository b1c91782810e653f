//! L-05 and L-06: in whose name a run starts.

use domain::{
    capability::Role,
    decision::{CheckResult, IdentityType},
    lifecycle::TenantLifecycle,
    operation::OperationType,
    reason::{ReasonCode, ReasonDetail},
    run::AuthorityMode,
};
use policy::{Standing, Switch};

use crate::facts::{
    Change, OTHER, actor, check, columns, decision, grant, id, in_order, is_allowed,
    its_connection, its_tenant, person, refusal, sync_by_person, sync_by_system, with,
};

/// Every way in which a person can be gone.
const GONE: &[(Change, ReasonCode)] = &[
    (|facts| facts.actor = None, ReasonCode::InitiatorMissing),
    (
        |facts| facts.run.actor_id = None,
        ReasonCode::InitiatorMissing,
    ),
    (
        |facts| {
            facts.run.actor_id = None;
            facts.actor = None;
        },
        ReasonCode::InitiatorMissing,
    ),
    (
        |facts| person(facts, |actor| actor.standing = Standing::Disabled),
        ReasonCode::InitiatorNotEntitled,
    ),
    (
        |facts| person(facts, |actor| actor.workspace = None),
        ReasonCode::InitiatorNotEntitled,
    ),
];

#[test]
fn l05_a_missing_disabled_or_removed_person_is_refused() {
    for operation in OperationType::ALL {
        for (gone, code) in GONE {
            let facts = with(in_order(*operation, AuthorityMode::ActorBound), gone);
            assert_eq!(refusal(&facts), Some((*code, None)));
        }
    }
}

#[test]
fn l05_a_refused_person_never_falls_back_to_the_system() {
    // Inventory sync is on the system's list, so a fall-back would let it through.
    assert!(is_allowed(&sync_by_system()));
    for (gone, _) in GONE {
        let decision = decision(&with(sync_by_person(), gone));
        assert!(!decision.allowed);
        assert_eq!(decision.authority_mode, AuthorityMode::ActorBound);
        assert_eq!(decision.initiator.identity_type, IdentityType::User);
        assert_ne!(check(&decision, "capability"), CheckResult::NotApplicable);
    }
}

#[test]
fn l05_another_persons_row_is_no_row() {
    let mut stranger = actor();
    stranger.user_id = id(OTHER);
    stranger.workspace = grant(Role::Owner, 1);
    stranger.tenant = grant(Role::Owner, 1);
    let decision = decision(&with(sync_by_person(), |facts| {
        facts.actor = Some(stranger)
    }));
    assert_eq!(decision.reason_code, Some(ReasonCode::InitiatorMissing));
    assert_eq!(decision.evidence.user_version, None);
    assert_eq!(decision.evidence.tenant_membership_version, None);
}

#[test]
fn l06_the_system_starts_only_what_is_on_its_list() {
    for (operation, authority) in columns() {
        if authority == AuthorityMode::ActorBound {
            continue;
        }
        let expected = (!operation.allows_system_authority())
            .then_some((ReasonCode::SystemAuthorityNotAllowed, None));
        assert_eq!(refusal(&in_order(operation, authority)), expected);
    }
    let listed: Vec<_> = OperationType::ALL
        .iter()
        .filter(|operation| operation.allows_system_authority())
        .collect();
    assert_eq!(listed, [&OperationType::InventorySync]);
}

#[test]
fn l06_a_person_in_the_facts_lends_the_system_nothing() {
    let mut owner = actor();
    owner.tenant = grant(Role::Owner, 1);
    let facts = in_order(
        OperationType::ConnectionCheck,
        AuthorityMode::SystemAuthority,
    );
    assert_eq!(
        refusal(&with(facts, |facts| {
            facts.run.actor_id = Some(owner.user_id);
            facts.actor = Some(owner);
        })),
        Some((ReasonCode::SystemAuthorityNotAllowed, None))
    );
}

#[test]
fn l06_the_system_still_passes_scope_operability_and_prerequisites() {
    let cases: [(Change, ReasonCode, Option<ReasonDetail>); 6] = [
        (
            |facts| its_tenant(facts, |tenant| tenant.workspace_id = id(OTHER)),
            ReasonCode::WorkspaceMismatch,
            None,
        ),
        (|facts| facts.tenant = None, ReasonCode::TenantMissing, None),
        (
            |facts| its_tenant(facts, |tenant| tenant.lifecycle = TenantLifecycle::Archived),
            ReasonCode::TenantNotOperable,
            None,
        ),
        (
            |facts| facts.connection = None,
            ReasonCode::ProviderConnectionInvalid,
            Some(ReasonDetail::ConnectionMissing),
        ),
        (
            |facts| its_connection(facts, |connection| connection.switch = Switch::Off),
            ReasonCode::ProviderConnectionInvalid,
            Some(ReasonDetail::ConnectionDisabled),
        ),
        (
            |facts| facts.run.required_capability = None,
            ReasonCode::ExecutionPrerequisiteInvalid,
            Some(ReasonDetail::ContextInvalid),
        ),
    ];
    for (change, code, detail) in cases {
        assert_eq!(
            refusal(&with(sync_by_system(), change)),
            Some((code, detail))
        );
    }
}

#[test]
fn l01_a_decision_about_the_system_names_no_capability() {
    let decision = decision(&sync_by_system());
    assert!(decision.allowed);
    assert_eq!(decision.initiator.identity_type, IdentityType::System);
    assert_eq!(decision.required_capability, None);
    assert_eq!(check(&decision, "capability"), CheckResult::NotApplicable);
}

#[test]
fn l08_a_later_attempt_is_decided_anew() {
    let rescued = with(sync_by_person(), |facts| {
        facts.run.attempt = 2;
        facts.run.phase = domain::run::DecisionPhase::Rescue;
    });
    let allowed = decision(&rescued);
    assert_eq!((allowed.allowed, allowed.attempt), (true, 2));
    let revoked = with(rescued, |facts| person(facts, |actor| actor.tenant = None));
    assert_eq!(
        refusal(&revoked),
        Some((ReasonCode::TenantNotEntitled, None))
    );
}
