//! Just enough of an HTTP client: one request, one answer, one connection.

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

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
