//! Request budgets, as Graph documents them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::errors::Family;

/// How strictly tenants are throttled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Throttling {
    /// Not at all.
    Off,
    /// A hundred times the documented budgets: no sensible client meets them.
    #[default]
    Generous,
    /// The documented budgets: the directory 3,500, 5,000 or 8,000 units in 10 s and 3,000 changes in 150 s
    /// a tenant, Intune 1,000 requests and 100 changes in 20 s an application and twice that a tenant,
    /// conditional access one request a second a tenant.
    Documented,
}

impl Throttling {
    /// The mode of that name, as the control API takes it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "off" => Some(Self::Off),
            "generous" => Some(Self::Generous),
            "documented" => Some(Self::Documented),
            _ => None,
        }
    }

    fn factor(self) -> Option<f64> {
        match self {
            Self::Off => None,
            Self::Generous => Some(100.0),
            Self::Documented => Some(1.0),
        }
    }
}

/// The budgets of all tenants.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    mode: Throttling,
    by_owner: HashMap<(Arc<str>, Part), Bucket>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    /// By application.
    All,
    Directory,
    DirectoryChanges,
    IntuneOfApp,
    IntuneOfTenant,
    IntuneChangesOfApp,
    IntuneChangesOfTenant,
    ConditionalAccess,
}

/// What one request takes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost<'a> {
    pub(crate) tenant: &'a Arc<str>,
    pub(crate) app: &'a Arc<str>,
    pub(crate) family: Family,
    /// Units of the directory's budget.
    pub(crate) units: u32,
    pub(crate) is_change: IsChange,
    /// Users of the tenant.
    pub(crate) users: usize,
}

/// Whether a request changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IsChange {
    Yes,
    No,
}

#[derive(Debug)]
struct Bucket {
    left: f64,
    filled_at: i64,
}

/// A request that came too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany {
    /// Seconds until it would be answered; conditional access does not say.
    pub(crate) retry_after: Option<u64>,
    /// Whose budget is used up, as `x-ms-throttle-scope` says it.
    pub(crate) scope: &'static str,
    pub(crate) limit: &'static str,
}

struct Budget<'a> {
    owner: &'a Arc<str>,
    part: Part,
    size: f64,
    seconds: f64,
    cost: f64,
}

fn budgets<'a>(cost: Cost<'a>, factor: f64) -> Vec<Budget<'a>> {
    let budget = |owner, part, size: f64, seconds, units: u32| Budget {
        owner,
        part,
        size: size * factor,
        seconds,
        cost: f64::from(units),
    };
    let (tenant, app) = (cost.tenant, cost.app);
    let changes = cost.is_change == IsChange::Yes;
    let mut all = vec![budget(app, Part::All, 2_000.0, 1.0, 1)];
    match cost.family {
        Family::Directory => {
            let size = match cost.users {
                ..50 => 3_500.0,
                50..=500 => 5_000.0,
                _ => 8_000.0,
            };
            all.push(budget(tenant, Part::Directory, size, 10.0, cost.units));
            if changes {
                all.push(budget(tenant, Part::DirectoryChanges, 3_000.0, 150.0, 1));
            }
        }
        Family::Intune => {
            all.push(budget(app, Part::IntuneOfApp, 1_000.0, 20.0, 1));
            all.push(budget(tenant, Part::IntuneOfTenant, 2_000.0, 20.0, 1));
            if changes {
                all.push(budget(app, Part::IntuneChangesOfApp, 100.0, 20.0, 1));
                all.push(budget(tenant, Part::IntuneChangesOfTenant, 200.0, 20.0, 1));
            }
        }
        Family::ConditionalAccess => {
            all.push(budget(tenant, Part::ConditionalAccess, 1.0, 1.0, 1));
        }
    }
    all
}

impl Part {
    fn scope(self) -> &'static str {
        match self {
            Self::All => "Application",
            Self::IntuneOfApp | Self::IntuneChangesOfApp => "Tenant_Application",
            _ => "Tenant",
        }
    }

    fn limit(self) -> &'static str {
        match self {
            Self::All => "RequestsPerApplication",
            Self::Directory => "ResourceUnitLimitExceeded",
            Self::DirectoryChanges => "WriteLimitExceeded",
            Self::ConditionalAccess => "RequestsPerTenant",
            _ => "RequestLimitExceeded",
        }
    }
}

impl Throttle {
    pub(crate) fn of(mode: Throttling) -> Self {
        Self(Mutex::new(Buckets {
            mode,
            by_owner: HashMap::new(),
        }))
    }

