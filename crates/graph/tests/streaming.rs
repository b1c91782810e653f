//! A collection of 100,000 groups, read in the memory of a page.
//!
//! In a program of its own: what it measures is the memory of the whole process.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

use std::fmt::Write as _;

use graph::{
    CallContext, ClientSettings, Connection, Endpoints, GraphClient as _, HttpGraphClient,
    PageCursor, contract,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const PAGES: usize = 100;
const PAGE: usize = 1_000;
/// What one page takes as text and as objects is a few megabytes; all of it would be hundreds.
const BOUND_MB: u64 = 64;

/// Answers one request: a token, or the page that the query names.
async fn serve(mut stream: TcpStream, address: String) -> Option<()> {
    loop {
        let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            let read = stream
                .read(&mut buffer)
                .await
                .ok()
                .filter(|read| *read > 0)?;
            request.extend_from_slice(buffer.get(..read)?);
        }
        let text = String::from_utf8_lossy(&request);
        let line = text.lines().next()?;
        let is_sign_in = line.starts_with("POST");
        let body = if is_sign_in {
            r#"{"token_type":"Bearer","expires_in":3599,"access_token":"a.b.c"}"#.to_owned()
        } else {
            let page = line.split_once("skiptoken=").map_or("0", |(_, rest)| rest);
            page_of(page.split(' ').next()?.parse().ok()?, &address)
        };
        let close = if is_sign_in {
            "Connection: close\r\n"
        } else {
            ""
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\n{close}Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.ok()?;
        stream.write_all(body.as_bytes()).await.ok()?;
        if is_sign_in {
            return stream.shutdown().await.ok();
        }
    }
}

fn page_of(page: usize, address: &str) -> String {
    let mut body = "{\"value\":[".to_owned();
    for at in 0..PAGE {
        let comma = if at > 0 { "," } else { "" };
        let number = page * PAGE + at;
        let filler = "x".repeat(200);
        write!(
            body,
            "{comma}{{\"id\":\"g-{number:06}\",\"displayName\":\"Group {number}\",\
             \"description\":\"{filler}\",\"groupTypes\":[],\"securityEnabled\":true}}"
        )
        .unwrap();
    }
    body.push(']');
    if page + 1 < PAGES {
        let next = page + 1;
        write!(
            body,
            ",\"@odata.nextLink\":\"{address}/v1.0/groups?$skiptoken={next}\""
        )
        .unwrap();
    }
    body.push('}');
    body
}

fn peak_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}

#[tokio::test]
async fn p01_a_hundred_thousand_groups_are_read_in_the_memory_of_a_page() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let own = address.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, own.clone()));
        }
    });
    let cloud = Endpoints::custom(&address, &address).unwrap();
    let guid = "00000000-0000-0000-0000-000000000001";
    let connection =
        Connection::new(guid, guid, "a-secret~of-no-use".into(), cloud.clone()).unwrap();
    let client = HttpGraphClient::new(ClientSettings::of(&cloud)).unwrap();
    let context = CallContext {
        client_request_id: "run-1".to_owned(),
    };
    let groups = contract("groups").unwrap();
    let (mut read, mut cursor): (usize, Option<PageCursor>) = (0, None);
    let mut after_first = None;
    loop {
        let page = client.page(&connection, &context, groups, cursor).await;
        let page = page.unwrap_or_else(|error| panic!("after {read}: {error}"));
        read += page.items.len();
        after_first = after_first.or_else(peak_mb);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(read, PAGES * PAGE);
    if let (Some(first), Some(last)) = (after_first, peak_mb()) {
        assert!(last - first < BOUND_MB, "from {first} MB to {last} MB");
    }
}
