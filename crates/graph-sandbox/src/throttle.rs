//! Request budgets per tenant, as Graph documents them.

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
    /// The documented budgets: Intune 1,000 requests in 20 s, the directory
    /// 3,500 units in 10 s, for each tenant.
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
    Directory,
    Intune,
}

#[derive(Debug)]
struct Bucket {
    left: f64,
    filled_at: i64,
}

/// A request that came too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany {
    /// Seconds until it would be answered.
    pub(crate) retry_after: u64,
}

impl Throttle {
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

    /// Pays `cost` units at `now`, in microseconds; answers how much of the
    /// budget is used, from 0 to 1.
    pub(crate) fn pay(
        &self,
        tenant: &Arc<str>,
        family: Family,
        cost: u32,
        now: i64,
    ) -> Result<f64, TooMany> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(factor) = buckets.mode.factor() else {
            return Ok(0.0);
        };
        let (part, size, seconds) = match family {
            Family::Directory => (Part::Directory, 3_500.0 * factor, 10.0),
            Family::Intune => (Part::Intune, 1_000.0 * factor, 20.0),
        };
        let bucket = buckets
            .by_owner
            .entry((Arc::clone(tenant), part))
            .or_insert(Bucket {
                left: size,
                filled_at: now,
            });
        let passed = now.saturating_sub(bucket.filled_at).clamp(0, 3_600_000_000);
        let passed = f64::from(u32::try_from(passed).unwrap_or(u32::MAX)) / 1_000_000.0;
        bucket.left = (bucket.left + passed * size / seconds).min(size);
        bucket.filled_at = now;
        let cost = f64::from(cost);
        if bucket.left < cost {
            let wait = std::time::Duration::from_secs_f64((cost - bucket.left) * seconds / size);
            let partial = u64::from(wait.subsec_nanos() > 0);
            return Err(TooMany {
                retry_after: (wait.as_secs() + partial).max(1),
            });
        }
        bucket.left -= cost;
        Ok(1.0 - bucket.left / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_runs_out_for_its_tenant_alone_and_fills_again() {
        let throttle = Throttle::default();
        throttle.set_mode(Throttling::Documented);
        let (one, other): (Arc<str>, Arc<str>) = ("one".into(), "other".into());
        for _ in 0..1_000 {
            throttle.pay(&one, Family::Intune, 1, 0).unwrap();
        }
        let refused = throttle.pay(&one, Family::Intune, 1, 0).unwrap_err();
        assert_eq!(refused.retry_after, 1);
        throttle.pay(&other, Family::Intune, 1, 0).unwrap();
        throttle.pay(&one, Family::Directory, 1, 0).unwrap();
        throttle.pay(&one, Family::Intune, 1, 1_000_000).unwrap();
    }

    #[test]
    fn the_default_lets_a_busy_client_through() {
        let throttle = Throttle::default();
        let tenant: Arc<str> = "one".into();
        for _ in 0..50_000 {
            throttle.pay(&tenant, Family::Intune, 1, 0).unwrap();
        }
    }
}
