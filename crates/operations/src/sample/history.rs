//! Past runs in every outcome, each with a decision the gate really made about made-up facts.

use domain::{
    capability::Role,
    connection::{ConsentStatus, VerificationStatus},
    decision::LegitimacyDecision,
    ids::{ConnectionId, UserId},
    lifecycle::TenantLifecycle,
    operation::{Habitat, OperationType, ProviderEffect},
    run::{AuthorityMode, DecisionPhase, RunOutcome},
    summary::{CountKey, SummaryCounts},
    time::{HOUR, MINUTE, SECOND, Timestamp},
};
use policy::{
    ActorFacts, ConnectionFacts, ContextState, CredentialState, Facts, GrantFacts, Ruling,
    RunFacts, Standing, Switch, TenantFacts, decide,
};
use store::{Failure, PastRun, TenantAccess};
use uuid::Uuid;

use super::tenants::SampleTenants;

/// SplitMix64: the same seed makes the same history.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides.max(1)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let index = usize::try_from(self.roll(from.len() as u64)).unwrap_or(0);
        from.get(index)
    }

    fn span(&mut self, shortest: i64, longest: i64) -> i64 {
        let width = u64::try_from(longest - shortest).unwrap_or(1);
        shortest + i64::try_from(self.roll(width)).unwrap_or(0)
    }
}

/// What stood against a past run.
#[derive(Clone, Copy)]
enum Obstacle {
    None,
    RoleLowered,
    Removed,
    Archived,
    ConnectionOff,
}

/// Runs over some time that ends two hours before `now`, oldest first.
pub(super) fn past_runs(
    sample: &SampleTenants,
    count: usize,
    seed: u64,
    now: Timestamp,
    span: i64,
) -> Vec<PastRun> {
    let mut dice = Dice(seed);
    let mut times: Vec<_> = (0..count)
        .map(|_| now.plus(-dice.span(2 * HOUR, 2 * HOUR + span)))
        .collect();
    times.sort_unstable();
    times
        .into_iter()
        .filter_map(|at| past_run(sample, &mut dice, at))
        .collect()
}

fn past_run(sample: &SampleTenants, dice: &mut Dice, queued_at: Timestamp) -> Option<PastRun> {
    let (tenant, starters) = dice.pick(&sample.with_history)?;
    let known: Vec<_> = OperationType::known_in(Habitat::Product)
        .filter(|operation| operation.is_of_tenant())
        .collect();
    let operation = *dice.pick(&known)?;
    let by_system = operation.allows_system_authority() && dice.roll(5) == 0;
    let initiator = if by_system {
        None
    } else {
        dice.pick(starters).cloned()
    };
    let (outcome, obstacle) = fate(dice, by_system, operation.spec().effect);
    let decided_at = queued_at.plus(dice.span(4_000, 900_000));
    let facts = facts(
        tenant,
        operation,
        initiator.as_ref().map(|(id, _)| *id),
        obstacle,
        decided_at,
    );
    let decision = match decide(&facts) {
        Ruling::Allowed(permit) => permit.decision().clone(),
        Ruling::Refused(refusal) => refusal.decision().clone(),
    };
    let spent = dice
        .span(400_000, 40 * SECOND)
        .min(dice.span(400_000, 3 * MINUTE));
    let (counts, failures) = result(dice, operation, outcome);
    Some(PastRun {
        id: PastRun::new_id(),
        workspace_id: tenant.workspace_id(),
        tenant_id: tenant.id(),
        operation,
        initiator,
        queued_at,
        started_at: decision.allowed.then_some(decided_at),
        completed_at: if decision.allowed {
            decided_at.plus(spent)
        } else {
            decided_at
        },
        outcome: outcome_of(outcome, &decision),
        counts: if decision.allowed {
            counts
        } else {
            SummaryCounts::default()
        },
        failures: if decision.allowed {
            failures
        } else {
            Vec::new()
        },
        decision,
    })
}

fn outcome_of(outcome: RunOutcome, decision: &LegitimacyDecision) -> RunOutcome {
    if decision.allowed {
        outcome
    } else {
        RunOutcome::Blocked
    }
}

