//! A commit whose answer never came: the ledger knows whether it counted.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use domain::operation::OperationType::InventorySync;
use store::{Store, StoreError};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::{
    database::{Database, Dialect},
    world::{World, worker},
};

const PASS: u8 = 0;
const LOSE_THE_ANSWER: u8 = 1;
const LOSE_THE_QUESTION: u8 = 2;

pub async fn a_commit_whose_answer_was_lost_is_looked_up(db: Arc<Database>) {
    let world = World::new(&db).await;
    let running = world.running(&world.owner, InventorySync).await;
    let mut key = running.key();
    assert!(is_decided(&world.store, key).await);
    key.attempt = 2;
    assert!(!is_decided(&world.store, key).await);
    world.succeed(running).await;
    if db.dialect == Dialect::Postgres {
        over_a_bad_line(&db, &world).await;
    }
}

#[cfg(debug_assertions)]
async fn is_decided(store: &Store, key: policy::RunKey) -> bool {
    store::conformance::attempt_is_decided(store, key)
        .await
        .unwrap()
}

/// Without debug assertions the question cannot be asked from outside.
#[cfg(not(debug_assertions))]
async fn is_decided(_: &Store, key: policy::RunKey) -> bool {
    key.attempt == 1
}

async fn over_a_bad_line(db: &Database, world: &World) {
    let (line, fate) = bad_line(&db.url).await;
    let far = Store::open(&line).await.unwrap();

    let run = world.sync(&world.owner).await;
    fate.store(LOSE_THE_QUESTION, Ordering::SeqCst);
    let answer = far.runs_start(worker(), 5).await;
    assert!(
        matches!(answer, Err(StoreError::Unavailable(_))),
        "{answer:?}"
    );
    assert_eq!(
        fate.load(Ordering::SeqCst),
        PASS,
        "it was a commit that got lost"
    );
    assert_eq!(world.count("run_decisions", run).await, 0);
    assert_eq!(world.audited("run.started", run).await, 0);

    fate.store(LOSE_THE_ANSWER, Ordering::SeqCst);
    let started = far.runs_start(worker(), 5).await.unwrap();
    assert_eq!(fate.load(Ordering::SeqCst), PASS);
    assert_eq!(started.running.len(), 1);
    assert_eq!(started.running[0].key().run_id, run);
    assert_eq!(world.audited("run.started", run).await, 1);
    far.close().await;
}

/// A way to the server that loses one commit or its answer, and with it the connection, when told to.
async fn bad_line(url: &str) -> (String, Arc<AtomicU8>) {
    let (access, rest) = url.split_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    let fate = Arc::new(AtomicU8::new(PASS));
    let (server, fates) = (server.to_owned(), Arc::clone(&fate));
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(&*server).await.unwrap();
            tokio::spawn(carry(near, far, Arc::clone(&fates)));
        }
    });
    (format!("{access}@{here}/{name}?sslmode=disable"), fate)
}

async fn carry(mut near: TcpStream, mut far: TcpStream, fate: Arc<AtomicU8>) {
    let (mut question, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = near.read(&mut question) => {
                let Some(bytes) = read.ok().filter(|n| *n > 0).and_then(|n| question.get(..n)) else { return };
                let commits = bytes.windows(7).any(|word| word == b"COMMIT\0");
                let fate = if commits { fate.swap(PASS, Ordering::SeqCst) } else { PASS };
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
