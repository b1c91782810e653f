//! The gate's decision about one attempt of one run (L-01, L-02, L-18).

use domain::{
    decision::{
        CheckResult, Checks, Evidence, IdentityType, Initiator, LegitimacyDecision, TargetScope,
    },
    lifecycle::Operability,
    operation::{OperationSpec, OperationType},
    reason::{ReasonCode, ReasonDetail},
    run::AuthorityMode,
};

use crate::{
    facts::{Facts, Standing},
    permit::{Permit, Refusal, Ruling},
    prerequisites::{Fault, first_fault},
};

/// Decides whether a run may start now.
///
/// Every check is evaluated and recorded; the first that fails, in the order of L-18, gives the reason.
pub fn decide(facts: &Facts) -> Ruling {
    let operation = facts.run.operation();
    let spec = operation.map(OperationType::spec);
    let findings = Findings::of(facts, spec);
    let fault = findings.first();
    let decision = record(facts, &findings, fault);
    match (fault, operation) {
        (None, Some(operation)) => Ruling::Allowed(Permit::new(facts, operation, decision)),
        (Some((code, detail)), _) => Ruling::Refused(Refusal::new(facts, decision, code, detail)),
        // `first` names an unknown operation as a fault, so this arm refuses what cannot be.
        (None, None) => Ruling::Refused(Refusal::new(
            facts,
            decision,
            ReasonCode::ExecutionPrerequisiteInvalid,
            Some(ReasonDetail::ContextInvalid),
        )),
    }
}

/// What each check found: a fault, or nothing.
struct Findings {
    initiator: Option<Fault>,
    workspace: Option<Fault>,
    tenant: Option<Fault>,
    capability: Option<Fault>,
    operability: Option<Fault>,
    prerequisites: Option<Fault>,
    authority: AuthorityMode,
    has_tenant: bool,
}

impl Findings {
    fn of(facts: &Facts, spec: Option<&OperationSpec>) -> Self {
        Self {
            initiator: initiator_fault(facts).map(bare),
            workspace: workspace_fault(facts).map(bare),
            tenant: tenant_fault(facts).map(bare),
            capability: capability_fault(facts).map(bare),
            operability: operability_fault(facts, spec).map(bare),
            prerequisites: first_fault(facts, spec),
            authority: facts.run.authority,
            has_tenant: facts.run.tenant_id.is_some(),
        }
    }

    fn first(&self) -> Option<Fault> {
        self.initiator
            .or(self.workspace)
            .or(self.tenant)
            .or(self.capability)
            .or(self.operability)
            .or(self.prerequisites)
    }

    fn checks(&self) -> Checks {
        let found = |fault: Option<Fault>| match fault {
            None => CheckResult::Passed,
            Some(_) => CheckResult::Failed,
        };
        let where_known = |applies: bool, result| {
            if applies {
                result
            } else {
                CheckResult::NotApplicable
            }
        };
        Checks {
            workspace_scope: found(self.initiator.or(self.workspace)),
            tenant_scope: where_known(self.has_tenant, found(self.tenant)),
            capability: where_known(
                self.authority == AuthorityMode::ActorBound,
                found(self.capability),
            ),
            tenant_operability: where_known(self.has_tenant, found(self.operability)),
            execution_prerequisites: found(self.prerequisites),
        }
    }
}

const fn bare(code: ReasonCode) -> Fault {
    (code, None)
}

/// A missing, disabled or removed person is a refusal, never a fall-back to the system (L-05).
fn initiator_fault(facts: &Facts) -> Option<ReasonCode> {
    match facts.run.authority {
        AuthorityMode::SystemAuthority => {
            let listed = facts
                .run
                .operation()
                .is_some_and(OperationType::allows_system_authority);
            (!listed).then_some(ReasonCode::SystemAuthorityNotAllowed)
        }
        AuthorityMode::ActorBound => match facts.bound_actor() {
            None => Some(ReasonCode::InitiatorMissing),
            Some(actor) if actor.standing == Standing::Disabled || actor.workspace.is_none() => {
                Some(ReasonCode::InitiatorNotEntitled)
            }
            Some(_) => None,
        },
    }
}

