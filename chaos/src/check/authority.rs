//! Every decision against the grants as they were at its commit.
//!
//! A start and a change of a grant both take the head of the workspace's audit chain last, so the audit log
//! has them in the order of their commits. Between two changes of a row its version is one and the same,
//! and no version comes back: so whoever read it in that stretch must have read the same, be it the gate or
//! this trial; and the verdict must be the one that the grants of that stretch bear out.

use std::collections::HashMap;

use domain::{
    ids::{RunId, TenantId, UserId},
    reason::ReasonCode,
    run::{AuthorityMode, DecisionPhase},
};
use store::{ChangeMade, DecisionMade, PartMade};

use super::{Broken, broken};
use crate::{grants::Seen, installation::Site};

pub(super) const OLD: &str = "L-04 a decision read what was current at its commit";
/// A claim waits so long for one lock, in microseconds, and the server may be silent for as long again.
const LONGEST_CLAIM: i64 = 10_000_000;
const OTHER: &str = "L-18 a decision is the one that the grants bear out";

/// Parts of bulks that are over, each with the entry of the audit log by which its bulk was.
type BulksOver = HashMap<RunId, i64>;

/// A row that authority rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Grant {
    Workspace(UserId),
    Tenant(TenantId),
    TenantMember(TenantId, UserId),
    Connection(TenantId),
    /// Who is not disabled; decisions are held against what was seen of it, and calls against this.
    Person(UserId),
}

/// The state of a row from one change on.
#[derive(Debug, Clone)]
struct Stretch {
    /// From which entry of the audit log on.
    from: i64,
    /// And from which moment on.
    at: i64,
    /// Whether it is there, switched on, in service.
    is_there: bool,
    /// The role, the lifecycle.
    word: String,
    /// The version that whoever looked has read in it.
    version: Option<Option<i64>>,
}

/// The rows' histories, from the audit log.
pub(super) struct Histories(HashMap<Grant, Vec<Stretch>>);

impl Histories {
    pub(super) fn of(sites: &[Site], changes: &[ChangeMade]) -> Self {
        let mut histories = Self(HashMap::new());
        for change in changes {
            for site in sites {
                histories.note(site, change);
            }
        }
        histories
    }