    pub(crate) fn mode(&self) -> Throttling {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).mode
    }

    /// Changes the mode; all budgets are full again.
    pub(crate) fn set_mode(&self, mode: Throttling) {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *buckets = Buckets {
            mode,
            by_owner: HashMap::new(),
        };
    }

    /// Pays at `now`, in microseconds, from all budgets or from none; answers how much of the fullest used one
    /// is used, from 0 to 1.
    pub(crate) fn pay(&self, cost: Cost<'_>, now: i64) -> Result<f64, TooMany> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(factor) = buckets.mode.factor() else {
            return Ok(0.0);
        };
        let budgets = budgets(cost, factor);
        for budget in &budgets {
            let bucket = buckets.filled(budget, now);
            if bucket.left < budget.cost {
                let missing = (budget.cost - bucket.left) * budget.seconds / budget.size;
                let wait = std::time::Duration::from_secs_f64(missing);
                let partial = u64::from(wait.subsec_nanos() > 0);
                let says_when = budget.part != Part::ConditionalAccess;
                return Err(TooMany {
                    retry_after: says_when.then(|| (wait.as_secs() + partial).max(1)),
                    scope: budget.part.scope(),
                    limit: budget.part.limit(),
                });
            }
        }
        let mut used: f64 = 0.0;
        for budget in &budgets {
            let bucket = buckets.filled(budget, now);
            bucket.left -= budget.cost;
            used = used.max(1.0 - bucket.left / budget.size);
        }
        Ok(used)
    }
}

impl Buckets {
    fn filled(&mut self, budget: &Budget<'_>, now: i64) -> &mut Bucket {
        let key = (Arc::clone(budget.owner), budget.part);
        let bucket = self.by_owner.entry(key).or_insert(Bucket {
            left: budget.size,
            filled_at: now,
        });
        let passed = now.saturating_sub(bucket.filled_at).clamp(0, 3_600_000_000);
        let passed = f64::from(u32::try_from(passed).unwrap_or(u32::MAX)) / 1_000_000.0;
        bucket.left = (bucket.left + passed * budget.size / budget.seconds).min(budget.size);
        bucket.filled_at = now;
        bucket
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Payer(Throttle, Arc<str>);

    impl Payer {
        fn new(mode: Throttling) -> Self {
            Self(Throttle::of(mode), "app".into())
        }

        fn pay(
            &self,
            tenant: &Arc<str>,
            family: Family,
            is_change: IsChange,
            now: i64,
        ) -> Result<f64, TooMany> {
            let cost = Cost {
                tenant,
                app: &self.1,
                family,
                units: 1,
                is_change,
                users: 10,
            };
            self.0.pay(cost, now)
        }
    }

    #[test]
    fn a_budget_runs_out_for_its_owner_alone_and_fills_again() {
        let payer = Payer::new(Throttling::Documented);
        let (one, other): (Arc<str>, Arc<str>) = ("one".into(), "other".into());
        for _ in 0..1_000 {
            payer.pay(&one, Family::Intune, IsChange::No, 0).unwrap();
        }
        let refused = payer
            .pay(&one, Family::Intune, IsChange::No, 0)
            .unwrap_err();
        assert_eq!(
            (refused.retry_after, refused.scope),
            (Some(1), "Tenant_Application")
        );
        payer.pay(&one, Family::Directory, IsChange::No, 0).unwrap();
        payer
            .pay(&one, Family::Intune, IsChange::No, 1_000_000)
            .unwrap();
        let fresh = Payer::new(Throttling::Documented);
        fresh.pay(&other, Family::Intune, IsChange::No, 0).unwrap();
    }

    #[test]
    fn changes_have_a_budget_of_their_own() {
        let payer = Payer::new(Throttling::Documented);
        let tenant: Arc<str> = "one".into();
        for _ in 0..100 {
            payer
                .pay(&tenant, Family::Intune, IsChange::Yes, 0)
                .unwrap();
        }
        assert!(
            payer
                .pay(&tenant, Family::Intune, IsChange::Yes, 0)
                .is_err()
        );
        payer.pay(&tenant, Family::Intune, IsChange::No, 0).unwrap();
    }

    #[test]
    fn conditional_access_has_one_request_a_second_and_does_not_say_when() {
        let payer = Payer::new(Throttling::Documented);
        let tenant: Arc<str> = "one".into();
        let ask = |now| payer.pay(&tenant, Family::ConditionalAccess, IsChange::No, now);
        ask(0).unwrap();
        assert_eq!(ask(500_000).unwrap_err().retry_after, None);
        ask(1_600_000).unwrap();
    }

    #[test]
    fn the_default_lets_a_busy_client_through() {
        let payer = Payer::new(Throttling::default());
        let tenant: Arc<str> = "one".into();
        for _ in 0..50_000 {
            payer.pay(&tenant, Family::Intune, IsChange::No, 0).unwrap();
        }
    }
}
