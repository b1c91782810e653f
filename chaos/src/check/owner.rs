//! The runs of the workspace's owner, from whom nothing is taken away.

use std::collections::HashMap;

use domain::ids::{RunId, TenantId, UserId};
use store::DecisionMade;

use super::{Broken, authority::OLD, broken};

/// Every decision in which the owner was not who they are the whole time.
///
/// What a tenant and its connection say about them is looked at with everybody's decisions (`authority`).
pub(crate) fn check(owner: UserId, decisions: &[DecisionMade]) -> Vec<Broken> {
    let mut person = None;
    let mut members: HashMap<TenantId, Option<i64>> = HashMap::new();
    let mut found = Vec::new();
    for made in decisions.iter().filter(|made| made.user == Some(owner)) {
        let evidence = &made.decision.evidence;
        let read = (evidence.user_version, evidence.workspace_membership_version);
        let known = *person.get_or_insert(read);
        if known != read || read.0.is_none() || read.1.is_none() {
            let what = format!("entry {}: {read:?}, and {known:?} before", made.sequence);
            found.push(broken(OLD, made.run, what));
        }
        let Some(tenant) = made.tenant else {
            // A run of the workspace, which rests on nothing else.
            if !made.decision.allowed {
                let what = format!("entry {}: {:?}", made.sequence, made.decision.reason_code);
                found.push(broken("L-18 the owner's bulk is allowed", made.run, what));
            }
            continue;
        };
        let read = evidence.tenant_membership_version;
        let known = *members.entry(tenant).or_insert(read);
        if known != read || read.is_none() {
            let what = format!("entry {}: {read:?}, and {known:?} before", made.sequence);
            found.push(broken(OLD, made.run, what));
        }
    }
    found
}

/// Every run of a bulk, the bulks themselves among them, that is not over.
pub(crate) fn left(bulks: &[RunId], is_over: impl Fn(RunId) -> bool) -> Vec<Broken> {
    let left = bulks.iter().filter(|run| !is_over(**run));
    left.map(|run| broken("I10 every bulk is over", *run, "it is not".to_owned()))
        .collect()
}
