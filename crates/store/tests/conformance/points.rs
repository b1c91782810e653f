//! A revocation at every point of a claim (L-04): before each of its statements, each begin and each commit.
//!
//! The claim of many runs stands still at each of its borders while other connections revoke what some of
//! the runs rest on. It goes on when each of them has its answer or waits for a lock. Who was first is then
//! read from the audit log; and a revocation that was answered before the claim's commit must have been seen.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{decision::LegitimacyDecision, ids::RunId, operation::OperationType::InventorySync};
use store::{
    RunEnd, Store, WorkedOutcome,
    conformance::{Border, with_border},
};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::{
    database::{Database, Dialect},
    race::hold,
    revocations::{KINDS, Kind, Site},
    world::{World, accepted, end, worker},
};

/// Every kind of revocation at some points of one claim.
const SITES: usize = 5 * KINDS.len();
const RACES: usize = 2_000;

/// One claim, and what is revoked on its way.
struct Round {
    world: Arc<World>,
    sites: Arc<Vec<Arc<Site>>>,
    elsewhere: Vec<Store>,
    /// Which sites lose something at which border; the borders are counted.
    points: Vec<usize>,
    border: AtomicUsize,
    begun: AtomicUsize,
    answered: Arc<Mutex<HashSet<usize>>>,
    /// Those that were answered when the commit of the start began.
    before_commit: Mutex<HashSet<usize>>,
    revoking: Mutex<Vec<JoinHandle<()>>>,
    names: Mutex<Vec<&'static str>>,
}

const fn kind_of(site: usize) -> Kind {
    KINDS[site % KINDS.len()]
}

impl Round {
    fn border(self: &Arc<Self>) -> Border {
        let round = Arc::clone(self);
        Arc::new(move |name| {
            let round = Arc::clone(&round);
            Box::pin(async move { round.reached(name).await })
        })
    }

    async fn reached(&self, name: &'static str) {
        let at = self.border.fetch_add(1, Ordering::SeqCst);
        self.names.lock().unwrap().push(name);
        let here: Vec<usize> = (0..self.points.len())
            .filter(|site| self.points[*site] == at)
            .collect();
        for site in &here {
            self.revoke(*site);
        }
        self.until_answered_or_waiting(name).await;
        if name == "commit" {
            *self.before_commit.lock().unwrap() = self.answered.lock().unwrap().clone();
        }
    }

    fn revoke(&self, site: usize) {
        let number = self.begun.fetch_add(1, Ordering::SeqCst);
        let store = self.elsewhere[number % self.elsewhere.len()].clone();
        let (world, place) = (Arc::clone(&self.world), Arc::clone(&self.sites[site]));
        let answered = Arc::clone(&self.answered);
        let revoking = tokio::spawn(async move {
            kind_of(site).revoke(&store, &world, &place).await;
            answered.lock().unwrap().insert(site);
        });
        self.revoking.lock().unwrap().push(revoking);
    }

    async fn until_answered_or_waiting(&self, name: &str) {
        let settled = async {
            while !self.is_settled().await {
                tokio::task::yield_now().await;
            }
        };
        let settled = tokio::time::timeout(Duration::from_secs(60), settled).await;
        assert!(
            settled.is_ok(),
            "revocations neither done nor waiting at {name}"
        );
    }

    /// Whether every revocation that was begun has its answer or waits for a lock.
    async fn is_settled(&self) -> bool {
        let begun = self.begun.load(Ordering::SeqCst);
        if self.answered.lock().unwrap().len() == begun {
            return true;
        }
        match self.world.db.dialect {
            // SQLite has one lock for everything, and the claim holds it from its begin to its commit.
            Dialect::Sqlite => self
                .names
                .lock()
                .unwrap()
                .contains(&"run_queue_scopes_hold"),
            Dialect::Postgres => {
                let waiting = "select count(*) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock'";
                let waiting = self.world.db.raw.int(waiting).await.unwrap();
                let answered = self.answered.lock().unwrap().len();
                answered + usize::try_from(waiting).unwrap() >= begun
            }
        }
    }
}

/// What the audit log and the ledger hold of one round.
struct Written {
    /// By action and subject.
    places: HashMap<(String, Uuid), i64>,
    decisions: HashMap<Uuid, LegitimacyDecision>,
}

async fn last_sequence(world: &World) -> i64 {
    let query = "select max(sequence) from audit_log";
    world.db.raw.int(query).await.unwrap()
}

impl Written {
    async fn since(world: &World, history: i64) -> Self {
        let (subject, run) = match world.db.dialect {
            Dialect::Sqlite => ("lower(hex(subject_id))", "lower(hex(run_id))"),
            Dialect::Postgres => ("subject_id::text", "run_id::text"),
        };
        let raw = &world.db.raw;
        let entries = format!(
            "select sequence || ' ' || action || ' ' || {subject} from audit_log where sequence > {history}"
        );
        let mut places = HashMap::new();
        for entry in raw.texts(&entries).await {
            let words: Vec<&str> = entry.split(' ').collect();
            let key = (words[1].to_owned(), words[2].parse().unwrap());
            places.insert(key, words[0].parse().unwrap());
        }
        let decisions = format!(
            "select {run} || ' ' || detail from audit_log
             where sequence > {history} and action in ('run.started', 'run.blocked')"
        );
        let mut decided = HashMap::new();
        for row in raw.texts(&decisions).await {
            let (run, decision) = row.split_once(' ').unwrap();
            let decision = serde_json::from_str(decision).unwrap();
            decided.insert(run.parse().unwrap(), decision);
        }
        Self {
            places,
            decisions: decided,
        }
    }

