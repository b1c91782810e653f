//! The shares of a claim: how many runs each tenant gives it.

use std::collections::HashMap;

use domain::{ids::ScopeId, time::Timestamp};
use serde_json::json;

use super::scope_key;

/// Over how many tenants a claim is spread when each has plenty: fewer, and a tenant waits for another's
/// whole share; more, and two processes that claim at once meet in every tenant.
const SPREAD: i64 = 16;

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
pub(super) struct Candidate {
    pub(super) scope: ScopeId,
    pub(super) running: i64,
    /// How many runs wait, with those that a share was given of, counted no further than could be taken.
    pub(super) waiting: i64,
    /// Whether there may be more than were counted.
    pub(super) is_capped: bool,
}

/// How many runs a tenant is given at a time of `most`.
pub(super) const fn at_a_time(most: i64) -> i64 {
    (most + SPREAD - 1) / SPREAD
}

/// Which tenants a pass over the ring asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tenants {
    /// Those of which nothing is under way, each once.
    Idle,
    /// All that have room, as often as there is something to give.
    Any,
}

/// One pass over the ring of a priority, for runs that are due.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pass {
    pub(super) priority: i64,
    pub(super) due: Timestamp,
    pub(super) tenants: Tenants,
}

/// The shares of one claim, while they are given out.
pub(super) struct Plan {
    pub(super) slots: Slots,
    pub(super) limit: i64,
    pub(super) shares: Vec<Share>,
    given: HashMap<ScopeId, i64>,
}

impl Plan {
    pub(super) fn new(slots: Slots, limit: i64) -> Self {
        Self {
            slots,
            limit,
            shares: Vec::new(),
            given: HashMap::new(),
        }
    }

    pub(super) fn left(&self) -> i64 {
        self.slots.free - self.given.values().sum::<i64>()
    }

    /// The tenants that were given all that their limit lets in.
    pub(super) fn served(&self) -> Vec<String> {
        let full = self.given.iter().filter(|(_, given)| **given >= self.limit);
        full.map(|(scope, _)| scope_key(*scope)).collect()
    }

    /// How many runs the tenant's limit still lets in.
    fn room_of(&self, candidate: &Candidate) -> i64 {
        let given = self.given.get(&candidate.scope).copied().unwrap_or(0);
        self.limit - candidate.running - given
    }

    /// The most that one tenant was given so far.
    pub(super) fn most_given(&self) -> i64 {
        self.given.values().copied().max().unwrap_or(0)
    }

    /// How many of a candidate's waiting runs no share was given of.
    fn waiting_of(&self, candidate: &Candidate, pass: Pass) -> i64 {
        let share = |it: &&Share| it.scope == candidate.scope && it.priority == pass.priority;
        candidate.waiting - self.shares.iter().find(share).map_or(0, |it| it.runs)
    }

    /// Whether a candidate has room for more than was counted of what waits, and may have more.
    pub(super) fn was_counted_short(&self, candidate: &Candidate, pass: Pass) -> bool {
        candidate.is_capped && self.room_of(candidate) > self.waiting_of(candidate, pass)
    }

    /// How many runs candidates are given in a first round.
    pub(super) fn first_shares(&self, candidates: &[Candidate], pass: Pass, most: i64) -> i64 {
        let share = |it: &Candidate| {
            let room = self.room_of(it).min(self.waiting_of(it, pass));
            room.min(at_a_time(most)).max(0)
        };
        candidates.iter().map(share).sum()
    }

    /// Gives candidates their shares in turn, at most `most` in all; answers who was the last to get one.
    pub(super) fn give(
        &mut self,
        candidates: &[Candidate],
        pass: Pass,
        most: i64,
    ) -> Option<ScopeId> {
        let at_a_time = at_a_time(most);
        let mut left = most;
        let waiting = candidates.iter().map(|it| self.waiting_of(it, pass));
        let waiting: Vec<_> = waiting.collect();
        let mut taken = vec![0; candidates.len()];
        let mut last = None;
        loop {
            let before = left;
            for ((candidate, taken), waiting) in candidates.iter().zip(&mut taken).zip(&waiting) {
                let room = self.room_of(candidate).min(waiting - *taken);
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