fn workspace_fault(facts: &Facts) -> Option<ReasonCode> {
    let tenant = facts.bound_tenant()?;
    (tenant.workspace_id != facts.run.workspace_id).then_some(ReasonCode::WorkspaceMismatch)
}

fn tenant_fault(facts: &Facts) -> Option<ReasonCode> {
    facts.run.tenant_id?;
    if facts.bound_tenant().is_none() {
        return Some(ReasonCode::TenantMissing);
    }
    let entitled = facts.run.authority == AuthorityMode::SystemAuthority
        || facts
            .bound_actor()
            .is_some_and(|actor| actor.tenant.is_some());
    (!entitled).then_some(ReasonCode::TenantNotEntitled)
}

/// The tenant's membership counts in a tenant, the workspace's in a run without one; nothing is inherited (V-16).
fn capability_fault(facts: &Facts) -> Option<ReasonCode> {
    if facts.run.authority == AuthorityMode::SystemAuthority {
        return None;
    }
    let grant = facts
        .bound_actor()
        .and_then(|actor| match facts.run.tenant_id {
            Some(_) => actor.tenant,
            None => actor.workspace,
        });
    let needed = [
        facts.run.required_capability,
        facts
            .run
            .operation()
            .map(|operation| operation.spec().start_capability),
    ];
    let holds = grant.is_some_and(|grant| {
        needed
            .iter()
            .flatten()
            .all(|capability| grant.role.holds(*capability))
    });
    (!holds).then_some(ReasonCode::MissingCapability)
}

fn operability_fault(facts: &Facts, spec: Option<&OperationSpec>) -> Option<ReasonCode> {
    facts.run.tenant_id?;
    // What nobody knows is not part of onboarding; in a tenant in service its context is the fault.
    let need = spec.map_or(Operability::ActiveOnly, |spec| spec.operability);
    let operable = facts
        .bound_tenant()
        .is_some_and(|tenant| tenant.lifecycle.allows(need));
    (!operable).then_some(ReasonCode::TenantNotOperable)
}

fn record(facts: &Facts, findings: &Findings, fault: Option<Fault>) -> LegitimacyDecision {
    let run = &facts.run;
    let class = fault.map(|(code, _)| code.class());
    LegitimacyDecision {
        operation_type: run.operation_code.clone(),
        authority_mode: run.authority,
        allowed: fault.is_none(),
        retryable: class.is_some_and(|class| class.is_retryable()),
        reason_code: fault.map(|(code, _)| code),
        reason_detail: fault.and_then(|(_, detail)| detail),
        denial_class: class,
        required_capability: match run.authority {
            AuthorityMode::ActorBound => run.required_capability.map(|c| c.as_str().to_owned()),
            AuthorityMode::SystemAuthority => None,
        },
        initiator: Initiator {
            identity_type: match run.authority {
                AuthorityMode::ActorBound => IdentityType::User,
                AuthorityMode::SystemAuthority => IdentityType::System,
            },
            user_id: run.actor_id,
        },
        target_scope: TargetScope {
            workspace_id: run.workspace_id,
            tenant_id: run.tenant_id,
            provider_connection_id: run
                .connection_id
                .or_else(|| facts.bound_connection().map(|c| c.connection_id)),
        },
        checks: findings.checks(),
        phase: run.phase,
        attempt: run.attempt,
        decided_at: run.now,
        evidence: evidence(facts),
    }
}

fn evidence(facts: &Facts) -> Evidence {
    let actor = facts.bound_actor();
    let tenant = facts.bound_tenant();
    Evidence {
        user_version: actor.map(|actor| actor.version),
        workspace_membership_version: actor.and_then(|a| a.workspace).map(|grant| grant.version),
        tenant_membership_version: actor.and_then(|a| a.tenant).map(|grant| grant.version),
        tenant_version: tenant.map(|tenant| tenant.version),
        connection_version: facts
            .bound_connection()
            .map(|connection| connection.version),
        schedule_revision: facts.bound_schedule().map(|schedule| schedule.revision),
        tenant_lifecycle: tenant.map(|tenant| tenant.lifecycle),
    }
}
