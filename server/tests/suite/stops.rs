//! Stopping does not wait for ever for those who do not finish what they began.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
};

use store::{
    Store,
    conformance::{Border, sqlite_made_older, with_border},
};
use tokio::sync::{Notify, mpsc};

use crate::program::{Server, Worker};

/// Begins to post a form and sends seven of its hundred bytes.
fn half_sent(server: &Server) -> TcpStream {
    let host = server.address();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "POST /api/session/sign_in HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nemail=a"
    )
    .unwrap();
    stream
}

fn started(folder: &tempfile::TempDir, command: &str) -> Server {
    let data = folder.path().join("data");
    let server = Server::start(
        folder.path(),
        command,
        &["--data-dir", data.to_str().unwrap()],
    );
    server.until_ready();
    server
}

#[test]
fn a_form_that_does_not_arrive_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = started(&folder, "web");
    let mut stream = half_sent(&server);
    let mut answer = String::new();
    // The connection is closed with the answer: this ends by itself.
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("Nothing was done"), "{answer}");
    assert!(server.stop());
}

#[test]
fn a_request_that_does_not_end_holds_no_stop_up() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["web", "serve"] {
        let mut server = started(&folder, command);
        let host = server.address();
        let mut unfinished = TcpStream::connect(host).unwrap();
        // Not even its head ends: no rule about bodies applies.
        write!(
            unfinished,
            "POST /api/session/sign_in HTTP/1.1\r\nHost: {host}\r\n"
        )
        .unwrap();
        let half = half_sent(&server);
        // It ends by itself, and well; with no bound this would wait for ever.
        assert!(server.terminated().success(), "{}", server.log().text());
        drop((unfinished, half));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_another_processs_migration_holds_no_stop_up() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let url = format!("sqlite:{}", data.join("tenant-atlas.sqlite").display());
    let store = Store::open(&url).await.unwrap();
    sqlite_made_older(&url).await.unwrap();

    // Somebody else writes, and does not come to an end.
    let (writes, mut hear) = mpsc::unbounded_channel();
    let go_on = Arc::new(Notify::new());
    let ends = Arc::clone(&go_on);
    let border: Border = Arc::new(move |name| {
        let (writes, ends) = (writes.clone(), Arc::clone(&ends));
        Box::pin(async move {
            if name == "commit" {
                writes.send(()).unwrap();
                ends.notified().await;
            }
        })
    });
    let failed = store.clone();
    let holding = tokio::spawn(with_border(border, async move {
        failed.sign_in_failed("somebody", 60).await
    }));
    hear.recv().await.unwrap();

    let arguments = ["--data-dir", data.to_str().unwrap()];
    let worker = Worker::start(folder.path(), &arguments);
    let pages = Server::start(folder.path(), "web", &arguments);
    for log in [worker.log(), pages.log()] {
        log.until_said("another process migrates the database");
    }
    // Both end by themselves, and well, while the other one still writes.
    assert!(worker.stop().0);
    assert!(pages.stop());
    go_on.notify_one();
    holding.await.unwrap().unwrap();
    store.close().await;
}
