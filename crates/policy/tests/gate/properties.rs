//! What holds for any facts at all.

use domain::{
    capability::{Capability, Role},
    connection::{ConsentStatus, VerificationStatus},
    decision::{CheckResult, LegitimacyDecision},
    ids::ScopeId,
    lifecycle::TenantLifecycle,
    operation::{ConnectionNeed, Habitat, OperationType},
    run::{AuthorityMode, DecisionPhase},
    schedule::ScheduleState,
    time::Timestamp,
};
use policy::{
    ActorFacts, BulkState, ConnectionFacts, ContextState, CredentialState, Facts, GrantFacts,
    RunFacts, ScheduleFacts, SlotFacts, Standing, Switch, TenantFacts,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::{
    facts::{
        CONNECTION, Change, OTHER, RUN, SCHEDULE, TENANT, USER, WORKSPACE, decision, id,
        is_allowed, slot, with,
    },
    faults::FAULTS,
};

/// Mostly the usual id, sometimes another.
fn number(usual: u32) -> impl Strategy<Value = u32> {
    prop_oneof![9 => Just(usual), 1 => Just(OTHER)]
}

/// Mostly there, sometimes missing.
fn mostly<S: Strategy>(inner: S) -> impl Strategy<Value = Option<S::Value>>
where
    S::Value: Clone,
{
    option::weighted(0.9, inner)
}

/// Mostly the first, sometimes any of the others.
fn usually<T: Copy + std::fmt::Debug + 'static>(
    first: T,
    others: &'static [T],
) -> impl Strategy<Value = T> {
    prop_oneof![4 => Just(first), 1 => select(others)]
}

fn grant() -> impl Strategy<Value = Option<GrantFacts>> {
    mostly((select(Role::ALL), 1..100_i64))
        .prop_map(|grant| grant.map(|(role, version)| GrantFacts { role, version }))
}

fn actor() -> impl Strategy<Value = ActorFacts> {
    let standing = usually(Standing::Enabled, &[Standing::Disabled]);
    (number(USER), standing, 1..100_i64, grant(), grant()).prop_map(
        |(user, standing, version, workspace, tenant)| ActorFacts {
            user_id: id(user),
            standing,
            version,
            workspace,
            tenant,
        },
    )
}

fn tenant() -> impl Strategy<Value = TenantFacts> {
    let lifecycle = usually(TenantLifecycle::Active, TenantLifecycle::ALL);
    (number(TENANT), number(WORKSPACE), lifecycle, 1..100_i64).prop_map(
        |(tenant, workspace, lifecycle, version)| TenantFacts {
            tenant_id: id(tenant),
            workspace_id: id(workspace),
            lifecycle,
            version,
        },
    )
}

fn connection() -> impl Strategy<Value = ConnectionFacts> {
    (
        number(CONNECTION),
        usually(Switch::On, &[Switch::Off]),
        usually(ConsentStatus::Granted, ConsentStatus::ALL),
        usually(VerificationStatus::Healthy, VerificationStatus::ALL),
        usually(CredentialState::Stored, &[CredentialState::Missing]),
        1..100_i64,
    )
        .prop_map(
            |(connection, switch, consent, verification, credential, version)| ConnectionFacts {
                connection_id: id(connection),
                switch,
                consent,
                verification,
                credential,
                version,
            },
        )
}

fn code() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => select(OperationType::ALL).prop_map(|operation| operation.as_str().to_owned()),
        1 => "[a-z._]{0,20}",
    ]
}

fn run() -> impl Strategy<Value = RunFacts> {
    let what = (
        (code(), usually(Habitat::Laboratory, &[Habitat::Product])),
        select(AuthorityMode::ALL),
        mostly(select(Capability::ALL)),
        usually(ContextState::Readable, &[ContextState::Unreadable]),
        select(DecisionPhase::ALL),
    );
    let whose = (
        mostly(number(TENANT)),
        mostly(number(USER)),
        mostly(number(CONNECTION)),
    );
    (what, whose, 1..9_i64, any::<i64>()).prop_map(|(what, whose, attempt, now)| {
        let ((operation_code, habitat), authority, required_capability, context, phase) = what;
        let (tenant, actor, connection) = whose;
        let tenant_id = tenant.map(id);
        RunFacts {
            id: id(RUN),
            attempt,
            workspace_id: id(WORKSPACE),
            tenant_id,
            scope_id: ScopeId::of(id(WORKSPACE), tenant_id),
            habitat,
            operation_code,
            authority,
            actor_id: actor.map(id),
            required_capability,
            connection_id: connection.map(id),
            slot: None,
            context,
            phase,
            now: Timestamp(now),
        }
    })
}

