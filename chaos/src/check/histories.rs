//! How the rows that authority rests on changed, from the audit log.

use std::collections::HashMap;

use domain::ids::{TenantId, UserId};
use store::{ChangeMade, DecisionMade};

use crate::installation::Site;

/// A claim waits so long for one lock, in microseconds, and the server may be silent for as long again.
const LONGEST_CLAIM: i64 = 10_000_000;

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
pub(super) struct Stretch {
    /// From which entry of the audit log on.
    from: i64,
    /// And from which moment on.
    at: i64,
    /// Whether it is there, switched on, in service.
    pub(super) is_there: bool,
    /// The role, the lifecycle.
    pub(super) word: String,
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
    pub(super) fn at(&mut self, grant: Grant, after: i64) -> Option<&mut Stretch> {
        let history = self.0.get_mut(&grant)?;
        let next = history.partition_point(|stretch| stretch.from <= after);
        history.get_mut(next.checked_sub(1)?)
    }

    /// Whether a row that is there was not until a moment ago.
    ///
    /// Nobody can lock a row that is not there: what is given back while a claim decides may be missed, and the
    /// run is refused. The other way round, what is taken away is a locked row, and never missed.
    pub(super) fn is_given_back(&self, grant: Grant, made: &DecisionMade) -> bool {
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
    pub(super) fn read(
        &mut self,
        grant: Grant,
        after: i64,
        version: Option<i64>,
    ) -> Option<Option<i64>> {
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
    pub(super) fn unsteady(&self) -> Vec<(Grant, i64)> {
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
