//! Whose turn it is: tenants one after the other, people before the system, and nobody left waiting for ever.
//!
//! The rule. The tenants with something to do stand in a ring, in the order of their ids, and a process
//! remembers where in it the last claim ended. A tenant of which nothing is under way goes before one that
//! has something going; each is given a few runs at a time and never more than its limit allows. What a
//! person asked for goes before what the system does by itself, but of every [`SHARE_OF_THE_AGED`] starts one
//! belongs to a run that has waited for longer than [`AGEING`], whatever its priority.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::{
    ids::ScopeId,
    time::{MINUTE, Timestamp},
};
use uuid::Uuid;

use super::plan::{Candidate, Pass, Plan, Share, Slots, Tenants, at_a_time};
use crate::{
    Store,
    error::StoreError,
    sql::{Statement, Walk, args, same},
};

/// How long a run of a later priority waits before it has a share of its own.
const AGEING: i64 = MINUTE;
/// Of so many starts, one is for what has waited for longer than [`AGEING`].
const SHARE_OF_THE_AGED: i64 = 4;

static PRIORITIES: Statement = same(
    "run_queue_priorities",
    "with recursive level (priority) as (
       select (select q.priority from run_queue q where q.status = 'queued' order by q.priority limit 1)
       union all
       select (select q.priority from run_queue q where q.status = 'queued' and q.priority > l.priority
         order by q.priority limit 1) from level l where l.priority is not null)
     select priority from level where priority is not null",
);

/// Where this process's claims are in the ring of each priority.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<Place>);

#[derive(Debug, Default)]
struct Place {
    last: BTreeMap<i64, Uuid>,
    started: i64,
    apart: usize,
}

impl Turns {
    fn lock(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After which tenant the ring of a priority goes on.
    pub(super) fn after(&self, priority: i64) -> Uuid {
        let place = self.lock();
        place.last.get(&priority).copied().unwrap_or(Uuid::nil())
    }

    fn move_to(&self, priority: i64, scope: ScopeId) {
        self.lock().last.insert(priority, scope.as_uuid());
    }

    /// How many of the next starts belong to what has waited for long.
    fn owed(&self, free: i64) -> i64 {
        let started = self.lock().started;
        (started + free) / SHARE_OF_THE_AGED - started / SHARE_OF_THE_AGED
    }

    /// With which of so many tenants the next claim begins that takes each by itself.
    pub(crate) fn first_apart(&self, tenants: usize) -> usize {
        let mut place = self.lock();
        place.apart = (place.apart + 1) % tenants.max(1);
        place.apart
    }

    fn count(&self, started: i64) {
        self.lock().started += started;
    }
}

impl Store {
    /// Whose turn it is now, and for how many runs; nothing is locked by asking.
    pub(crate) async fn shares(
        &self,
        slots: Slots,
    ) -> Result<Option<(Timestamp, Vec<Share>)>, StoreError> {
        let mut walk = self.db.walk().await?;
        let shares = self.shares_on(&mut walk, slots).await?;
        walk.end().await?;
        Ok(shares)
    }

    async fn shares_on(
        &self,
        walk: &mut Walk<'_>,
        slots: Slots,
    ) -> Result<Option<(Timestamp, Vec<Share>)>, StoreError> {
        let rows = walk.fetch(&PRIORITIES, args![]).await?;
        let priorities = rows
            .iter()
            .map(|row| row.int("priority"))
            .collect::<Result<Vec<_>, _>>()?;
        if priorities.is_empty() {
            return Ok(None);
        }
        let now = walk.now().await?;
        let mut plan = Plan::new(slots, self.queue.tenant_limit);
        let owed = self.turns.owed(slots.free);
        let mut aged = owed;
        for priority in priorities.iter().skip(1).rev() {
            aged -= self
                .visit(walk, &mut plan, *priority, now.plus(-AGEING), aged)
                .await?;
        }
        for priority in &priorities {
            let left = plan.left();
            self.visit(walk, &mut plan, *priority, now, left).await?;
        }
        self.turns.count(slots.free - plan.left());
        Ok((!plan.shares.is_empty()).then_some((now, plan.shares)))
    }

    /// Gives out up to `most` runs of a priority, first where nothing is under way; answers how many.
    async fn visit(
        &self,
        walk: &mut Walk<'_>,
        plan: &mut Plan,
        priority: i64,
        due: Timestamp,
        most: i64,
    ) -> Result<i64, StoreError> {
        if most <= 0 {
            return Ok(0);
        }
        let before = plan.left();
        let [idle, any] = [Tenants::Idle, Tenants::Any].map(|tenants| Pass {
            priority,
            due,
            tenants,
        });
        if plan.left() <= plan.slots.spare {
            let first = self.round(walk, plan, idle, most, at_a_time(most)).await?;
            self.give(plan, &first.candidates, idle, most);
            return Ok(before - plan.left());
        }
        // One look is enough for both passes where it has found all tenants.
        let mut round = self.round(walk, plan, any, most, at_a_time(most)).await?;
        let first = match round.idle() {
            Some(first) => first,
            None => {
                let idle = self.round(walk, plan, idle, most, at_a_time(most)).await?;
                idle.candidates
            }
        };
        if let Some(last) = self.give(plan, &first, idle, most) {
            round.go_on_after(last);
        }
        let given = before - plan.left();
        let most = (most - given).min(plan.left() - plan.slots.spare);
        if most > 0 {
            if !round.is_enough(plan, any, most) {
                round = self.round(walk, plan, any, most, most).await?;
            }
            self.give(plan, &round.candidates, any, most);
        }
        Ok(before - plan.left())
    }

    /// Gives tenants their shares, and remembers where the ring goes on; answers who was the last to get one.
    fn give(
        &self,
        plan: &mut Plan,
        candidates: &[Candidate],
        pass: Pass,
        most: i64,
    ) -> Option<ScopeId> {
        let last = plan.give(candidates, pass, most)?;
        self.turns.move_to(pass.priority, last);
        Some(last)
    }
}
