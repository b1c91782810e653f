//! A revocation at the same time as the claim (L-04): their audit sequences tell who was first.

use std::sync::Arc;

use domain::{decision::LegitimacyDecision, ids::RunId};
use store::Store;
use tokio::sync::Barrier;

use crate::{
    database::Database,
    revocations::{KINDS, Kind, Site},
    world::{World, worker},
};

const ROUNDS: usize = 240;

/// The place of the last entry about a change in the audit log, which is its place among all commits.
pub async fn last_change(db: &Database, kind: Kind, site: &Site) -> Option<i64> {
    let (action, subject) = (kind.action(), db.id(kind.subject(site)));
    let query = format!(
        "select max(sequence) from audit_log where action = '{action}' and subject_id = {subject}"
    );
    db.raw.int(&query).await
}

/// The place of a run's decision in the audit log.
pub async fn decided(db: &Database, run: RunId) -> i64 {
    let run = db.id(run.as_uuid());
    let query = format!(
        "select max(sequence) from audit_log where run_id = {run} and action in ('run.started', 'run.blocked')"
    );
    db.raw.int(&query).await.unwrap()
}

/// Lets the other side get ahead by some round trips to the database.
pub async fn step_aside(store: &Store, times: usize) {
    for _ in 0..times {
        store.now().await.unwrap();
    }
}

/// Which of two sides lets the other one get ahead, and how far: it follows who was first.
///
/// Both orders come about within some rounds, and most rounds are near the border between them,
/// whatever the speed of the machine and of either side.
#[derive(Debug, Default)]
pub struct Border {
    /// Round trips that the one side waits; those of the other one, where it is below zero.
    lead: i64,
    step: i64,
    one_was_first: Option<bool>,
}

impl Border {
    /// By how many round trips the border is moved at most: a side that is always first fails its test, and soon.
    const FARTHEST: i64 = 256;

    pub fn one_waits(&self) -> usize {
        usize::try_from(self.lead).unwrap_or(0)
    }

    pub fn other_waits(&self) -> usize {
        usize::try_from(-self.lead).unwrap_or(0)
    }

    /// Who was first is held back more in the next round, twice as much each time it is first again.
    pub fn follow(&mut self, one_was_first: bool) {
        let is_same = self.one_was_first.replace(one_was_first) == Some(one_was_first);
        self.step = if is_same {
            Self::FARTHEST.min(self.step * 2)
        } else {
            1
        };
        self.lead += if one_was_first { self.step } else { -self.step };
    }
}

pub async fn l04_a_revocation_before_the_start_is_always_seen(db: Arc<Database>) {
    let world = Arc::new(World::new(&db).await);
    let site = Arc::new(Site::first(&world).await);
    // A second process, with connections of its own.
    let elsewhere = db.another_store().await;
    let (mut started_first, mut revoked_first) = (0, 0);
    let mut borders = KINDS.map(|_| Border::default());
    for round in 0..ROUNDS {
        let kind = KINDS[round % KINDS.len()];
        let border = &mut borders[round % KINDS.len()];
        let (revoking_waits, starting_waits) = (border.one_waits(), border.other_waits());
        let run = world.sync(&site.operator).await;
        let before = kind.version(&world, &site).await;
        let line = Arc::new(Barrier::new(2));
        let revoking = {
            let (world, site, line) = (world.clone(), site.clone(), line.clone());
            tokio::spawn(async move {
                line.wait().await;
                step_aside(&world.store, revoking_waits).await;
                kind.revoke(&world.store, &world, &site).await;
            })
        };
        let starting = {
            let (store, line) = (elsewhere.clone(), line.clone());
            tokio::spawn(async move {
                line.wait().await;
                step_aside(&store, starting_waits).await;
                store.runs_start(worker(), 5).await.unwrap()
            })
        };
        revoking.await.unwrap();
        let mut started = starting.await.unwrap();
        assert_eq!(
            started.running.len() + started.refused.len(),
            1,
            "round {round}"
        );

        let decision = decision_of(&world, run).await;
        let is_revoked_first =
            last_change(&db, kind, &site).await.unwrap() < decided(&db, run).await;
        assert_eq!(
            world.audited("run.started", run).await,
            i64::from(decision.allowed)
        );
        hold(&decision, kind, before, is_revoked_first, round);
        border.follow(is_revoked_first);
        if is_revoked_first {
            revoked_first += 1;
        } else {
            started_first += 1;
        }
        if let Some(running) = started.running.pop() {
            world.succeed(running).await;
        }
        kind.restore(&world, &site).await;
    }
    println!(
        "{:?}: {ROUNDS} rounds, start first {started_first}, revocation first {revoked_first}",
        db.dialect
    );
    assert!(started_first > 0 && revoked_first > 0);
    elsewhere.close().await;
    world.chains_hold().await;
}

/// What a decision must have read and said, given which of the two was committed first.
pub fn hold(
    decision: &LegitimacyDecision,
    kind: Kind,
    before: Option<i64>,
    is_revoked_first: bool,
    round: usize,
) {
    let read = kind.read(&decision.evidence);
    assert_eq!(
        (decision.allowed, read == before),
        (!is_revoked_first, !is_revoked_first),
        "round {round}: {kind:?} was committed {} the start: {decision:?}",
        if is_revoked_first { "before" } else { "after" },
    );
}

async fn decision_of(world: &World, run: RunId) -> LegitimacyDecision {
    let access = world.store.run(&world.owner, run).await.unwrap();
    let mut decisions = world.store.run_decisions(&access).await.unwrap();
    assert_eq!(decisions.len(), 1);
    decisions.remove(0)
}