/// Mostly good days, and some of everything else.
fn fate(dice: &mut Dice, by_system: bool, effect: ProviderEffect) -> (RunOutcome, Obstacle) {
    match dice.roll(100) {
        0..70 => (RunOutcome::Succeeded, Obstacle::None),
        70..77 => (RunOutcome::PartiallySucceeded, Obstacle::None),
        77..85 => (RunOutcome::Failed, Obstacle::None),
        85..88 => (RunOutcome::Cancelled, Obstacle::None),
        // Only of what changes something can the end be unknown.
        88..90 if effect == ProviderEffect::Writes => (RunOutcome::Indeterminate, Obstacle::None),
        88..90 => (RunOutcome::Succeeded, Obstacle::None),
        90..93 if !by_system => (RunOutcome::Blocked, Obstacle::RoleLowered),
        93..95 if !by_system => (RunOutcome::Blocked, Obstacle::Removed),
        95..98 => (RunOutcome::Blocked, Obstacle::ConnectionOff),
        _ => (RunOutcome::Blocked, Obstacle::Archived),
    }
}

fn facts(
    tenant: &TenantAccess,
    operation: OperationType,
    actor: Option<UserId>,
    obstacle: Obstacle,
    now: Timestamp,
) -> Facts {
    let grant = |role| Some(GrantFacts { role, version: 1 });
    let in_tenant = match obstacle {
        Obstacle::RoleLowered => grant(Role::Readonly),
        Obstacle::Removed => None,
        _ => grant(Role::Operator),
    };
    let lifecycle = match obstacle {
        Obstacle::Archived => TenantLifecycle::Archived,
        _ => TenantLifecycle::Active,
    };
    Facts {
        run: RunFacts {
            id: PastRun::new_id(),
            attempt: 1,
            workspace_id: tenant.workspace_id(),
            tenant_id: Some(tenant.id()),
            scope_id: tenant.scope_id(),
            habitat: Habitat::Product,
            operation_code: operation.as_str().to_owned(),
            authority: actor.map_or(AuthorityMode::SystemAuthority, |_| {
                AuthorityMode::ActorBound
            }),
            actor_id: actor,
            required_capability: Some(operation.spec().start_capability),
            connection_id: None,
            slot: None,
            context: ContextState::Readable,
            phase: DecisionPhase::Start,
            now,
        },
        actor: actor.map(|user_id| ActorFacts {
            user_id,
            standing: Standing::Enabled,
            version: 1,
            workspace: grant(Role::Operator),
            tenant: in_tenant,
        }),
        tenant: Some(TenantFacts {
            tenant_id: tenant.id(),
            workspace_id: tenant.workspace_id(),
            lifecycle,
            version: 1,
        }),
        connection: Some(ConnectionFacts {
            connection_id: ConnectionId::from_uuid(Uuid::nil()),
            switch: match obstacle {
                Obstacle::ConnectionOff => Switch::Off,
                _ => Switch::On,
            },
            consent: ConsentStatus::Granted,
            verification: VerificationStatus::Healthy,
            credential: CredentialState::Stored,
            version: 1,
        }),
        schedule: None,
        bulk: None,
    }
}

fn result(
    dice: &mut Dice,
    operation: OperationType,
    outcome: RunOutcome,
) -> (SummaryCounts, Vec<Failure>) {
    let total: u64 = match operation {
        OperationType::ConnectionCheck => 7,
        OperationType::InventorySync => 4,
        OperationType::BulkConnectionCheck | OperationType::LabNoop | OperationType::LabWrite => 0,
    };
    let failed = match outcome {
        RunOutcome::Succeeded => 0,
        RunOutcome::PartiallySucceeded => 1 + dice.roll(2),
        _ => total,
    };
    let mut counts = SummaryCounts::default();
    counts.set(CountKey::Total, total);
    counts.set(CountKey::Processed, total);
    counts.set(CountKey::Succeeded, total - failed);
    counts.set(CountKey::Failed, failed);
    if operation == OperationType::InventorySync {
        counts.set(CountKey::Objects, dice.roll(400));
    }
    let failures = if failed == 0 {
        Vec::new()
    } else {
        vec![failure(dice)]
    };
    (counts, failures)
}

fn failure(dice: &mut Dice) -> Failure {
    const KNOWN: [(&str, &str); 4] = [
        ("provider_throttled", "the provider asks to wait 120 s"),
        (
            "provider_unreachable",
            "the provider could not be reached: no reply in time",
        ),
        (
            "provider_permission_denied",
            "permission denied: needs DeviceManagementConfiguration.Read.All",
        ),
        ("provider_error", "the provider failed with status 503"),
    ];
    let (reason, message) = dice.pick(&KNOWN).copied().unwrap_or(("provider_error", ""));
    Failure {
        code: "provider.read".to_owned(),
        reason_code: reason.to_owned(),
        message: message.to_owned(),
        stated_wait: None,
    }
}