    fn note(&mut self, site: &Site, change: &ChangeMade) {
        let (tenant, user) = (site.tenant.id(), site.operator.user_id());
        let word = |field: &str| {
            let value = change.detail.get(field).and_then(serde_json::Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        let member = Grant::TenantMember(tenant, user);
        let is_here = change.scope.as_uuid() == tenant.as_uuid();
        let subject = change.subject;
        match &*change.action {
            "user.disabled" | "user.enabled" if subject == user.as_uuid() => {
                let is_enabled = change.action == "user.enabled";
                self.push(Grant::Person(user), change, is_enabled, String::new());
            }
            "workspace_membership.role_set" if subject == user.as_uuid() => {
                self.push(Grant::Workspace(user), change, true, word("role"));
            }
            "workspace_membership.removed" if subject == user.as_uuid() => {
                self.push(Grant::Workspace(user), change, false, String::new());
                self.push(member, change, false, String::new());
            }
            "tenant_membership.role_set" if is_here && subject == user.as_uuid() => {
                self.push(member, change, true, word("role"));
            }
            "tenant_membership.removed" if is_here && subject == user.as_uuid() => {
                self.push(member, change, false, String::new());
            }
            "tenant.lifecycle_set" | "tenant.created" if subject == tenant.as_uuid() => {
                let lifecycle = ["to", "lifecycle"].map(word).concat();
                self.push(Grant::Tenant(tenant), change, true, lifecycle);
            }
            action if subject == site.connection.as_uuid() && is_here => {
                let is_on = match action {
                    "provider_connection.disabled" => false,
                    "provider_connection.enabled" | "provider_connection.created" => true,
                    "provider_connection.verified" => self.is_there(Grant::Connection(tenant)),
                    _ => return,
                };
                self.push(Grant::Connection(tenant), change, is_on, String::new());
            }
            _ => {}
        }
    }

    fn push(&mut self, grant: Grant, change: &ChangeMade, is_there: bool, word: String) {
        self.0.entry(grant).or_default().push(Stretch {
            from: change.sequence,
            at: change.at.0,
            is_there,
            word,
            version: None,
        });
    }

    fn is_there(&self, grant: Grant) -> bool {
        let last = self.0.get(&grant).and_then(|history| history.last());
        last.is_some_and(|stretch| stretch.is_there)
    }

    /// The stretch that lasts right after an entry of the audit log.
    fn at(&mut self, grant: Grant, after: i64) -> Option<&mut Stretch> {
        let history = self.0.get_mut(&grant)?;
        let next = history.partition_point(|stretch| stretch.from <= after);
        history.get_mut(next.checked_sub(1)?)
    }

    /// Whether a row that is there was not until a moment ago.
    ///
    /// Nobody can lock a row that is not there: what is given back while a claim decides may be missed, and the
    /// run is refused. The other way round, what is taken away is a locked row, and never missed.
    fn is_given_back(&self, grant: Grant, made: &DecisionMade) -> bool {
        let Some(history) = self.0.get(&grant) else {
            return false;
        };
        let next = history.partition_point(|stretch| stretch.from < made.sequence);
        let before = history.get(..next).unwrap_or_default();
        let is_new = |pair: &[Stretch]| match pair {
            [absent, back] => {
                !absent.is_there && back.is_there && back.at > made.at.0 - LONGEST_CLAIM
            }
            _ => false,
        };
        before.last().is_some_and(|it| it.is_there) && before.windows(2).any(is_new)
    }

    /// Since when a row denies what rests on it, without a break, if it does at a moment.
    pub(super) fn denies_since(&self, grant: Grant, at: i64) -> Option<i64> {
        let denies = |stretch: &&Stretch| match grant {
            Grant::Tenant(_) => stretch.word != "active",
            Grant::TenantMember(..) => !stretch.is_there || stretch.word == "readonly",
            Grant::Workspace(_) | Grant::Connection(_) | Grant::Person(_) => !stretch.is_there,
        };
        let history = self.0.get(&grant)?;
        let begun = history.partition_point(|stretch| stretch.at <= at);
        let until_then = history.get(..begun).unwrap_or_default();
        let denying = until_then.iter().rev().take_while(denies);
        denying.last().map(|stretch| stretch.at)
    }

    /// Notes what somebody read; answers what another one had read in the same stretch, when it differs.
    fn read(&mut self, grant: Grant, after: i64, version: Option<i64>) -> Option<Option<i64>> {
        let stretch = self.at(grant, after)?;
        match stretch.version {
            Some(known) if known != version => Some(known),
            _ => {
                stretch.version = Some(version);
                None
            }
        }
    }

    /// Stretches of one row whose versions do not rise.
    fn unsteady(&self) -> Vec<(Grant, i64)> {
        let mut found = Vec::new();
        for (grant, history) in &self.0 {
            let versions = history.iter().filter_map(|s| Some((s.from, s.version??)));
            let versions: Vec<_> = versions.collect();
            for pair in versions.windows(2) {
                if let [(_, before), (from, after)] = pair
                    && after <= before
                {
                    found.push((*grant, *from));
                }
            }
        }
        found
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i02_a_loss_lasts_until_what_was_lost_is_back() {
        let user = UserId::from_uuid(uuid::Uuid::nil());
        let grant = Grant::TenantMember(TenantId::from_uuid(uuid::Uuid::nil()), user);
        let stretch = |at, is_there, word: &str| Stretch {
            from: at,
            at,
            is_there,
            word: word.to_owned(),
            version: None,
        };
        let history = vec![
            stretch(1, true, "operator"),
            stretch(5, true, "readonly"),
            stretch(7, false, ""),
            stretch(9, true, "operator"),
        ];
        let histories = Histories(HashMap::from([(grant, history)]));
        let since = [0, 4, 5, 8, 9].map(|at| histories.denies_since(grant, at));
        assert_eq!(since, [None, None, Some(5), Some(5), None]);
    }
}
