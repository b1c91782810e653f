//! Every decision against the grants as they were at its commit.
//!
//! A start and a change of a grant both take the head of the workspace's audit chain last, so the audit log
//! has them in the order of their commits. Between two changes of a row its version is one and the same,
//! and no version comes back: so whoever read it in that stretch must have read the same, be it the gate or
//! this trial; and the verdict must be the one that the grants of that stretch bear out.

use std::collections::HashMap;

use domain::{
    ids::RunId,
    reason::ReasonCode,
    run::{AuthorityMode, DecisionPhase},
};
use store::{ChangeMade, DecisionMade, PartMade};

use super::{
    Broken, broken,
    histories::{Grant, Histories},
};
use crate::{grants::Seen, installation::Site};

pub(super) const OLD: &str = "L-04 a decision read what was current at its commit";
const OTHER: &str = "L-18 a decision is the one that the grants bear out";

/// Parts of bulks that are over, each with the entry of the audit log by which its bulk was.
type BulksOver = HashMap<RunId, i64>;

/// Every decision that the grants do not bear out.
pub(crate) fn check(
    sites: &[Site],
    seen: &[Seen],
    changes: &[ChangeMade],
    decisions: &[DecisionMade],
    parts: &[PartMade],
) -> Vec<Broken> {
    let mut histories = Histories::of(sites, changes);
    let over = parts.iter().filter_map(|it| Some((it.run, it.over_at?)));
    let over: BulksOver = over.collect();
    let mut found = Vec::new();
    // What this trial has read itself comes first: it is what the gate is measured by.
    for (site, seen) in sites.iter().zip(seen) {
        for state in &seen.readings {
            let (tenant, user) = (site.tenant.id(), site.operator.user_id());
            let after = state.sequence;
            let member = state.tenant_membership.as_ref().map(|it| it.0);
            for (grant, version) in [
                (Grant::Workspace(user), state.workspace_membership),
                (Grant::TenantMember(tenant, user), member),
                (Grant::Tenant(tenant), Some(state.tenant.0)),
                (Grant::Connection(tenant), Some(state.connection.0)),
            ] {
                if let Some(known) = histories.read(grant, after, version) {
                    found.push(Broken {
                        rule: "the trial's own readings agree".to_owned(),
                        run: None,
                        what: format!("{grant:?} after entry {after}: {version:?} and {known:?}"),
                    });
                }
            }
        }
    }
    for made in decisions {
        let site = sites
            .iter()
            .zip(seen)
            .find(|(site, _)| Some(site.tenant.id()) == made.tenant);
        if let Some((site, seen)) = site {
            found.extend(of_decision(site, seen, made, &mut histories, &over));
        }
    }
    for (grant, from) in histories.unsteady() {
        found.push(Broken {
            rule: OLD.to_owned(),
            run: None,
            what: format!("{grant:?}: what was read from entry {from} on is not newer than before"),
        });
    }
    found
}

fn of_decision(
    site: &Site,
    seen: &Seen,
    made: &DecisionMade,
    histories: &mut Histories,
    over: &BulksOver,
) -> Vec<Broken> {
    let (tenant, evidence) = (site.tenant.id(), &made.decision.evidence);
    // The decision saw what the commits before its own had left.
    let after = made.sequence - 1;
    let mut found = Vec::new();
    let mut rows = vec![
        (Grant::Tenant(tenant), evidence.tenant_version),
        (Grant::Connection(tenant), evidence.connection_version),
    ];
    let operator = site.operator.user_id();
    if let Some(user) = made.user.filter(|user| *user == operator) {
        let member = Grant::TenantMember(tenant, user);
        rows.push((
            Grant::Workspace(user),
            evidence.workspace_membership_version,
        ));
        rows.push((member, evidence.tenant_membership_version));
        found.extend(of_standing(seen, made));
    }
    for (grant, version) in rows {
        if version.is_none() && !made.decision.allowed && histories.is_given_back(grant, made) {
            continue;
        }
        if let Some(known) = histories.read(grant, after, version) {
            let what = format!(
                "entry {}: {grant:?} read as {version:?}, and it was {known:?} then",
                made.sequence
            );
            found.push(broken(OLD, made.run, what));
        }
    }
    let expected = expected(site, seen, made, histories, over);
    let said = made.decision.reason_code;
    if expected != said {
        let what = format!(
            "entry {}, phase {}: the gate said {said:?}, the grants say {expected:?}",
            made.sequence,
            made.decision.phase.as_str()
        );
        found.push(broken(OTHER, made.run, what));
    }
    found
}

