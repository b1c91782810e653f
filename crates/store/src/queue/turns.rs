//! Whose turn it is: tenants one after the other, people before the system, and nobody left waiting for ever.
//!
//! The rule. The tenants with something to do stand in a ring, in the order of their ids, and a process
//! remembers where in it the last claim ended. A tenant of which nothing is under way goes before one that
//! has something going; each is given a few runs at a time and never more than its limit allows. What a
//! person asked for goes before what the system does by itself, but of every [`SHARE_OF_THE_AGED`] starts one
//! belongs to a run that has waited for longer than [`AGEING`], whatever its priority.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::{
    ids::ScopeId,
    time::{MINUTE, Timestamp},
};
use serde_json::json;
use uuid::Uuid;

use super::scope_key;
use crate::{
    Store,
    audit::to_json,
    error::StoreError,
    sql::{Statement, args, dialects, same},
};

/// How long a run of a later priority waits before it has a share of its own.
const AGEING: i64 = MINUTE;
/// Of so many starts, one is for what has waited for longer than [`AGEING`].
const SHARE_OF_THE_AGED: i64 = 4;
/// Over how many tenants a claim is spread when each has plenty: fewer, and a tenant waits for another's
/// whole share; more, and two processes that claim at once meet in every tenant.
const SPREAD: i64 = 16;

static PRIORITIES: Statement = same(
    "run_queue_priorities",
    "with recursive level (priority) as (
       select (select q.priority from run_queue q where q.status = 'queued' order by q.priority limit 1)
       union all
       select (select q.priority from run_queue q where q.status = 'queued' and q.priority > l.priority
         order by q.priority limit 1) from level l where l.priority is not null)
     select priority from level where priority is not null",
);
// From the tenant after $2 to the end, then from the first one up to $2; each step is one look into the index,
// and none is taken past the last tenant that is wanted. What is under way is counted first, and the rest only for
// tenants that have room; where PostgreSQL may put the steps together it counts everything twice.
macro_rules! ring {
    ($a_step:literal, $served:literal) => {
        concat!(
            "with recursive ring (scope_id, lap) as (
       select (select q.scope_id from run_queue q where q.status = 'queued' and q.priority = $1 and q.scope_id > $2
         order by q.scope_id limit 1), 0
       union all
       select case
           when r.scope_id is null then (select q.scope_id from run_queue q where q.status = 'queued'
             and q.priority = $1 and q.scope_id <= $2 order by q.scope_id limit 1)
           when r.lap = 0 then (select q.scope_id from run_queue q where q.status = 'queued'
             and q.priority = $1 and q.scope_id > r.scope_id order by q.scope_id limit 1)
           else (select q.scope_id from run_queue q where q.status = 'queued'
             and q.priority = $1 and q.scope_id > r.scope_id and q.scope_id <= $2 order by q.scope_id limit 1) end,
         case when r.scope_id is null then 1 else r.lap end
       from ring r where r.scope_id is not null or r.lap = 0),
     busy as ",
            $a_step,
            "(
       select r.scope_id,
         (select count(*) from (select 1 from run_queue q where q.status = 'running' and q.scope_id = r.scope_id
            limit $4) u) as running
       from ring r where r.scope_id is not null
         and not exists (select 1 from queue_pauses p where p.scope_id = r.scope_id)
         and r.scope_id not in (select ",
            $served,
            ")),
     candidate as ",
            $a_step,
            "(
       select b.scope_id, b.running,
         (select count(*) from (select 1 from run_queue q where q.status = 'queued' and q.priority = $1
            and q.scope_id = b.scope_id and q.available_at <= $3 limit $6) w) as waiting,
         (select count(*) from (select 1 from run_queue q where q.status = 'running' and q.scope_id = b.scope_id
            and q.connection_id = (select h.connection_id from run_queue h where h.status = 'queued'
              and h.priority = $1 and h.scope_id = b.scope_id and h.available_at <= $3
              order by h.available_at, h.run_id limit 1) limit $7) u) as using_connection
       from busy b where b.running < $4)
     select c.scope_id, c.running, c.waiting from candidate c
     where c.waiting > 0 and c.using_connection < $7
     limit $5"
        )
    };
}
static RING: Statement = dialects(
    "run_queue_ring",
    ring!("", "unhex(value) from jsonb_each($8)"),
    ring!(
        "materialized ",
        "value::uuid from json_array_elements_text($8::json)"
    ),
);

