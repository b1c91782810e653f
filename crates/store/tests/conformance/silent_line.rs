//! A network that swallows everything: nothing waits for it without an end, and the pool gets over it.

use std::{
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::operation::OperationType::InventorySync;
use store::{
    Store, StoreError,
    conformance::{Border, hear_hints_within, with_border, with_patience},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};

use crate::{
    database::{Database, Dialect},
    world::{World, accepted, worker},
};

/// How many connections a store has.
const CONNECTIONS: usize = 12;

/// A way to the server that can fall silent, for the connections there are.
#[derive(Clone)]
struct Line {
    address: String,
    silence: Arc<watch::Sender<u64>>,
}

impl Line {
    async fn to(url: &str) -> Self {
        let (access, rest) = url.split_once('@').unwrap();
        let (server, name) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap();
        let silence = Arc::new(watch::Sender::new(0));
        let (server, of_all) = (server.to_owned(), Arc::clone(&silence));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(&*server).await.unwrap();
                tokio::spawn(carry(near, far, of_all.subscribe()));
            }
        });
        let address = format!("{access}@{here}/{name}?sslmode=disable");
        Self { address, silence }
    }

    /// Whoever has a connection hears nothing any more, and neither does the server.
    fn fall_silent(&self) {
        self.silence.send_modify(|times| *times += 1);
    }

    /// Falls silent before a statement is sent, once the whole crowd is there.
    fn silent_before(&self, statement: &'static str, crowd: &Crowd) -> Border {
        let (line, crowd) = (self.clone(), crowd.clone());
        Arc::new(move |name| {
            let (line, crowd) = (line.clone(), crowd.clone());
            Box::pin(async move {
                if name == statement {
                    crowd.comes(&line).await;
                }
            })
        })
    }
}

/// How many are still on their way to where the line falls silent.
///
/// On a slow machine somebody gives up before they come there: nobody may wait for them without an end.
#[derive(Clone)]
struct Crowd(Arc<watch::Sender<usize>>);

impl Crowd {
    fn of(many: usize) -> Self {
        Self(Arc::new(watch::Sender::new(many)))
    }

    /// Comes there, and goes on in silence as soon as nobody is on the way any more.
    async fn comes(&self, line: &Line) {
        let mut missing = self.0.subscribe();
        self.expects_one_less(line);
        missing.wait_for(|missing| *missing == 0).await.unwrap();
    }

    /// Somebody has come or will not; who came and has their answer changes nothing.
    fn expects_one_less(&self, line: &Line) {
        self.0.send_modify(|missing| {
            if *missing == 1 {
                line.fall_silent();
            }
            *missing = missing.saturating_sub(1);
        });
    }
}

async fn carry(mut near: TcpStream, mut far: TcpStream, mut silence: watch::Receiver<u64>) {
    tokio::select! {
        biased;
        _ = silence.changed() => pending().await,
        _ = copy_bidirectional(&mut near, &mut far) => {}
    }
}

fn is_away<T: std::fmt::Debug>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unavailable(_)))
}

pub async fn r10_a_line_that_swallows_everything_is_given_up(db: Arc<Database>) {
    let world = World::new(&db).await;
    if db.dialect == Dialect::Sqlite {
        return;
    }
    let line = Line::to(&db.url).await;
    let far = Store::open(&line.address).await.unwrap();
    let far = with_patience(far, Duration::from_secs(1));
    let me = worker();
    accepted(world.ask(&world.owner, InventorySync).await);
    let started = world.store.runs_start(me, 1).await.unwrap();
    let held = [started.running[0].key()];

    // As many as there are connections, each in the middle of a transaction.
    let crowd = Crowd::of(CONNECTIONS);
    let silent = line.silent_before("clock_now", &crowd);
    let mut beats = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (far, silent) = (far.clone(), silent.clone());
        let (line, crowd) = (line.clone(), crowd.clone());
        beats.spawn(async move {
            let answer = with_border(silent, far.lease_renew(me, &held)).await;
            crowd.expects_one_less(&line);
            answer
        });
    }
    let begun = Instant::now();
    for answer in beats.join_all().await {
        assert!(is_away(&answer), "{answer:?}");
    }
    assert!(begun.elapsed() < Duration::from_secs(15));
    // None of those connections is given to anybody again, and none keeps its place in the pool.
    recovers(&far).await;
    assert_eq!(far.lease_renew(me, &held).await.unwrap().kept, held);

    // A commit whose answer does not come is one that may have counted.
    let silent = line.silent_before("commit", &Crowd::of(1));
    let answer = with_border(silent, far.lease_renew(me, &held)).await;
    assert!(is_away(&answer), "{answer:?}");
    // Who stands still in the middle of a transaction has its locks taken away, long before a lease is over.
    let begun = Instant::now();
    while let Err(error) = world.store.lease_renew(me, &held).await {
        assert!(error.is_contention(), "{error:?}");
        assert!(begun.elapsed() < Duration::from_secs(15));
    }
    recovers(&far).await;
    far.close().await;
}

pub async fn r10_a_heartbeat_that_nobody_answers_leaves_time_for_another(db: Arc<Database>) {
    let world = World::new(&db).await;
    if db.dialect == Dialect::Sqlite {
        return;
    }
    let line = Line::to(&db.url).await;
    // Everybody else would wait for the answer for longer than the lease lasts.
    let far = Store::open(&line.address).await.unwrap();
    let me = worker();
    accepted(world.ask(&world.owner, InventorySync).await);
    let started = world.store.runs_start(me, 1).await.unwrap();
    let held = [started.running[0].key()];
    let silent = line.silent_before("run_queue_heartbeat", &Crowd::of(1));
    let begun = Instant::now();
    let answer = with_border(silent, far.lease_renew(me, &held)).await;
    assert!(is_away(&answer), "{answer:?}");
    let certain = far.queue_settings().certain();
    assert!(begun.elapsed() < certain / 2, "{:?}", begun.elapsed());
    recovers(&far).await;
    far.close().await;
}

async fn recovers(far: &Store) {
    let answered = timeout(Duration::from_secs(20), async {
        while let Err(error) = far.now().await {
            assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        }
    });
    answered.await.unwrap();
}

pub async fn a_listener_that_hears_nothing_looks_whether_anybody_is_there(db: Arc<Database>) {
    let world = World::new(&db).await;
    if db.dialect == Dialect::Sqlite {
        return;
    }
    let line = Line::to(&db.url).await;
    let far = Store::open(&line.address).await.unwrap();
    let hears = far.clone();
    let quiet = Duration::from_millis(300);
    let listening = tokio::spawn(async move { hear_hints_within(&hears, quiet).await });
    rings(&world, &far, "Before").await;
    line.fall_silent();
    // What was heard before it counts for nothing.
    let bell = far.queue_bell();
    while timeout(quiet, bell.notified()).await.is_ok() {}
    rings(&world, &far, "After").await;
    listening.abort();
}

/// Queues in one process until another one hears of it.
async fn rings(world: &World, far: &Store, name: &str) {
    let other = world.another_tenant(name).await;
    let bell = far.queue_bell();
    let rung = async {
        loop {
            world.queue(&other, 1).await;
            let near = &world.store;
            near.queue_pause_set(&world.owner, &other).await.unwrap();
            near.queue_resume(&world.owner, &other).await.unwrap();
            let hint = timeout(Duration::from_millis(200), bell.notified());
            if hint.await.is_ok() {
                break;
            }
        }
    };
    timeout(Duration::from_secs(60), rung).await.unwrap();
}
