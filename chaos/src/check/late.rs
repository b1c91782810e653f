//! No call starts long after what allowed it was taken away (I2).
//!
//! A run at work asks the gate again at its borders, and no call is begun with leave that is older than
//! [`LONGEST`]. So a call at whose moment a grant had been gone for longer was made without authority, whatever
//! the decisions say.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use domain::{
    ids::{RunId, TenantId, UserId},
    run::AuthorityMode,
};
use store::{ChangeMade, DecisionMade};

use super::{
    Broken, broken,
    histories::{Grant, Histories},
    journal::micros,
    writes::UNDER_WAY,
};
use crate::{installation::Site, provider::Call};

/// How long after a check a call may begin, in microseconds (L-10).
const LONGEST: i64 = 15_000_000;
/// The journal's clock has milliseconds.
const GRAIN: i64 = 2_000;

/// What a run's authority rests on.
type Grants = Vec<Grant>;

fn grants(made: &DecisionMade) -> Option<Grants> {
    let tenant: TenantId = made.tenant?;
    let mut grants = vec![Grant::Tenant(tenant), Grant::Connection(tenant)];
    if made.decision.authority_mode == AuthorityMode::ActorBound {
        let user: UserId = made.user?;
        grants.extend([
            Grant::Person(user),
            Grant::Workspace(user),
            Grant::TenantMember(tenant, user),
        ]);
    }
    Some(grants)
}

/// Every call that was begun although its authority had been gone for too long.
///
/// What a process that goes on after a stop still has under way is the connection's and not the run's.
pub(crate) fn check(
    sites: &[Site],
    calls: &[Call],
    changes: &[ChangeMade],
    decisions: &[DecisionMade],
    thaws: &[i64],
) -> Result<Vec<Broken>> {
    let histories = Histories::of(sites, changes);
    let of_run: HashMap<RunId, Grants> = decisions
        .iter()
        .filter_map(|made| Some((made.run, grants(made)?)))
        .collect();
    let mut found = Vec::new();
    for call in calls {
        let Some((run, grants)) = call.run().and_then(|run| of_run.get_key_value(&run)) else {
            continue;
        };
        let at = micros(&call.time).with_context(|| format!("no time: {}", call.time))?;
        let is_thawed = |thaw: &i64| (*thaw - GRAIN..*thaw + UNDER_WAY).contains(&at);
        if thaws.iter().any(is_thawed) {
            continue;
        }
        for grant in grants {
            let lost = histories.denies_since(*grant, at);
            if let Some(lost) = lost.filter(|lost| lost + LONGEST + GRAIN < at) {
                let what = format!(
                    "call {} at {}: {} {}, {} ms after {grant:?} was lost",
                    call.seq,
                    call.time,
                    call.method,
                    call.path,
                    (at - lost) / 1_000
                );
                found.push(broken("I2 no call long after a revocation", *run, what));
            }
        }
    }
    Ok(found)
}
