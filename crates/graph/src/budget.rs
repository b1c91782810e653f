//! What each tenant may still be asked: the documented limits, and the waits that the provider stated.
//!
//! A call counts against several limits at once: the application's in all tenants, the tenant's for all applications,
//! and that of the application in the tenant. It takes from all of them or from none, so what waits for one limit
//! keeps nothing that another call needs, and a throttled tenant slows nobody else.

mod cost;
mod window;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::connection::Connection;
use crate::contracts::Service;
use crate::http::Limits;

pub(crate) use cost::Cost;
use window::{Limit, Window};

/// A stated wait keeps other calls back for this long at most; then one finds out whether it still holds.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);
/// How many idle budgets may lie about before they are thrown out.
const IDLE_LIMIT: usize = 512;

/// Whose calls count together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    /// An application's, whatever it asks of whatever tenant.
    Application(String),
    /// All that is asked of a tenant's service; of other programs' calls nothing is known here.
    Tenant(String, Service),
    /// An application's to a tenant's service.
    ApplicationInTenant(String, String, Service),
}

impl Whose {
    /// Everybody a call counts for; the one who is told to wait comes last.
    fn all(connection: &Connection, service: Service) -> [Self; 3] {
        let tenant = || connection.tenant_id().to_owned();
        let client = || connection.client_id().to_owned();
        let of_tenant = Self::Tenant(tenant(), service);
        let of_both = Self::ApplicationInTenant(client(), tenant(), service);
        let of_application = Self::Application(client());
        match service {
            Service::Directory | Service::Intune => [of_application, of_tenant, of_both],
            // Throttled, every application of the tenant is.
            Service::ConditionalAccess => [of_application, of_both, of_tenant],
        }
    }

    /// The documented limits: of all calls, and of writes.
    const fn limits(&self) -> (Option<Limit>, Option<Limit>) {
        match self {
            // The lower of two figures: later documentation allows 130,000 in ten seconds.
            Self::Application(_) => (Some(Limit::of(2_000, 1)), None),
            Self::Tenant(_, Service::Directory)
            | Self::ApplicationInTenant(_, _, Service::ConditionalAccess) => (None, None),
            Self::Tenant(_, Service::Intune) => {
                (Some(Limit::of(2_000, 20)), Some(Limit::of(200, 20)))
            }
            Self::Tenant(_, Service::ConditionalAccess) => (Some(Limit::of(1, 1)), None),
            // The bucket of the smallest tenants: how large this one is, nobody says.
            Self::ApplicationInTenant(_, _, Service::Directory) => {
                (Some(Limit::of(3_500, 10)), Some(Limit::of(3_000, 150)))
            }
            Self::ApplicationInTenant(_, _, Service::Intune) => {
                (Some(Limit::of(1_000, 20)), Some(Limit::of(100, 20)))
            }
        }
    }

    /// What a call costs here: all services together count requests, each of them units.
    const fn units(&self, cost: Cost) -> u32 {
        match self {
            Self::Application(_) => cost.requests,
            Self::Tenant(..) | Self::ApplicationInTenant(..) => cost.units,
        }
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    graph: String,
    whose: Whose,
}

#[derive(Debug)]
struct Budget {
    all: Option<Window>,
    writes: Option<Window>,
    paused_until: Option<Instant>,
}

impl Budget {
    fn new((all, writes): (Option<Limit>, Option<Limit>), now: Instant) -> Self {
        let window = |limit| Window::new(limit, now);
        Self {
            all: all.map(window),
            writes: writes.map(window),
            paused_until: None,
        }
    }

    fn paused(&self, now: Instant) -> Duration {
        self.paused_until
            .map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    fn windows(&mut self, cost: Cost) -> impl Iterator<Item = &mut Window> {
        let writes = self.writes.as_mut().filter(|_| cost.is_write);
        self.all.as_mut().into_iter().chain(writes)
    }

    /// Whether a new budget would be the same as this one.
    fn is_idle(&mut self, now: Instant) -> bool {
        let mut windows = self.all.iter_mut().chain(&mut self.writes);
        windows.all(|window| window.is_empty(now)) && self.paused(now).is_zero()
    }
}

/// The budgets of all tenants and applications.
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

