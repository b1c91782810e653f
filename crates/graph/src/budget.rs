//! What each tenant may still be asked: the documented limits, and the waits that the provider stated.
//!
//! Every (tenant, application, service) has a budget of its own. Waiting for one keeps nothing
//! that another needs, so a throttled tenant slows nobody else.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::connection::Connection;
use crate::contracts::{Contract, PageSize, Service};
use crate::http::Limits;

/// A stated wait keeps other calls back for this long at most; then one finds out whether it still holds.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);
/// Into how many slots a window is cut.
const SLOTS: usize = 20;
/// How many idle budgets may lie about before they are thrown out.
const IDLE_LIMIT: usize = 256;

/// What a call costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Units of the service's limit of all calls.
    pub(crate) units: u32,
    /// Whether it changes something, which has a limit of its own.
    pub(crate) is_write: bool,
}

impl Cost {
    /// Reading one page of a type.
    pub(crate) fn page(contract: &Contract) -> Self {
        let expands = contract.expand.known().flatten().is_some();
        let selects = contract
            .select
            .known()
            .is_some_and(|select| !select.is_empty());
        let small = matches!(contract.page_size.known(), Some(PageSize::Top(top)) if top < 20);
        let units = match contract.service {
            // A list is charged for its fields: fewer are cheaper, related objects dearer.
            Service::Directory => 2 + u32::from(expands) - u32::from(selects) - u32::from(small),
            Service::Intune | Service::ConditionalAccess => 1,
        };
        let units = units.max(1);
        Self {
            units,
            is_write: false,
        }
    }

    /// Reading one object.
    pub(crate) const fn object() -> Self {
        Self {
            units: 1,
            is_write: false,
        }
    }

    /// Changing one object.
    pub(crate) const fn write() -> Self {
        Self {
            units: 1,
            is_write: true,
        }
    }

    /// Several at once.
    pub(crate) fn times(self, count: usize) -> Self {
        let units = self
            .units
            .saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        Self { units, ..self }
    }
}

/// So many units in so long.
#[derive(Debug, Clone, Copy)]
struct Limit {
    units: u32,
    window: Duration,
}

/// The documented limits of one application in one tenant: of all calls, and of writes.
const fn limits(service: Service) -> (Limit, Limit) {
    const fn limit(units: u32, seconds: u64) -> Limit {
        Limit {
            units,
            window: Duration::from_secs(seconds),
        }
    }
    match service {
        // The bucket of the smallest tenants: how large this one is, nobody says.
        Service::Directory => (limit(3_500, 10), limit(3_000, 150)),
        Service::Intune => (limit(1_000, 20), limit(100, 20)),
        // Of all applications of the tenant together, so what is left may be less.
        Service::ConditionalAccess => (limit(1, 1), limit(1, 1)),
    }
}

/// What was spent in the last window, by slots.
#[derive(Debug)]
struct Window {
    limit: Limit,
    slots: [u32; SLOTS],
    /// The number of the newest slot, counted from `origin`.
    newest: u64,
    origin: Instant,
}

impl Window {
    fn new(limit: Limit, now: Instant) -> Self {
        Self {
            limit,
            slots: [0; SLOTS],
            newest: 0,
            origin: now,
        }
    }

    fn slot_length(&self) -> Duration {
        self.limit.window / u32::try_from(SLOTS).unwrap_or(1)
    }

    fn slot(&mut self, number: u64) -> Option<&mut u32> {
        let at = usize::try_from(number).unwrap_or(0) % SLOTS;
        self.slots.get_mut(at)
    }

    /// Forgets what lies before the window that ends now.
    fn advance(&mut self, now: Instant) {
        let since = now.saturating_duration_since(self.origin).as_nanos();
        let number =
            u64::try_from(since / self.slot_length().as_nanos().max(1)).unwrap_or(u64::MAX);
        let passed = number.saturating_sub(self.newest).min(SLOTS as u64);
        for step in 0..passed {
            if let Some(slot) = self.slot(number - step) {
                *slot = 0;
            }
        }
        self.newest = self.newest.max(number);
    }

    /// How long until there is room; a cost above the whole limit waits for an empty window.
    fn wait(&mut self, units: u32, now: Instant) -> Duration {
        self.advance(now);
        let used: u32 = self.slots.iter().sum();
        let most = self.limit.units.saturating_sub(units);
        if used <= most {
            return Duration::ZERO;
        }
        let mut left = used;
        let length = self.slot_length();
        for age in (0..SLOTS as u64).rev() {
            let Some(number) = self.newest.checked_sub(age) else {
                continue;
            };
            left -= self.slot(number).map_or(0, |slot| *slot).min(left);
            if left <= most {
                // That slot leaves the window when the one that reuses its place begins.
                let begins =
                    self.origin + length * u32::try_from(number + SLOTS as u64).unwrap_or(u32::MAX);
                return begins.saturating_duration_since(now);
            }
        }
        self.limit.window
    }

    fn spend(&mut self, units: u32) {
        let newest = self.newest;
        if let Some(slot) = self.slot(newest) {
            *slot = slot.saturating_add(units);
        }
    }
}

#[derive(Debug)]
struct Budget {
    all: Window,
    writes: Window,
    paused_until: Option<Instant>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    graph: String,
    tenant: String,
    client: String,
    service: Service,
}

/// The budgets of all tenants.
#[derive(Debug)]
pub(crate) struct Budgets {
    limits: Limits,
    budgets: Mutex<HashMap<Key, Budget>>,
}

