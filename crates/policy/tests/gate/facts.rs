//! Facts under which a run may start, to be spoilt one at a time.

use std::str::FromStr;

use domain::{
    capability::Role,
    connection::{ConsentStatus, VerificationStatus},
    decision::LegitimacyDecision,
    ids::{ConnectionId, InvalidId, ScopeId, TenantId, UserId, WorkspaceId},
    lifecycle::TenantLifecycle,
    operation::{Habitat, OperationType},
    reason::{ReasonCode, ReasonDetail},
    run::{AuthorityMode, DecisionPhase},
    schedule::ScheduleState,
    time::Timestamp,
};
use policy::{
    ActorFacts, ConnectionFacts, ContextState, CredentialState, Facts, GrantFacts, Ruling,
    RunFacts, ScheduleFacts, SlotFacts, Standing, Switch, TenantFacts, decide,
};

/// The number of each noun's usual id; anything else is another one.
pub const WORKSPACE: u32 = 1;
pub const TENANT: u32 = 2;
pub const USER: u32 = 3;
pub const CONNECTION: u32 = 4;
pub const RUN: u32 = 5;
pub const SCHEDULE: u32 = 6;
pub const OTHER: u32 = 99;

pub fn id<T: FromStr<Err = InvalidId>>(number: u32) -> T {
    format!("0190b4f0-0000-7000-8000-{number:012}")
        .parse()
        .expect("the form of an id")
}

/// Every operation type with every authority mode.
pub fn columns() -> impl Iterator<Item = (OperationType, AuthorityMode)> {
    OperationType::ALL.iter().flat_map(|operation| {
        AuthorityMode::ALL
            .iter()
            .map(move |authority| (*operation, *authority))
    })
}

/// Facts with everything in order, for a first attempt.
pub fn in_order(operation: OperationType, authority: AuthorityMode) -> Facts {
    let actor_bound = authority == AuthorityMode::ActorBound;
    let of_tenant = operation.is_of_tenant();
    let workspace_id: WorkspaceId = id(WORKSPACE);
    let tenant_id: Option<TenantId> = of_tenant.then(|| id(TENANT));
    let person = if of_tenant {
        actor
    } else {
        actor_of_the_workspace
    };
    Facts {
        run: RunFacts {
            id: id(RUN),
            attempt: 1,
            workspace_id,
            tenant_id,
            scope_id: ScopeId::of(workspace_id, tenant_id),
            habitat: Habitat::Laboratory,
            operation_code: operation.as_str().to_owned(),
            authority,
            actor_id: actor_bound.then(|| id(USER)),
            required_capability: Some(operation.spec().start_capability),
            connection_id: of_tenant.then(|| id(CONNECTION)),
            slot: None,
            context: ContextState::Readable,
            phase: DecisionPhase::Start,
            now: Timestamp(1_795_231_752_000_000),
        },
        actor: actor_bound.then(person),
        tenant: of_tenant.then(tenant),
        connection: of_tenant.then(connection),
        schedule: None,
        bulk: None,
    }
}

/// Every operation type that works in a tenant.
pub fn of_tenants() -> impl Iterator<Item = OperationType> {
    OperationType::ALL
        .iter()
        .copied()
        .filter(|operation| operation.is_of_tenant())
}

/// The same run, aimed at a tenant in which everything is in order.
pub fn in_a_tenant(facts: &mut Facts) {
    facts.run.tenant_id = Some(id(TENANT));
    facts.run.scope_id = ScopeId::of(facts.run.workspace_id, facts.run.tenant_id);
    facts.tenant = Some(tenant());
    person(facts, |person| person.tenant = grant(Role::Operator, 13));
}

/// An enabled person: as little as there is in the workspace, an operator in the tenant.
pub fn actor() -> ActorFacts {
    ActorFacts {
        user_id: id::<UserId>(USER),
        standing: Standing::Enabled,
        version: 11,
        workspace: grant(Role::Readonly, 12),
        tenant: grant(Role::Operator, 13),
    }
}