/// Half of the runs fill a slot, most of these one that is current.
fn slot_and_schedule() -> impl Strategy<Value = (Option<SlotFacts>, Option<ScheduleFacts>)> {
    let schedule = (
        number(SCHEDULE),
        usually(16, &[15, 17]),
        usually(
            ScheduleState::Active,
            &[ScheduleState::Paused, ScheduleState::Deleted],
        ),
    );
    let schedule = schedule.prop_map(|(schedule, revision, state)| ScheduleFacts {
        schedule_id: id(schedule),
        revision,
        state,
    });
    (option::of(Just(slot())), mostly(schedule))
}

/// Any facts, most of them near to being in order.
fn facts() -> impl Strategy<Value = Facts> {
    (
        run(),
        mostly(actor()),
        mostly(tenant()),
        mostly(connection()),
        slot_and_schedule(),
        option::of(usually(BulkState::UnderWay, &[BulkState::Over])),
    )
        .prop_map(
            |(run, actor, tenant, connection, (slot, schedule), bulk)| Facts {
                run: RunFacts { slot, ..run },
                actor,
                tenant,
                connection,
                schedule,
                bulk,
            },
        )
}

/// The rule said a second time, as one condition without codes or order.
fn lawful(facts: &Facts) -> bool {
    let run = &facts.run;
    let Some(operation) = OperationType::parse_in(run.habitat, &run.operation_code) else {
        return false;
    };
    let Some(required) = run.required_capability else {
        return false;
    };
    let spec = operation.spec();
    let of_tenant = operation != OperationType::BulkConnectionCheck;
    let authority = match run.authority {
        AuthorityMode::SystemAuthority => operation == OperationType::InventorySync,
        AuthorityMode::ActorBound => facts.actor.as_ref().is_some_and(|actor| {
            let grant = if of_tenant {
                actor.tenant
            } else {
                actor.workspace
            };
            Some(actor.user_id) == run.actor_id
                && actor.standing == Standing::Enabled
                && actor.workspace.is_some()
                && grant.is_some_and(|grant| {
                    grant.role.holds(required) && grant.role.holds(spec.start_capability)
                })
        }),
    };
    let place = if of_tenant {
        is_usable_tenant(facts, operation)
    } else {
        run.tenant_id.is_none()
    };
    let is_waited_for =
        facts.bulk != Some(BulkState::Over) || run.phase == DecisionPhase::Checkpoint;
    authority
        && place
        && is_current(facts)
        && is_waited_for
        && run.context == ContextState::Readable
}

fn is_usable_tenant(facts: &Facts, operation: OperationType) -> bool {
    let (run, spec) = (&facts.run, operation.spec());
    let (Some(tenant), Some(connection)) = (&facts.tenant, &facts.connection) else {
        return false;
    };
    let target = Some(tenant.tenant_id) == run.tenant_id
        && tenant.workspace_id == run.workspace_id
        && tenant.lifecycle.allows(spec.operability);
    let usable = run
        .connection_id
        .is_none_or(|asked| asked == connection.connection_id)
        && connection.switch == Switch::On
        && connection.credential == CredentialState::Stored
        && (spec.connection == ConnectionNeed::Configured
            || (connection.consent == ConsentStatus::Granted
                && connection.verification.is_usable()));
    target && usable
}

fn is_current(facts: &Facts) -> bool {
    let run = &facts.run;
    match (run.slot, facts.schedule) {
        (None, _) => true,
        (Some(_), _) if run.phase == DecisionPhase::Checkpoint => true,
        (Some(_), None) => false,
        (Some(slot), Some(schedule)) => {
            slot.schedule_id == schedule.schedule_id
                && slot.revision == schedule.revision
                && schedule.state == ScheduleState::Active
        }
    }
}

/// Whether the run is of a type that works in a tenant, or of none that is known.
fn may_need_a_tenant(facts: &Facts) -> bool {
    facts.run.operation_code != OperationType::BulkConnectionCheck.as_str()
}