/// How many runs a claim may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slots {
    /// At most so many.
    pub(crate) free: i64,
    /// So many of them only for tenants of which nothing is under way.
    pub(crate) spare: i64,
}

/// How many runs of a tenant a claim takes, of one priority and no younger than `due`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) scope: ScopeId,
    pub(crate) priority: i64,
    pub(crate) due: Timestamp,
    pub(crate) runs: i64,
}

impl Share {
    /// As the claim's statement reads it.
    pub(crate) fn row(&self, place: usize) -> serde_json::Value {
        json!({
            "place": place,
            "scope": self.scope.as_uuid().simple(),
            "priority": self.priority,
            "due": self.due.0,
            "share": self.runs,
        })
    }
}

/// A tenant in the ring.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    scope: ScopeId,
    running: i64,
    /// How many runs wait, counted no further than could be taken.
    waiting: i64,
    /// Whether there may be more than were counted.
    is_capped: bool,
}

/// Where this process's claims are in the ring of each priority.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<Place>);

#[derive(Debug, Default)]
struct Place {
    last: BTreeMap<i64, Uuid>,
    started: i64,
}

impl Turns {
    fn lock(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After which tenant the ring of a priority goes on.
    fn after(&self, priority: i64) -> Uuid {
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

    fn count(&self, started: i64) {
        self.lock().started += started;
    }
}

/// How many runs a tenant is given at a time of `most`.
const fn at_a_time(most: i64) -> i64 {
    (most + SPREAD - 1) / SPREAD
}

/// Which tenants a pass over the ring asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tenants {
    /// Those of which nothing is under way, each once.
    Idle,
    /// All that have room, as often as there is something to give.
    Any,
}

/// One pass over the ring of a priority, for runs that are due.
#[derive(Debug, Clone, Copy)]
struct Pass {
    priority: i64,
    due: Timestamp,
    tenants: Tenants,
}

/// The shares of one claim, while they are given out.
struct Plan {
    slots: Slots,
    limit: i64,
    shares: Vec<Share>,
    given: HashMap<ScopeId, i64>,
}

impl Plan {
    fn left(&self) -> i64 {
        self.slots.free - self.given.values().sum::<i64>()
    }

    /// The tenants that were given all that their limit lets in.
    fn served(&self) -> Vec<String> {
        let full = self.given.iter().filter(|(_, given)| **given >= self.limit);
        full.map(|(scope, _)| scope_key(*scope)).collect()
    }

    /// How many runs the tenant's limit still lets in.
    fn room_of(&self, candidate: &Candidate) -> i64 {
        let given = self.given.get(&candidate.scope).copied().unwrap_or(0);
        self.limit - candidate.running - given
    }

    /// How many runs candidates are given in a first round.
    fn first_shares(&self, candidates: &[Candidate], most: i64) -> i64 {
        let share = |it: &Candidate| self.room_of(it).min(it.waiting).min(at_a_time(most)).max(0);
        candidates.iter().map(share).sum()
    }

    /// Gives candidates their shares in turn, at most `most` in all; answers who was the last to get one.
    fn give(&mut self, candidates: &[Candidate], pass: Pass, most: i64) -> Option<ScopeId> {
        let at_a_time = at_a_time(most);
        let mut left = most;
        let mut taken = vec![0; candidates.len()];
        let mut last = None;
        loop {
            let before = left;
            for (candidate, taken) in candidates.iter().zip(&mut taken) {
                let room = self.room_of(candidate).min(candidate.waiting - *taken);
                let more = at_a_time.min(left).min(room);
                if more > 0 {
                    *self.given.entry(candidate.scope).or_default() += more;
                    *taken += more;
                    left -= more;
                    last = Some(candidate.scope);
                }
            }
            if pass.tenants == Tenants::Idle || left == 0 || left == before {
                break;
            }
        }
        for (candidate, runs) in candidates.iter().zip(taken) {
            if runs > 0 {
                self.add(candidate.scope, pass, runs);
            }
        }
        last
    }