    /// Takes what a call costs from every limit it counts against, or says how long to wait before asking again.
    pub(crate) fn take(
        &self,
        connection: &Connection,
        charges: &[(Service, Cost)],
        now: Instant,
    ) -> Result<(), Duration> {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wait = Duration::ZERO;
        let of = |(service, cost): &(Service, Cost)| {
            let cost = *cost;
            Whose::all(connection, *service).map(|whose| (whose, cost))
        };
        let everybody: Vec<_> = charges.iter().flat_map(of).collect();
        for (whose, cost) in &everybody {
            let budget = Self::of(&mut budgets, connection, whose, now);
            wait = wait.max(budget.paused(now));
            if self.limits == Limits::Documented {
                for window in budget.windows(*cost) {
                    wait = wait.max(window.wait(whose.units(*cost), now));
                }
            }
        }
        if !wait.is_zero() {
            return Err(wait);
        }
        if self.limits == Limits::Documented {
            for (whose, cost) in &everybody {
                let budget = Self::of(&mut budgets, connection, whose, now);
                for window in budget.windows(*cost) {
                    window.spend(whose.units(*cost));
                }
            }
        }
        Ok(())
    }

    /// Keeps further calls back for as long as the provider asked to wait.
    pub(crate) fn pause(
        &self,
        connection: &Connection,
        service: Service,
        wait: Duration,
        now: Instant,
    ) {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        let [_, _, whose] = Whose::all(connection, service);
        let budget = Self::of(&mut budgets, connection, &whose, now);
        let until = now + wait.min(LONGEST_PAUSE);
        budget.paused_until = Some(budget.paused_until.map_or(until, |known| known.max(until)));
    }