/// Every fact that can be missing, with the authority modes that need it.
const MISSING: &[(Change, &[AuthorityMode])] = &[
    (|facts| facts.actor = None, &[AuthorityMode::ActorBound]),
    (
        |facts| facts.run.actor_id = None,
        &[AuthorityMode::ActorBound],
    ),
    (
        |facts| crate::facts::person(facts, |actor| actor.workspace = None),
        &[AuthorityMode::ActorBound],
    ),
    (
        |facts| facts.run.required_capability = None,
        AuthorityMode::ALL,
    ),
    (|facts| facts.run.operation_code.clear(), AuthorityMode::ALL),
];

/// The same of what works in a tenant.
const MISSING_OF_A_TENANT: &[(Change, &[AuthorityMode])] = &[
    (
        |facts| crate::facts::person(facts, |actor| actor.tenant = None),
        &[AuthorityMode::ActorBound],
    ),
    (|facts| facts.tenant = None, AuthorityMode::ALL),
    (|facts| facts.run.tenant_id = None, AuthorityMode::ALL),
    (|facts| facts.connection = None, AuthorityMode::ALL),
];

/// Faults of a run whatever it belongs to.
const FAULTS_ANYWHERE: [&str; 7] = [
    "initiator gone",
    "initiator disabled",
    "initiator left the workspace",
    "type not on the allow-list",
    "schedule edited since",
    "context unreadable",
    "required capability unknown",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn l03_the_gate_allows_exactly_what_is_lawful(facts in facts()) {
        prop_assert_eq!(is_allowed(&facts), lawful(&facts));
    }

    #[test]
    fn l03_no_facts_with_a_tripped_switch_are_allowed(
        facts in facts(),
        faults in vec(0..FAULTS.len(), 1..4),
    ) {
        let tripped = faults
            .iter()
            .filter_map(|at| FAULTS.get(*at))
            .filter(|fault| fault.modes.contains(&facts.run.authority))
            .filter(|fault| may_need_a_tenant(&facts) || FAULTS_ANYWHERE.contains(&fault.name))
            // What a verification finds is a fault only where a verification is asked for.
            .filter(|fault| {
                !["consent withdrawn", "connection not verified"].contains(&fault.name)
                    || facts.run.operation_code == OperationType::InventorySync.as_str()
            })
            // Another id is a fault only for a run that names one, and is not the odd one itself.
            .filter(|fault| {
                fault.name != "connection of another id"
                    || facts.run.connection_id.is_some_and(|asked| asked != id(OTHER))
            });
        let mut count = 0;
        let spoilt = tripped.fold(facts.clone(), |facts, fault| {
            count += 1;
            with(facts, fault.trip)
        });
        prop_assume!(count > 0);
        prop_assert!(!is_allowed(&spoilt));
    }

    #[test]
    fn l04_missing_facts_never_allow(facts in facts()) {
        let of_a_tenant = MISSING_OF_A_TENANT.iter().filter(|_| may_need_a_tenant(&facts));
        for (remove, modes) in MISSING.iter().chain(of_a_tenant) {
            if modes.contains(&facts.run.authority) {
                prop_assert!(!is_allowed(&with(facts.clone(), remove)));
            }
        }
    }

    #[test]
    fn l01_allowed_means_that_no_check_failed(facts in facts()) {
        let decision = decision(&facts);
        let failed = decision
            .checks
            .named()
            .into_iter()
            .any(|(_, found)| found == CheckResult::Failed);
        prop_assert_eq!(decision.allowed, !failed);
        prop_assert_eq!(decision.allowed, decision.reason_code.is_none());
        prop_assert_eq!(decision.denial_class, decision.reason_code.map(|code| code.class()));
        prop_assert_eq!(
            decision.retryable,
            decision.denial_class.is_some_and(|class| class.is_retryable())
        );
    }

    #[test]
    fn l12_a_decision_survives_being_stored(facts in facts()) {
        let decision = decision(&facts);
        let stored = serde_json::to_string(&decision).expect("a decision is JSON");
        let read: LegitimacyDecision = serde_json::from_str(&stored).expect("and comes back");
        prop_assert_eq!(read, decision);
    }

    #[test]
    fn l16_any_decision_is_valid_by_the_schema(facts in facts()) {
        crate::schema::assert_valid(&decision(&facts));
    }
}
