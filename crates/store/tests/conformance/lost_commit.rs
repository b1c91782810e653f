//! A commit whose answer never came: the ledger knows whether it counted.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use domain::{ids::WorkerId, time::Timestamp};
use policy::RunKey;
use store::{Store, StoreError};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use crate::{
    database::{Database, Dialect},
    world::{World, worker},
};

const PASS: u8 = 0;
const LOSE_THE_ANSWER: u8 = 1;
const LOSE_THE_QUESTION: u8 = 2;
const LOSE_IT_TO_ANOTHER: u8 = 3;

pub async fn a_commit_whose_answer_was_lost_is_looked_up(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (me, owner) = (worker(), &world.owner);
    let run = world.sync(owner).await;
    let started = world.store.runs_start(me, 5).await.unwrap();
    let access = world.store.run(owner, run).await.unwrap();
    let at = world.store.run_attempts(&access).await.unwrap()[0].started_at;
    tells_claims_apart(&world.store, started.running[0].key(), me, at).await;
    world
        .succeed(started.running.into_iter().next().unwrap())
        .await;
    if db.dialect == Dialect::Postgres {
        over_a_bad_line(&db, &world).await;
    }
}

#[cfg(debug_assertions)]
async fn tells_claims_apart(store: &Store, key: RunKey, me: WorkerId, at: Timestamp) {
    let later = RunKey { attempt: 2, ..key };
    for (key, worker, at, counted) in [
        (key, me, at, true),
        (key, worker(), at, false),
        (key, me, at.plus(1), false),
        (later, me, at, false),
    ] {
        let answer = store::conformance::claim_counted(store, key, worker, at).await;
        assert_eq!(answer.unwrap(), counted, "{key:?} {worker} {at:?}");
    }
}

/// Without debug assertions the question cannot be asked from outside.
#[cfg(not(debug_assertions))]
async fn tells_claims_apart(_: &Store, _: RunKey, _: WorkerId, _: Timestamp) {}

async fn over_a_bad_line(db: &Database, world: &World) {
    let (address, line) = bad_line(&db.url).await;
    let far = Store::open(&address).await.unwrap();

    let run = world.sync(&world.owner).await;
    line.fate.store(LOSE_THE_QUESTION, Ordering::SeqCst);
    let answer = far.runs_start(worker(), 5).await;
    assert!(
        matches!(answer, Err(StoreError::Unavailable(_))),
        "{answer:?}"
    );
    line.has_lost_one();
    assert_eq!(world.count("run_decisions", run).await, 0);
    assert_eq!(world.audited("run.started", run).await, 0);

    line.fate.store(LOSE_THE_ANSWER, Ordering::SeqCst);
    let started = far.runs_start(worker(), 5).await.unwrap();
    line.has_lost_one();
    assert_eq!(started.running.len(), 1);
    assert_eq!(started.running[0].key().run_id, run);
    assert_eq!(world.audited("run.started", run).await, 1);
    world
        .succeed(started.running.into_iter().next().unwrap())
        .await;
    taken_by_another(world, &far, &line).await;
    far.close().await;
}

/// The commit is lost, and before the claim can ask for it another worker has taken the same attempt.
async fn taken_by_another(world: &World, far: &Store, line: &Line) {
    let run = world.sync(&world.owner).await;
    line.fate.store(LOSE_IT_TO_ANOTHER, Ordering::SeqCst);
    let late = async {
        let answer = far.runs_start(worker(), 5).await;
        assert!(
            matches!(answer, Err(StoreError::Unavailable(_))),
            "worked on twice: {answer:?}"
        );
        // Otherwise the other one would wait for a loss that does not come.
        line.has_lost_one();
    };
    let other = async {
        line.is_lost.notified().await;
        // The server gives the run free as soon as it sees that the line is cut.
        let taken = loop {
            let started = world.store.runs_start(worker(), 5).await.unwrap();
            if let Some(running) = started.running.into_iter().next() {
                break running;
            }
        };
        assert_eq!((taken.key().run_id, taken.key().attempt), (run, 1));
        line.may_know.notify_one();
        taken
    };
    let ((), taken) = tokio::join!(late, other);
    assert_eq!(world.audited("run.started", run).await, 1);
    world.succeed(taken).await;
}

/// What is to become of the next commit, and when whoever sent it learns that its line is cut.
#[derive(Default)]
struct Line {
    fate: AtomicU8,
    is_lost: Notify,
    may_know: Notify,
}

impl Line {
    fn has_lost_one(&self) {
        let fate = self.fate.load(Ordering::SeqCst);
        assert_eq!(fate, PASS, "it was no commit that got lost");
    }
}

/// A way to the server that loses one commit or its answer, and with it the connection, when told to.
async fn bad_line(url: &str) -> (String, Arc<Line>) {
    let (access, rest) = url.split_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    let line = Arc::new(Line::default());
    let (server, of_all) = (server.to_owned(), Arc::clone(&line));
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(&*server).await.unwrap();
            tokio::spawn(carry(near, far, Arc::clone(&of_all)));
        }
    });
    (format!("{access}@{here}/{name}?sslmode=disable"), line)
}

async fn carry(mut near: TcpStream, mut far: TcpStream, line: Arc<Line>) {
    let (mut question, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = near.read(&mut question) => {
                let Some(bytes) = read.ok().filter(|n| *n > 0).and_then(|n| question.get(..n)) else { return };
                let commits = bytes.windows(7).any(|word| word == b"COMMIT\0");
                let fate = if commits { line.fate.swap(PASS, Ordering::SeqCst) } else { PASS };
                if fate == LOSE_IT_TO_ANOTHER {
                    drop(far);
                    line.is_lost.notify_one();
                    line.may_know.notified().await;
                    return;
                }
                if fate == LOSE_THE_QUESTION || far.write_all(bytes).await.is_err() {
                    return;
                }
                if fate == LOSE_THE_ANSWER {
                    // The server has answered, so the commit counts; nobody hears of it.
                    let _ = far.read(&mut answer).await;
                    return;
                }
            }
            read = far.read(&mut answer) => {
                let Some(bytes) = read.ok().filter(|n| *n > 0).and_then(|n| answer.get(..n)) else { return };
                if near.write_all(bytes).await.is_err() {
                    return;
                }
            }
        }
    }
}
