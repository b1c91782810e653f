//! Every fault the gate knows, in the order of L-18, each as a change to facts in order.

use domain::{
    capability::Role,
    connection::{ConsentStatus, VerificationStatus},
    lifecycle::TenantLifecycle,
    operation::OperationType,
    reason::{ReasonCode, ReasonDetail},
    run::{AuthorityMode, DecisionPhase},
};
use policy::{BulkState, ContextState, CredentialState, Standing, Switch};

use crate::facts::{Change, OTHER, grant, id, its_connection, its_schedule, its_tenant, person};

/// One thing that is not in order.
pub struct Fault {
    /// What it is, in words.
    pub name: &'static str,
    /// The code and detail it gives when nothing earlier fails.
    pub code: (ReasonCode, Option<ReasonDetail>),
    /// The check that records it.
    pub check: &'static str,
    /// Checks that cannot pass either when this fails.
    pub implies: &'static [&'static str],
    /// The authority modes under which it is a fault.
    pub modes: &'static [AuthorityMode],
    /// Faults that cannot be there at the same time.
    pub excludes: &'static [&'static str],
    /// Makes it so.
    pub trip: Change,
}

const PERSON: &[AuthorityMode] = &[AuthorityMode::ActorBound];
const SYSTEM: &[AuthorityMode] = &[AuthorityMode::SystemAuthority];
const BOTH: &[AuthorityMode] = AuthorityMode::ALL;

const fn invalid_connection(detail: ReasonDetail) -> (ReasonCode, Option<ReasonDetail>) {
    (ReasonCode::ProviderConnectionInvalid, Some(detail))
}

const CONTEXT: (ReasonCode, Option<ReasonDetail>) = (
    ReasonCode::ExecutionPrerequisiteInvalid,
    Some(ReasonDetail::ContextInvalid),
);

