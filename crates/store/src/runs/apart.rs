//! Claiming tenant by tenant, where somebody stands in the way of a claim of all together.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use domain::ids::WorkerId;
use policy::Started;

use super::claim::Company;
use crate::{
    Store,
    error::StoreError,
    queue::{Share, Slots},
};

/// How many tenants are waited for, a second each, of whose runs somebody holds what they need.
const HELD_MOST: usize = 5;

/// How long tenants are claimed by themselves before what has started by then is worked on.
const APART_FOR: Duration = Duration::from_secs(5);

impl Store {
    /// Claims as [`Store::runs_start`] does, each tenant's runs in a transaction of their own: whoever holds what one
    /// tenant's runs rest on holds up no other's.
    pub(super) async fn start_apart(
        &self,
        worker: WorkerId,
        slots: Slots,
    ) -> Result<Started, StoreError> {
        let mut all = Started::default();
        let Some((now, shares)) = self.shares(slots).await? else {
            return Ok(all);
        };
        let mut tenants: BTreeMap<_, Vec<Share>> = BTreeMap::new();
        for share in shares {
            tenants.entry(share.scope).or_default().push(share);
        }
        let (begun, mut held) = (Instant::now(), 0);
        // Not always the same ones first: of those that are held, only so many are waited for.
        let first = self.turns.first_apart(tenants.len());
        let order = tenants.iter().cycle().skip(first).take(tenants.len());
        for (scope, shares) in order {
            let started = match self.claim_shares(worker, now, shares, Company::Alone).await {
                Ok(Some((claim, facts))) => policy::start(claim, &facts).await,
                Ok(None) => continue,
                Err(error) => Err(error),
            };
            match started {
                Ok(started) => {
                    all.running.extend(started.running);
                    all.refused.extend(started.refused);
                }
                Err(error) if error.is_held_by_another() => {
                    held += 1;
                    let why = error.with_causes();
                    tracing::warn!(tenant.id = %scope, error = why, "somebody holds what this tenant's runs need");
                    if held == HELD_MOST {
                        break;
                    }
                }
                // What is decided is told, and the next claim meets the same.
                Err(error) if !all.running.is_empty() || !all.refused.is_empty() => {
                    let why = error.with_causes();
                    tracing::warn!(tenant.id = %scope, error = why, "claiming tenant by tenant broke off");
                    break;
                }
                Err(error) => return Err(error),
            }
            // What has started is to be worked on while its lease is young.
            if begun.elapsed() >= APART_FOR {
                break;
            }
        }
        Ok(all)
    }
}
