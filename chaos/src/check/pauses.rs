//! Nothing starts while its tenant's queue is paused.
//!
//! A pause waits for the claims that hold the tenant, and takes the head of the audit chain after them: so what
//! the log has between a pause and its end was decided while the queue was paused.

use std::collections::HashMap;

use domain::{ids::ScopeId, run::DecisionPhase};
use store::{ChangeMade, DecisionMade};

use super::{Broken, broken, of_trial};

const STARTED: &str = "R-10 nothing starts while its queue is paused";
const IN_TURN: &str = "R-10 a queue is paused and resumed in turn";
const PAUSED: &str = "tenant_queue.paused";

/// The entries of pauses and of their ends, by tenant, in their order.
type Turns<'a> = HashMap<ScopeId, Vec<&'a ChangeMade>>;

/// Every start behind a pause; answers how many pauses there were, too.
pub(crate) fn check(changes: &[ChangeMade], decisions: &[DecisionMade]) -> (u64, Vec<Broken>) {
    let mut turns = Turns::new();
    let mut found = Vec::new();
    let is_turn = |it: &&ChangeMade| it.action.starts_with("tenant_queue.");
    for change in changes.iter().filter(is_turn) {
        let of_tenant = turns.entry(change.scope).or_default();
        let before = of_tenant.last().is_some_and(|it| it.action == PAUSED);
        if before == (change.action == PAUSED) {
            let what = format!("entry {}: {} twice", change.sequence, change.action);
            found.push(of_trial(IN_TURN, what));
        }
        of_tenant.push(change);
    }
    for made in decisions {
        let is_start = matches!(
            made.decision.phase,
            DecisionPhase::Start | DecisionPhase::Rescue
        );
        let Some(tenant) = made.tenant.filter(|_| is_start && made.decision.allowed) else {
            continue;
        };
        let scope = ScopeId::from_uuid(tenant.as_uuid());
        let turns = turns.get(&scope).map_or(&[][..], Vec::as_slice);
        let before = turns.partition_point(|it| it.sequence < made.sequence);
        let last = before.checked_sub(1).and_then(|at| turns.get(at));
        if let Some(pause) = last.filter(|it| it.action == PAUSED) {
            let what = format!(
                "entry {}: started in phase {}, and entry {} had paused its queue",
                made.sequence,
                made.decision.phase.as_str(),
                pause.sequence
            );
            found.push(broken(STARTED, made.run, what));
        }
    }
    let pauses = turns.values().flatten().filter(|it| it.action == PAUSED);
    (pauses.count() as u64, found)
}