/// Every fault, earliest first; made for an inventory sync, which knows every check.
pub const FAULTS: &[Fault] = &[
    Fault {
        name: "initiator gone",
        code: (ReasonCode::InitiatorMissing, None),
        check: "workspace_scope",
        implies: &["tenant_scope", "capability"],
        modes: PERSON,
        excludes: &[],
        trip: |facts| facts.run.actor_id = None,
    },
    Fault {
        name: "initiator disabled",
        code: (ReasonCode::InitiatorNotEntitled, None),
        check: "workspace_scope",
        implies: &[],
        modes: PERSON,
        excludes: &[],
        trip: |facts| person(facts, |actor| actor.standing = Standing::Disabled),
    },
    Fault {
        name: "initiator left the workspace",
        code: (ReasonCode::InitiatorNotEntitled, None),
        check: "workspace_scope",
        implies: &[],
        modes: PERSON,
        excludes: &[],
        trip: |facts| person(facts, |actor| actor.workspace = None),
    },
    Fault {
        name: "type not on the allow-list",
        code: (ReasonCode::SystemAuthorityNotAllowed, None),
        check: "workspace_scope",
        implies: &[],
        modes: SYSTEM,
        // The one type that is not listed does not ask for what it is there to find out.
        excludes: &["consent withdrawn", "connection not verified"],
        trip: |facts| {
            facts.run.operation_code = OperationType::ConnectionCheck.as_str().to_owned();
        },
    },
    Fault {
        name: "tenant in another workspace",
        code: (ReasonCode::WorkspaceMismatch, None),
        check: "workspace_scope",
        implies: &[],
        modes: BOTH,
        // A row that is gone is in no workspace.
        excludes: &["tenant gone"],
        trip: |facts| its_tenant(facts, |tenant| tenant.workspace_id = id(OTHER)),
    },
    Fault {
        name: "tenant gone",
        code: (ReasonCode::TenantMissing, None),
        check: "tenant_scope",
        implies: &["tenant_operability"],
        modes: BOTH,
        excludes: &[],
        trip: |facts| facts.tenant = None,
    },
    Fault {
        name: "initiator left the tenant",
        code: (ReasonCode::TenantNotEntitled, None),
        check: "tenant_scope",
        implies: &["capability"],
        modes: PERSON,
        excludes: &[],
        trip: |facts| person(facts, |actor| actor.tenant = None),
    },
    Fault {
        name: "capability taken away",
        code: (ReasonCode::MissingCapability, None),
        check: "capability",
        implies: &[],
        modes: PERSON,
        excludes: &[],
        trip: |facts| {
            person(facts, |actor| {
                actor.tenant = actor.tenant.and(grant(Role::Readonly, 14));
            });
        },
    },
    Fault {
        name: "tenant archived",
        code: (ReasonCode::TenantNotOperable, None),
        check: "tenant_operability",
        implies: &[],
        modes: BOTH,
        excludes: &[],
        trip: |facts| its_tenant(facts, |tenant| tenant.lifecycle = TenantLifecycle::Archived),
    },
    Fault {
        name: "connection of another id",
        code: invalid_connection(ReasonDetail::ConnectionMissing),
        check: "execution_prerequisites",
        implies: &[],
        modes: BOTH,
        excludes: &[],
        trip: |facts| its_connection(facts, |connection| connection.connection_id = id(OTHER)),
    },
    Fault {
        name: "connection switched off",
        code: invalid_connection(ReasonDetail::ConnectionDisabled),
        check: "execution_prerequisites",
        implies: &[],
        modes: BOTH,
        excludes: &[],
        trip: |facts| its_connection(facts, |connection| connection.switch = Switch::Off),
    },
    Fault {
        name: "consent withdrawn",
        code: invalid_connection(ReasonDetail::ConsentMissing),
        check: "execution_prerequisites",
        implies: &[],
        modes: BOTH,
        excludes: &[],
        trip: |facts| {
            its_connection(facts, |connection| {
                connection.consent = ConsentStatus::Revoked
            });
        },
    },
    Fault {
        name: "credential gone",
        code: invalid_connection(ReasonDetail::CredentialMissing),
        check: "execution_prerequisites",
        implies: &[],
        modes: BOTH,
        excludes: &[],
        trip: |facts| {
            its_connection(facts, |connection| {
                connection.credential = CredentialState::Missing;
            });
        },
    },
    Fault {
        name: "connection not verified",
        code: invalid_connection(ReasonDetail::NotVerified),
        check: "execution_prerequisites",
        implies: &[],
        modes: BOTH,
        excludes: &[],
        trip: |facts| {
            its_connection(facts, |connection| {
                connection.verification = VerificationStatus::Failed;
            });
        },
    },
    Fault {
        name: "schedule edited since",
        code: (
            ReasonCode::ExecutionPrerequisiteInvalid,
            Some(ReasonDetail::ScheduleRevisionStale),
        ),
        check: "execution_prerequisites",
        implies: &[],
        modes: BOTH,
        excludes: &[],
        trip: |facts| {
            facts.run.phase = DecisionPhase::Start;
            its_schedule(facts, |schedule| schedule.revision += 1);
        },
    },
    Fault {
        name: "its bulk is over",
        code: (
            ReasonCode::ExecutionPrerequisiteInvalid,
            Some(ReasonDetail::BulkOver),
        ),
        check: "execution_prerequisites",
        implies: &[],
        modes: BOTH,
        excludes: &[],
        trip: |facts| {
            facts.run.phase = DecisionPhase::Start;
            facts.bulk = Some(BulkState::Over);
        },
    },
    Fault {
        name: "context unreadable",
        code: CONTEXT,
        check: "execution_prerequisites",
        implies: &[],
        modes: BOTH,
        excludes: &[],
        trip: |facts| facts.run.context = ContextState::Unreadable,
    },
    Fault {
        name: "required capability unknown",
        code: CONTEXT,
        check: "execution_prerequisites",
        implies: &[],
        modes: BOTH,
        excludes: &[],
        trip: |facts| facts.run.required_capability = None,
    },
];

/// Whether two faults can be there at the same time under this authority.
pub fn can_meet(earlier: &Fault, later: &Fault, authority: AuthorityMode) -> bool {
    earlier.modes.contains(&authority)
        && later.modes.contains(&authority)
        && !earlier.excludes.contains(&later.name)
        && !later.excludes.contains(&earlier.name)
}