    /// One share a tenant and priority: two would take the same runs.
    fn add(&mut self, scope: ScopeId, pass: Pass, runs: i64) {
        match self.share_of(scope, pass.priority) {
            Some(share) => {
                share.runs += runs;
                share.due = share.due.max(pass.due);
            }
            None => self.shares.push(Share {
                scope,
                priority: pass.priority,
                due: pass.due,
                runs,
            }),
        }
    }

    fn share_of(&mut self, scope: ScopeId, priority: i64) -> Option<&mut Share> {
        let mut shares = self.shares.iter_mut();
        shares.find(|share| share.scope == scope && share.priority == priority)
    }
}

impl Store {
    /// Whose turn it is now, and for how many runs; nothing is locked by asking.
    pub(crate) async fn shares(
        &self,
        now: Timestamp,
        slots: Slots,
    ) -> Result<Vec<Share>, StoreError> {
        let rows = self.db.walk(&PRIORITIES, args![]).await?;
        let priorities = rows
            .iter()
            .map(|row| row.int("priority"))
            .collect::<Result<Vec<_>, _>>()?;
        let mut plan = Plan {
            slots,
            limit: self.queue.tenant_limit,
            shares: Vec::new(),
            given: HashMap::new(),
        };
        let owed = self.turns.owed(slots.free);
        let mut aged = owed;
        for priority in priorities.iter().skip(1).rev() {
            aged -= self
                .visit(&mut plan, *priority, now.plus(-AGEING), aged)
                .await?;
        }
        for priority in &priorities {
            let left = plan.left();
            self.visit(&mut plan, *priority, now, left).await?;
        }
        self.turns.count(slots.free - plan.left());
        Ok(plan.shares)
    }

    /// Gives out up to `most` runs of a priority, first where nothing is under way; answers how many.
    async fn visit(
        &self,
        plan: &mut Plan,
        priority: i64,
        due: Timestamp,
        most: i64,
    ) -> Result<i64, StoreError> {
        let before = plan.left();
        let mut pass = Pass {
            priority,
            due,
            tenants: Tenants::Idle,
        };
        self.pass(plan, pass, most).await?;
        pass.tenants = Tenants::Any;
        let given = before - plan.left();
        let most = (most - given).min(plan.left() - plan.slots.spare);
        self.pass(plan, pass, most).await?;
        Ok(before - plan.left())
    }

    async fn pass(&self, plan: &mut Plan, pass: Pass, most: i64) -> Result<(), StoreError> {
        if most <= 0 {
            return Ok(());
        }
        // A tenant's queue is counted no further than its first share, unless those are fewer than are wanted and
        // somebody has more.
        let all = most.min(plan.limit);
        let first = at_a_time(most).min(all);
        let mut candidates = self.candidates(plan, pass, most, first).await?;
        let more_wait = candidates.iter().any(|it| it.is_capped);
        if pass.tenants == Tenants::Any && more_wait && plan.first_shares(&candidates, most) < most
        {
            candidates = self.candidates(plan, pass, most, all).await?;
        }
        if let Some(last) = plan.give(&candidates, pass, most) {
            self.turns.move_to(pass.priority, last);
        }
        Ok(())
    }

    /// The tenants whose turn comes, at most `most`; of what waits in each no more than `counted` is counted.
    async fn candidates(
        &self,
        plan: &mut Plan,
        pass: Pass,
        most: i64,
        counted: i64,
    ) -> Result<Vec<Candidate>, StoreError> {
        let below = match pass.tenants {
            Tenants::Idle => 1,
            Tenants::Any => plan.limit,
        };
        // What an earlier pass gave a tenant is still among what waits there.
        let given = plan.given.values().copied().max().unwrap_or(0);
        let cap = counted + given;
        let args = args![
            pass.priority,
            self.turns.after(pass.priority),
            pass.due,
            below,
            most,
            cap,
            self.queue.connection_limit,
            to_json(&plan.served())?,
        ];
        let rows = self.db.walk(&RING, args).await?;
        let mut candidates = Vec::with_capacity(rows.len());
        for row in rows {
            let scope = ScopeId::from_uuid(row.uuid("scope_id")?);
            let given = plan.share_of(scope, pass.priority);
            let waiting = row.int("waiting")?;
            candidates.push(Candidate {
                scope,
                running: row.int("running")?,
                waiting: waiting - given.map_or(0, |share| share.runs),
                is_capped: waiting >= cap,
            });
        }
        Ok(candidates)
    }
}
