//! A browser's worth of HTTP for benchmarks: one kept connection, a session, no TLS.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// One connection of a signed-in person.
pub(crate) struct Caller {
    stream: TcpStream,
    host: SocketAddr,
    cookie: String,
}

/// An answer, and how long it took.
pub(crate) struct Answer {
    pub(crate) first_byte: Duration,
    pub(crate) body: Vec<u8>,
}

impl Caller {
    /// Connects with a session's token.
    pub(crate) async fn connect(host: SocketAddr, token: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(host).await.context("connecting")?;
        stream.set_nodelay(true)?;
        let cookie = format!("{}={token}", app::COOKIE);
        Ok(Self {
            stream,
            host,
            cookie,
        })
    }

    /// Asks for a page.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n",
            self.host, self.cookie
        );
        self.ask(request).await
    }

    /// Calls a server function as the page's script does.
    pub(crate) async fn call(&mut self, path: &str, body: &str) -> anyhow::Result<Answer> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nSec-Fetch-Site: same-origin\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            self.cookie,
            body.len()
        );
        self.ask(request).await
    }

    async fn ask(&mut self, request: String) -> anyhow::Result<Answer> {
        let begun = Instant::now();
        self.stream.write_all(request.as_bytes()).await?;
        let mut read = Vec::with_capacity(4096);
        let mut first_byte = None;
        loop {
            if self.stream.read_buf(&mut read).await? == 0 {
                bail!("the server closed the connection");
            }
            let first_byte = *first_byte.get_or_insert_with(|| begun.elapsed());
            if let Some(body) = whole(&read) {
                if !read.starts_with(b"HTTP/1.1 200") {
                    let shown = read.get(..200.min(read.len())).unwrap_or_default();
                    bail!("not 200: {}", String::from_utf8_lossy(shown));
                }
                return Ok(Answer {
                    first_byte,
                    body: body.to_vec(),
                });
            }
        }
    }
}

/// The body, once all of it is there; a chunked one with its chunk sizes.
fn whole(read: &[u8]) -> Option<&[u8]> {
    let end = read.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let (head, body) = read.split_at(end);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|value| value.trim().parse().ok());
    match length {
        Some(length) => body.get(..length),
        None => body.ends_with(b"\r\n0\r\n\r\n").then_some(body),
    }
}