    fn decision(&self, run: RunId) -> &LegitimacyDecision {
        &self.decisions[&run.as_uuid()]
    }

    fn place(&self, action: &str, subject: Uuid) -> i64 {
        self.places[&(action.to_owned(), subject)]
    }

    fn place_of_start(&self, run: RunId) -> i64 {
        let action = if self.decision(run).allowed {
            "run.started"
        } else {
            "run.blocked"
        };
        self.place(action, run.as_uuid())
    }
}

/// Starts one run at each site, with revocations at these borders; answers the borders' names.
async fn claim(
    world: &Arc<World>,
    sites: &Arc<Vec<Arc<Site>>>,
    elsewhere: &[Store],
    points: Vec<usize>,
    number: usize,
) -> (Vec<&'static str>, usize) {
    let (mut runs, mut before) = (Vec::new(), Vec::new());
    for (at, site) in sites.iter().enumerate() {
        let asked = world.ask_in(&site.operator, &site.tenant, InventorySync);
        runs.push(accepted(asked.await));
        before.push(kind_of(at).version(world, site).await);
    }
    let history = last_sequence(world).await;
    let round = Arc::new(Round {
        world: Arc::clone(world),
        sites: Arc::clone(sites),
        elsewhere: elsewhere.to_vec(),
        points,
        border: AtomicUsize::new(0),
        begun: AtomicUsize::new(0),
        answered: Arc::default(),
        before_commit: Mutex::default(),
        revoking: Mutex::default(),
        names: Mutex::default(),
    });
    let limit = i64::try_from(sites.len()).unwrap();
    let starting = world.store.runs_start(worker(), limit);
    let started = with_border(round.border(), starting).await.unwrap();
    let revoking = std::mem::take(&mut *round.revoking.lock().unwrap());
    for revoking in revoking {
        revoking.await.unwrap();
    }
    assert_eq!(started.running.len() + started.refused.len(), sites.len());

    let written = Written::since(world, history).await;
    let mut revoked_first = 0;
    for (at, site) in sites.iter().enumerate() {
        if round.points[at] == usize::MAX {
            continue;
        }
        let (kind, decision) = (kind_of(at), written.decision(runs[at]));
        let is_answered = round.before_commit.lock().unwrap().contains(&at);
        let revoked = written.place(kind.action(), kind.subject(site));
        let is_first = revoked < written.place_of_start(runs[at]);
        assert!(
            is_first || !is_answered,
            "{kind:?} was answered and then not first"
        );
        hold(decision, kind, before[at], is_first, number);
        revoked_first += usize::from(is_first);
        kind.restore(world, site).await;
    }
    let done: RunEnd = end(WorkedOutcome::Succeeded);
    let ends: Vec<_> = started.running.iter().map(|run| (run, &done)).collect();
    world.store.runs_finish(&ends).await.unwrap();
    let names = round.names.lock().unwrap().clone();
    (names, revoked_first)
}

pub async fn l04_a_revocation_at_every_point_of_the_claim_is_seen(db: Arc<Database>) {
    let world = Arc::new(World::new(&db).await);
    let mut sites = Vec::new();
    for number in 0..SITES {
        sites.push(Arc::new(Site::another(&world, number).await));
    }
    let sites = Arc::new(sites);
    let mut elsewhere = Vec::new();
    for _ in 0..3 {
        elsewhere.push(db.another_store().await);
    }
    // A claim that nothing disturbs tells how many borders there are.
    let undisturbed = vec![usize::MAX; SITES];
    let (names, _) = claim(&world, &sites, &elsewhere, undisturbed, 0).await;
    for needed in ["begin", "facts_users", "run_set_running", "commit"] {
        assert!(
            names.contains(&needed),
            "{needed} is no border of {names:?}"
        );
    }
    let (mut races, mut revoked_first, mut hit) = (0, 0, HashSet::new());
    let mut round = 0;
    while races < RACES || hit.len() < names.len() * KINDS.len() {
        round += 1;
        // Groups of sites, one of each kind, move over the borders, each from a start of its own.
        let point = |site: usize| (round + site / KINDS.len() * names.len() / 5) % names.len();
        let points: Vec<usize> = (0..SITES).map(point).collect();
        hit.extend((0..SITES).map(|site| (points[site], site % KINDS.len())));
        races += SITES;
        revoked_first += claim(&world, &sites, &elsewhere, points, round).await.1;
    }
    println!(
        "{:?}: {races} revocations at {} borders of {round} claims, {revoked_first} before the start",
        db.dialect,
        names.len()
    );
    assert!(revoked_first > 0 && revoked_first < races);
    for store in elsewhere {
        store.close().await;
    }
    world.chains_hold().await;
}
