//! The situations of the contract matrix: facts in order, and every way in which they are not.

use domain::{
    capability::{Capability, Role},
    connection::{ConsentStatus, VerificationStatus},
    lifecycle::TenantLifecycle,
    operation::Habitat,
    run::DecisionPhase,
    schedule::ScheduleState,
};
use policy::{BulkState, ContextState, CredentialState, Facts, Standing, Switch};

use crate::facts::{
    Change, OTHER, grant, id, in_a_tenant, its_connection, its_schedule, its_tenant, person, slot,
};

/// A situation in words, and how facts in order come to be in it.
pub type Situation = (&'static str, Change);

/// All of them; the allowed path is the first.
pub const SITUATIONS: &[Situation] = &[
    ("everything in order", |_| {}),
    ("a later attempt, everything in order", |facts| {
        facts.run.attempt = 2;
        facts.run.phase = DecisionPhase::Rescue;
    }),
    ("initiator: the run names nobody", |facts| {
        facts.run.actor_id = None
    }),
    ("initiator: account gone", |facts| facts.actor = None),
    ("initiator: another person's row was read", |facts| {
        person(facts, |actor| actor.user_id = id(OTHER));
    }),
    ("initiator: disabled", |facts| {
        person(facts, |actor| actor.standing = Standing::Disabled);
    }),
    ("initiator: left the workspace", |facts| {
        person(facts, |actor| actor.workspace = None);
    }),
    ("initiator: left the tenant", |facts| {
        person(facts, |actor| actor.tenant = None)
    }),
    (
        "initiator: left the tenant, owner of the workspace",
        |facts| {
            person(facts, |actor| {
                actor.workspace = grant(Role::Owner, 1);
                actor.tenant = None;
            });
        },
    ),
    ("initiator: readonly in the tenant", |facts| {
        in_tenant(facts, Role::Readonly)
    }),
    (
        "initiator: readonly in the tenant, owner of the workspace",
        |facts| {
            person(facts, |actor| actor.workspace = grant(Role::Owner, 1));
            in_tenant(facts, Role::Readonly);
        },
    ),
    ("initiator: manager of the tenant", |facts| {
        in_tenant(facts, Role::Manager)
    }),
    ("initiator: owner of the tenant", |facts| {
        in_tenant(facts, Role::Owner)
    }),
    (
        "initiator: readonly in the workspace, owner of the tenant",
        |facts| {
            person(facts, |actor| actor.workspace = grant(Role::Readonly, 1));
            in_tenant(facts, Role::Owner);
        },
    ),
    (
        "initiator: lacks the capability attached at request",
        |facts| {
            facts.run.required_capability = Some(Capability::SettingsManage);
        },
    ),
    ("tenant: the run has none", |facts| {
        facts.run.tenant_id = None;
        facts.tenant = None;
    }),
    ("tenant: the run has one", in_a_tenant),
    ("tenant: gone", |facts| facts.tenant = None),
    ("tenant: another tenant's row was read", |facts| {
        its_tenant(facts, |tenant| tenant.tenant_id = id(OTHER));
    }),
    ("tenant: in another workspace", |facts| {
        its_tenant(facts, |tenant| tenant.workspace_id = id(OTHER));
    }),
    ("tenant: draft", |facts| {
        in_lifecycle(facts, TenantLifecycle::Draft)
    }),
    ("tenant: onboarding", |facts| {
        in_lifecycle(facts, TenantLifecycle::Onboarding)
    }),
    ("tenant: archived", |facts| {
        in_lifecycle(facts, TenantLifecycle::Archived)
    }),
    (
        "connection: the run names none, the tenant has one",
        |facts| {
            facts.run.connection_id = None;
        },
    ),
    ("connection: gone", |facts| facts.connection = None),
    ("connection: another one was read", |facts| {
        its_connection(facts, |connection| connection.connection_id = id(OTHER));
    }),
    ("connection: switched off", |facts| {
        its_connection(facts, |connection| connection.switch = Switch::Off);
    }),
    ("connection: consent never given", |facts| {
        consent(facts, ConsentStatus::Unknown)
    }),
    ("connection: consent withdrawn", |facts| {
        consent(facts, ConsentStatus::Revoked)
    }),
    ("connection: no credential", |facts| {
        its_connection(facts, |connection| {
            connection.credential = CredentialState::Missing
        });
    }),
    ("connection: never verified", |facts| {
        verified(facts, VerificationStatus::Unverified);
    }),
    ("connection: verified with findings", |facts| {
        verified(facts, VerificationStatus::Degraded);
    }),
    ("connection: verification failed", |facts| {
        verified(facts, VerificationStatus::Failed);
    }),
    ("schedule: as when its slot was queued", |facts| {
        its_schedule(facts, |_| {})
    }),
    ("schedule: edited since", |facts| {
        its_schedule(facts, |schedule| schedule.revision += 1);
    }),
    ("schedule: paused since", |facts| {
        its_schedule(facts, |schedule| {
            schedule.revision += 1;
            schedule.state = ScheduleState::Paused;
        });
    }),
    ("schedule: deleted since", |facts| {
        its_schedule(facts, |schedule| {
            schedule.revision += 1;
            schedule.state = ScheduleState::Deleted;
        });
    }),
    ("schedule: gone", |facts| facts.run.slot = Some(slot())),
    ("schedule: another one was read", |facts| {
        its_schedule(facts, |schedule| schedule.schedule_id = id(OTHER));
    }),
    ("schedule: edited while the run was under way", |facts| {
        its_schedule(facts, |schedule| schedule.revision += 1);
        facts.run.phase = DecisionPhase::Checkpoint;
    }),
    ("bulk: under way", |facts| {
        facts.bulk = Some(BulkState::UnderWay);
    }),
    ("bulk: over", |facts| facts.bulk = Some(BulkState::Over)),
    ("bulk: over while the run was under way", |facts| {
        facts.bulk = Some(BulkState::Over);
        facts.run.phase = DecisionPhase::Checkpoint;
    }),
    ("context: cannot be read", |facts| {
        facts.run.context = ContextState::Unreadable
    }),
    ("context: required capability unknown", |facts| {
        facts.run.required_capability = None;
    }),
    (
        "context: operation of the laboratory, in a database that people use",
        |facts| {
            facts.run.habitat = Habitat::Product;
            facts.run.operation_code = "lab.noop".to_owned();
        },
    ),
    ("context: operation code unknown", |facts| {
        facts.run.operation_code = "no.such.operation".to_owned();
    }),
];

fn in_tenant(facts: &mut Facts, role: Role) {
    person(facts, |actor| actor.tenant = grant(role, 1));
}

fn in_lifecycle(facts: &mut Facts, lifecycle: TenantLifecycle) {
    its_tenant(facts, |tenant| tenant.lifecycle = lifecycle);
}

fn consent(facts: &mut Facts, consent: ConsentStatus) {
    its_connection(facts, |connection| connection.consent = consent);
}

fn verified(facts: &mut Facts, verification: VerificationStatus) {
    its_connection(facts, |connection| connection.verification = verification);
}
