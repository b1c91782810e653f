//! Just enough of an HTTP client: one request, one answer, one connection.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// An answer that takes longer is none.
const LONGEST: Duration = Duration::from_secs(30);

/// The rule that [`broke_off`] is about.
pub(crate) const ANSWER: &str = "I11 pages answer, with a 503 at worst";

/// What a person in front of a browser gets: status and body; 0 where nothing came back.
pub(crate) async fn answer_to(
    session: &str,
    base: &str,
    method: &str,
    path: &str,
    body: &str,
) -> (u16, String) {
    let asked = ask_as(base, method, path, Some(session), body);
    match timeout(LONGEST, asked).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) | Err(_) => (0, String::new()),
    }
}

/// Whether a status is one that pages which are there never answer with, whatever is broken behind them.
pub(crate) const fn broke_off(status: u16) -> bool {
    matches!(status, 0 | 500..=502 | 504..)
}

/// Sends one request; answers the status and the body. HTTP/1.0 has neither chunks nor a connection that is kept.
pub(crate) async fn ask(base: &str, method: &str, path: &str, body: &str) -> Result<(u16, String)> {
    ask_as(base, method, path, None, body).await
}

/// The same with somebody's session.
pub(crate) async fn ask_as(
    base: &str,
    method: &str,
    path: &str,
    session: Option<&str>,
    body: &str,
) -> Result<(u16, String)> {
    let host = base.strip_prefix("http://").context("no http address")?;
    let cookie = session.map_or_else(String::new, |token| {
        format!("Cookie: __Host-tenant-atlas={token}\r\n")
    });
    // A form is sent as one.
    let kind = match body.starts_with('{') || body.is_empty() {
        true => "application/json",
        false => "application/x-www-form-urlencoded",
    };
    let mut stream = TcpStream::connect(host).await?;
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: {host}\r\n{cookie}Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    Ok((status, body.to_owned()))
}

/// Reads JSON.
pub(crate) async fn get<T: DeserializeOwned>(base: &str, path: &str) -> Result<T> {
    let (status, body) = ask(base, "GET", path, "").await?;
    anyhow::ensure!(status == 200, "{path} answered {status}");
    Ok(serde_json::from_str(&body)?)
}