/// An enabled person: an operator of the workspace, a member of no tenant.
pub fn actor_of_the_workspace() -> ActorFacts {
    ActorFacts {
        workspace: grant(Role::Operator, 12),
        tenant: None,
        ..actor()
    }
}

pub fn grant(role: Role, version: i64) -> Option<GrantFacts> {
    Some(GrantFacts { role, version })
}

pub fn tenant() -> TenantFacts {
    TenantFacts {
        tenant_id: id(TENANT),
        workspace_id: id(WORKSPACE),
        lifecycle: TenantLifecycle::Active,
        version: 14,
    }
}

pub fn connection() -> ConnectionFacts {
    ConnectionFacts {
        connection_id: id::<ConnectionId>(CONNECTION),
        switch: Switch::On,
        consent: ConsentStatus::Granted,
        verification: VerificationStatus::Healthy,
        credential: CredentialState::Stored,
        version: 15,
    }
}

/// The slot of a schedule as it stands.
pub fn slot() -> SlotFacts {
    SlotFacts {
        schedule_id: id(SCHEDULE),
        revision: 16,
    }
}

pub fn schedule() -> ScheduleFacts {
    ScheduleFacts {
        schedule_id: id(SCHEDULE),
        revision: 16,
        state: ScheduleState::Active,
    }
}

/// Lets the run fill a slot that is current, then changes the schedule.
pub fn its_schedule(facts: &mut Facts, change: impl FnOnce(&mut ScheduleFacts)) {
    facts.run.slot = Some(slot());
    let mut schedule = schedule();
    change(&mut schedule);
    facts.schedule = Some(schedule);
}

/// An inventory sync that a person asked for.
pub fn sync_by_person() -> Facts {
    in_order(OperationType::InventorySync, AuthorityMode::ActorBound)
}

/// An inventory sync that a schedule asked for.
pub fn sync_by_system() -> Facts {
    in_order(OperationType::InventorySync, AuthorityMode::SystemAuthority)
}

/// A change to facts that can be listed.
pub type Change = fn(&mut Facts);

/// These facts, changed.
pub fn with(mut facts: Facts, change: impl FnOnce(&mut Facts)) -> Facts {
    change(&mut facts);
    facts
}

/// Changes the person in the facts, if there is one.
pub fn person(facts: &mut Facts, change: impl FnOnce(&mut ActorFacts)) {
    if let Some(actor) = &mut facts.actor {
        change(actor);
    }
}

/// Changes the tenant in the facts, if there is one.
pub fn its_tenant(facts: &mut Facts, change: impl FnOnce(&mut TenantFacts)) {
    if let Some(tenant) = &mut facts.tenant {
        change(tenant);
    }
}

/// Changes the connection in the facts, if there is one.
pub fn its_connection(facts: &mut Facts, change: impl FnOnce(&mut ConnectionFacts)) {
    if let Some(connection) = &mut facts.connection {
        change(connection);
    }
}

/// The gate's decision, whichever way it went.
pub fn decision(facts: &Facts) -> LegitimacyDecision {
    match decide(facts) {
        Ruling::Allowed(permit) => permit.decision().clone(),
        Ruling::Refused(refusal) => {
            let decision = refusal.decision().clone();
            assert_eq!(decision.reason_code, Some(refusal.code()));
            assert_eq!(decision.reason_detail, refusal.detail());
            decision
        }
    }
}

/// Whether the gate gave a permit; the verdict of the decision never differs from it.
pub fn is_allowed(facts: &Facts) -> bool {
    let permitted = matches!(decide(facts), Ruling::Allowed(_));
    assert_eq!(permitted, decision(facts).allowed);
    permitted
}

/// The code and detail of a refusal; none when the run was allowed.
pub fn refusal(facts: &Facts) -> Option<(ReasonCode, Option<ReasonDetail>)> {
    let decision = decision(facts);
    decision
        .reason_code
        .map(|code| (code, decision.reason_detail))
}

/// What a check of this name found.
pub fn check(decision: &LegitimacyDecision, name: &str) -> domain::decision::CheckResult {
    decision
        .checks
        .named()
        .into_iter()
        .find_map(|(known, found)| (known == name).then_some(found))
        .expect("a check of this name")
}