/// The person's row: changed between two commits, so whoever decided well before or after must know.
fn of_standing(seen: &Seen, made: &DecisionMade) -> Option<Broken> {
    let read = made.decision.evidence.user_version?;
    let after = made.sequence - 1;
    let least = seen.standings.iter().rfind(|it| it.until <= after);
    let most = seen.standings.iter().find(|it| it.after > after);
    let is_old = least.is_some_and(|it| read < it.version);
    let is_early = most.is_some_and(|it| read >= it.version);
    (is_old || is_early).then(|| {
        let what = format!(
            "entry {}: the person was read as {read}, last change before {least:?}, next {most:?}",
            made.sequence
        );
        broken(OLD, made.run, what)
    })
}

/// What the gate had to say, in the order of L-18; worked out apart from `policy`.
fn expected(
    site: &Site,
    seen: &Seen,
    made: &DecisionMade,
    histories: &mut Histories,
    over: &BulksOver,
) -> Option<ReasonCode> {
    let (tenant, after) = (site.tenant.id(), made.sequence - 1);
    let evidence = &made.decision.evidence;
    let mut state = |grant| {
        let read = match grant {
            Grant::Workspace(_) => evidence.workspace_membership_version,
            Grant::TenantMember(..) => evidence.tenant_membership_version,
            Grant::Tenant(_) => evidence.tenant_version,
            Grant::Connection(_) => evidence.connection_version,
            Grant::Person(_) => evidence.user_version,
        };
        if read.is_none() && histories.is_given_back(grant, made) {
            return (false, String::new());
        }
        let stretch = histories.at(grant, after);
        stretch.map_or((false, String::new()), |it| (it.is_there, it.word.clone()))
    };
    let user = site.operator.user_id();
    // The owner, who is the only other person, loses nothing of their own.
    if made.decision.authority_mode == AuthorityMode::ActorBound && made.user == Some(user) {
        let read = made.decision.evidence.user_version;
        let standing = seen.standings.iter().find(|it| Some(it.version) == read);
        if standing.is_some_and(|it| it.is_disabled) || !state(Grant::Workspace(user)).0 {
            return Some(ReasonCode::InitiatorNotEntitled);
        }
        let (is_member, role) = state(Grant::TenantMember(tenant, user));
        if !is_member {
            return Some(ReasonCode::TenantNotEntitled);
        }
        if role == "readonly" {
            return Some(ReasonCode::MissingCapability);
        }
    }
    if state(Grant::Tenant(tenant)).1 != "active" {
        return Some(ReasonCode::TenantNotOperable);
    }
    let is_on = state(Grant::Connection(tenant)).0;
    if !is_on {
        return Some(ReasonCode::ProviderConnectionInvalid);
    }
    // A part does not begin any more when its bulk is over.
    let is_left = over.get(&made.run).is_some_and(|at| *at < made.sequence)
        && made.decision.phase != DecisionPhase::Checkpoint;
    is_left.then_some(ReasonCode::ExecutionPrerequisiteInvalid)
}

/// How often each reason was given.
pub(crate) fn refusals(decisions: &[DecisionMade]) -> std::collections::BTreeMap<String, u64> {
    let mut counts = std::collections::BTreeMap::new();
    let reasons = decisions.iter().filter_map(|it| it.decision.reason_code);
    for reason in reasons {
        *counts.entry(reason.as_str().to_owned()).or_default() += 1;
    }
    counts
}
