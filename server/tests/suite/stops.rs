//! Stopping does not wait for ever for those who do not finish what they began.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use crate::program::Server;

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