impl Budgets {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            budgets: Mutex::default(),
        }
    }

    /// Takes what a call costs, or says how long to wait before asking for it again.
    pub(crate) fn take(
        &self,
        connection: &Connection,
        service: Service,
        cost: Cost,
        now: Instant,
    ) -> Result<(), Duration> {
        self.with(connection, service, now, |budget| {
            let paused = budget
                .paused_until
                .map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
            if self.limits == Limits::Stated {
                return if paused.is_zero() {
                    Ok(())
                } else {
                    Err(paused)
                };
            }
            let mut wait = paused.max(budget.all.wait(cost.units, now));
            if cost.is_write {
                wait = wait.max(budget.writes.wait(cost.units, now));
            }
            if !wait.is_zero() {
                return Err(wait);
            }
            budget.all.spend(cost.units);
            if cost.is_write {
                budget.writes.spend(cost.units);
            }
            Ok(())
        })
    }

    /// Keeps further calls back for as long as the provider asked to wait.
    pub(crate) fn pause(
        &self,
        connection: &Connection,
        service: Service,
        wait: Duration,
        now: Instant,
    ) {
        self.with(connection, service, now, |budget| {
            let until = now + wait.min(LONGEST_PAUSE);
            budget.paused_until = Some(budget.paused_until.map_or(until, |known| known.max(until)));
        });
    }

    fn with<T>(
        &self,
        connection: &Connection,
        service: Service,
        now: Instant,
        act: impl FnOnce(&mut Budget) -> T,
    ) -> T {
        let key = Key {
            graph: connection.cloud().graph().to_owned(),
            tenant: connection.tenant_id().to_owned(),
            client: connection.client_id().to_owned(),
            service,
        };
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        if budgets.len() >= IDLE_LIMIT && !budgets.contains_key(&key) {
            budgets.retain(|_, budget| !budget.is_idle(now));
        }
        let (all, writes) = limits(service);
        act(budgets.entry(key).or_insert_with(|| Budget {
            all: Window::new(all, now),
            writes: Window::new(writes, now),
            paused_until: None,
        }))
    }
}

impl Budget {
    /// Whether a new budget would be the same as this one.
    fn is_idle(&mut self, now: Instant) -> bool {
        self.all.advance(now);
        self.writes.advance(now);
        let paused = self.paused_until.is_some_and(|until| until > now);
        !paused
            && self
                .all
                .slots
                .iter()
                .chain(&self.writes.slots)
                .all(|slot| *slot == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Endpoints;
    use secrecy::SecretString;

    fn connection(tenant: u8) -> Connection {
        let tenant = format!("00000000-0000-0000-0000-0000000000{tenant:02}");
        let client = "00000000-0000-0000-0000-0000000000aa";
        Connection::new(
            &tenant,
            client,
            SecretString::from("s"),
            Endpoints::global(),
        )
        .unwrap()
    }

    /// How many calls go through at one moment, and how long the next one waits.
    fn burst(budgets: &Budgets, service: Service, cost: Cost, now: Instant) -> (u32, Duration) {
        let mut through = 0;
        loop {
            match budgets.take(&connection(1), service, cost, now) {
                Ok(()) => through += 1,
                Err(wait) => return (through, wait),
            }
        }
    }

    #[test]
    fn p01_each_service_has_its_documented_budget() {
        let now = Instant::now();
        let budgets = Budgets::new(Limits::Documented);
        let read = Cost::object();
        let (through, wait) = burst(&budgets, Service::Intune, read, now);
        assert_eq!((through, wait), (1_000, Duration::from_secs(20)));
        let (through, wait) = burst(&budgets, Service::Directory, read, now);
        assert_eq!((through, wait), (3_500, Duration::from_secs(10)));
        let (through, wait) = burst(&budgets, Service::ConditionalAccess, read, now);
        assert_eq!((through, wait), (1, Duration::from_secs(1)));
        let later = now + Duration::from_secs(20);
        let (writes, wait) = burst(&budgets, Service::Intune, Cost::write(), later);
        assert_eq!((writes, wait), (100, Duration::from_secs(20)));
    }

    #[test]
    fn p01_a_window_slides() {
        let now = Instant::now();
        let budgets = Budgets::new(Limits::Documented);
        let cost = Cost::object().times(600);
        let take = |after: u64| {
            let at = now + Duration::from_secs(after);
            budgets.take(&connection(1), Service::Intune, cost, at)
        };
        assert_eq!(take(0), Ok(()));
        assert_eq!(
            take(5),
            Err(Duration::from_secs(15)),
            "600 and 600 are too many"
        );
        assert_eq!(take(20), Ok(()));
        assert_eq!(take(39), Err(Duration::from_secs(1)));
        assert_eq!(take(400), Ok(()), "long idle");
    }

    #[test]
    fn p01_a_throttled_tenant_slows_nobody_else() {
        let now = Instant::now();
        let budgets = Budgets::new(Limits::Documented);
        let wait = Duration::from_secs(60);
        budgets.pause(&connection(1), Service::Intune, wait, now);
        let take =
            |tenant, service| budgets.take(&connection(tenant), service, Cost::object(), now);
        assert_eq!(take(1, Service::Intune), Err(wait));
        assert_eq!(take(1, Service::Directory), Ok(()), "another service");
        assert_eq!(take(2, Service::Intune), Ok(()), "another tenant");
        let day = Duration::from_secs(86_400);
        budgets.pause(&connection(2), Service::Intune, day, now);
        assert_eq!(
            take(2, Service::Intune),
            Err(LONGEST_PAUSE),
            "a huge wait is looked after"
        );
    }

    #[test]
    fn p01_costs_follow_the_documented_weights() {
        let cost = |key| Cost::page(crate::contracts::contract(key).unwrap()).units;
        assert_eq!(cost("groups"), 1, "a choice of fields");
        assert_eq!(cost("app_role_assignments"), 2, "a plain list");
        assert_eq!(cost("compliance_policies"), 1, "Intune counts requests");
    }
}
