//! Just enough of an HTTP client: one request, one answer, one connection.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Sends one request. HTTP/1.0 has neither chunks nor a connection that is kept.
pub fn ask(
    url: &str,
    method: &str,
    path: &str,
    session: Option<&str>,
    body: Option<(&str, &str)>,
) -> Answer {
    let host = url.strip_prefix("http://").unwrap();
    let cookie = session.map_or_else(String::new, |token| {
        format!("Cookie: __Host-tenant-atlas={token}\r\n")
    });
    let (kind, body) = body.map_or((String::new(), ""), |(kind, body)| {
        let length = body.len();
        let kind = format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n");
        (kind, body)
    });
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: {host}\r\nAccept: application/json\r\n{cookie}{kind}\r\n{body}"
    )
    .unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    }
}