    fn of<'a>(
        budgets: &'a mut HashMap<Key, Budget>,
        connection: &Connection,
        whose: &Whose,
        now: Instant,
    ) -> &'a mut Budget {
        let key = Key {
            graph: connection.cloud().graph().to_owned(),
            whose: whose.clone(),
        };
        if budgets.len() >= IDLE_LIMIT && !budgets.contains_key(&key) {
            budgets.retain(|_, budget| !budget.is_idle(now));
        }
        let limits = whose.limits();
        budgets
            .entry(key)
            .or_insert_with(|| Budget::new(limits, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Endpoints;
    use secrecy::SecretString;

    fn connection(tenant: u8) -> Connection {
        by(tenant, 1)
    }

    /// An application's way into a tenant.
    fn by(tenant: u8, application: u8) -> Connection {
        let tenant = format!("00000000-0000-0000-0000-0000000000{tenant:02}");
        let client = format!("00000000-0000-0000-0000-0000000001{application:02}");
        Connection::new(
            &tenant,
            &client,
            SecretString::from("s"),
            Endpoints::global(),
        )
        .unwrap()
    }

    /// How many calls go through at one moment, and how long the next one waits.
    fn burst(budgets: &Budgets, service: Service, cost: Cost, now: Instant) -> (u32, Duration) {
        burst_by(&connection(1), budgets, service, cost, now)
    }

    fn burst_by(
        connection: &Connection,
        budgets: &Budgets,
        service: Service,
        cost: Cost,
        now: Instant,
    ) -> (u32, Duration) {
        let mut through = 0;
        loop {
            match budgets.take(connection, &[(service, cost)], now) {
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
        let second = |seconds| now + Duration::from_secs(seconds);
        let (through, wait) = burst(&budgets, Service::Directory, read, second(1));
        assert_eq!((through, wait), (2_000, Duration::from_secs(1)));
        let (through, wait) = burst(&budgets, Service::Directory, read, second(2));
        assert_eq!((through, wait), (1_500, Duration::from_secs(9)));
        let access = Service::ConditionalAccess;
        let (through, wait) = burst(&budgets, access, read, second(3));
        assert_eq!((through, wait), (1, Duration::from_secs(1)));
        let later = now + Duration::from_secs(20);
        let (writes, wait) = burst(&budgets, Service::Intune, Cost::write(), later);
        assert_eq!((writes, wait), (100, Duration::from_secs(20)));
    }

    #[test]
    fn p01_an_application_has_one_budget_for_all_tenants() {
        let now = Instant::now();
        let budgets = Budgets::new(Limits::Documented);
        let read = Cost::object().times(20);
        let mut through = 0;
        for tenant in 0..10 {
            let connection = connection(tenant);
            through += burst_by(&connection, &budgets, Service::Intune, read, now).0;
        }
        assert_eq!(through * 20, 2_000, "requests, however they are batched");
        let take = |connection: &Connection, at| {
            budgets.take(connection, &[(Service::Intune, Cost::object())], at)
        };
        let second = Duration::from_secs(1);
        assert_eq!(take(&connection(9), now), Err(second));
        assert_eq!(take(&by(9, 2), now), Ok(()), "another application");
        assert_eq!(take(&connection(9), now + second), Ok(()));
    }

    #[test]
    fn p01_a_batch_of_two_services_takes_from_both_or_from_neither() {
        let now = Instant::now();
        let budgets = Budgets::new(Limits::Documented);
        let read = Cost::object();
        burst(&budgets, Service::Intune, read, now);
        let later = now + Duration::from_secs(1);
        let both = [(Service::Directory, read), (Service::Intune, read)];
        let waits = budgets.take(&connection(1), &both, later);
        assert_eq!(waits, Err(Duration::from_secs(19)));
        let (through, _) = burst(&budgets, Service::Directory, read, later);
        assert_eq!(through, 2_000, "the application's second is whole");
    }

    #[test]
    fn p01_the_applications_of_a_tenant_share_what_the_tenant_has() {
        let now = Instant::now();
        let budgets = Budgets::new(Limits::Documented);
        let burst = |application: u8, service, cost| {
            burst_by(&by(1, application), &budgets, service, cost, now)
        };
        let twenty = Duration::from_secs(20);
        let write = Cost::write();
        assert_eq!(burst(1, Service::Intune, write), (100, twenty));
        assert_eq!(burst(2, Service::Intune, write), (100, twenty));
        assert_eq!(burst(3, Service::Intune, write), (0, twenty), "of 200");
        let read = Cost::object();
        assert_eq!(burst(1, Service::Intune, read), (900, twenty));
        assert_eq!(burst(2, Service::Intune, read), (900, twenty));
        assert_eq!(burst(3, Service::Intune, read), (0, twenty), "of 2,000");
        // What waits for the tenant has taken nothing from its application.
        let other = burst_by(&by(2, 3), &budgets, Service::Intune, read, now);
        assert_eq!(other, (1_000, twenty));
        let access = Service::ConditionalAccess;
        let second = Duration::from_secs(1);
        assert_eq!(burst(1, access, read), (1, second));
        assert_eq!(burst(3, access, read), (0, second), "all applications");
        budgets.pause(&by(1, 2), access, twenty, now);
        let later = now + second;
        let waits = budgets.take(&by(1, 1), &[(access, read)], later);
        assert_eq!(waits, Err(twenty.saturating_sub(second)));
    }

    #[test]
    fn p01_a_window_slides() {
        let now = Instant::now();
        let budgets = Budgets::new(Limits::Documented);
        let cost = Cost::object().times(600);
        let take = |after: u64| {
            let at = now + Duration::from_secs(after);
            budgets.take(&connection(1), &[(Service::Intune, cost)], at)
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
            |tenant, service| budgets.take(&connection(tenant), &[(service, Cost::object())], now);
        assert_eq!(take(1, Service::Intune), Err(wait));
        assert_eq!(take(1, Service::Directory), Ok(()), "another service");
        assert_eq!(take(2, Service::Intune), Ok(()), "another tenant");
        for _ in 0..5_000 {
            assert_eq!(take(1, Service::Intune), Err(wait));
        }
        let (through, _) = burst_by(
            &connection(3),
            &budgets,
            Service::Intune,
            Cost::object(),
            now,
        );
        assert_eq!(through, 1_000, "what waits takes nothing from the others");
        let day = Duration::from_secs(86_400);
        budgets.pause(&connection(2), Service::Intune, day, now);
        assert_eq!(
            take(2, Service::Intune),
            Err(LONGEST_PAUSE),
            "a huge wait is looked after"
        );
    }
}
