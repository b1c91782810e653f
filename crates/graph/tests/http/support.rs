//! A server that answers what a test tells it to, byte by byte.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use graph::{
    CallContext, ClientSettings, Connection, Contract, Endpoints, GraphClient, GraphError,
    HttpGraphClient, Page,
};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The secret of every test's connection; no error may show it.
pub const SECRET: &str = "canary-secret";
pub const TENANT: &str = "00000000-0000-0000-0000-000000000001";

/// What the server does with a request.
pub enum Answer {
    /// Sends these bytes and closes.
    Send(String),
    /// Sends these bytes and then nothing, without closing.
    SendAndHang(String),
}

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Method and path with query.
    pub line: String,
    /// All headers, names in lower case.
    pub head: String,
    pub body: String,
}

#[derive(Default)]
struct Script {
    sign_in: VecDeque<Answer>,
    graph: VecDeque<Answer>,
    seen: Vec<Seen>,
    tokens: u32,
}

pub struct Server {
    pub address: String,
    script: Arc<Mutex<Script>>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(Script::default()));
        let shared = Arc::clone(&script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { address, script }
    }

    /// Queues an answer of the sign-in service; without one it grants a token.
    pub fn sign_in(&self, answer: Answer) -> &Self {
        self.script.lock().unwrap().sign_in.push_back(answer);
        self
    }

    /// Queues an answer of Graph; without one it answers 500.
    pub fn graph(&self, answer: Answer) -> &Self {
        self.script.lock().unwrap().graph.push_back(answer);
        self
    }

    /// All requests so far whose path holds this text.
    pub fn seen(&self, path: &str) -> Vec<Seen> {
        let script = self.script.lock().unwrap();
        script
            .seen
            .iter()
            .filter(|seen| seen.line.contains(path))
            .cloned()
            .collect()
    }

    /// A page of groups with these ids and a next link.
    pub fn groups(&self, ids: &[&str], next: Option<&str>) -> Answer {
        let items: Vec<_> = ids
            .iter()
            .map(|id| serde_json::json!({ "id": id }))
            .collect();
        let mut page = serde_json::json!({ "value": items });
        if let Some(next) = next {
            page["@odata.nextLink"] = serde_json::json!(next);
        }
        json(200, "", &page.to_string())
    }

    pub fn connection(&self) -> Connection {
        connection_to(&self.address, &self.address)
    }
}

pub fn connection_to(authority: &str, graph: &str) -> Connection {
    let cloud = Endpoints::custom(authority, graph).unwrap();
    let client = "00000000-0000-0000-0000-0000000000aa";
    Connection::new(TENANT, client, SecretString::from(SECRET), cloud).unwrap()
}

/// The same application in another tenant.
pub fn other_tenant(address: &str) -> Connection {
    let cloud = Endpoints::custom(address, address).unwrap();
    let (tenant, client) = (
        "00000000-0000-0000-0000-000000000002",
        "00000000-0000-0000-0000-0000000000aa",
    );
    Connection::new(tenant, client, SecretString::from(SECRET), cloud).unwrap()
}

/// A whole reply with a JSON body; `headers` are lines that end in CR LF.
pub fn json(status: u16, headers: &str, body: &str) -> Answer {
    Answer::Send(format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n{headers}\r\n{body}",
        body.len()
    ))
}

pub fn context() -> CallContext {
    CallContext {
        client_request_id: "run-1".to_owned(),
    }
}

/// Small bounds, so that no test waits.
pub fn settings() -> ClientSettings {
    ClientSettings {
        first_backoff: Duration::ZERO,
        max_page_bytes: 4096,
        max_pages: 5,
        ..ClientSettings::default()
    }
}

pub fn client() -> HttpGraphClient {
    HttpGraphClient::new(settings()).unwrap()
}

pub fn groups() -> &'static Contract {
    graph::contract("groups").unwrap()
}

/// Gives up on headers at once, and never on anything else.
pub fn client_hasty_for_headers() -> HttpGraphClient {
    let header_timeout = Duration::from_millis(100);
    HttpGraphClient::new(ClientSettings {
        header_timeout,
        ..settings()
    })
    .unwrap()
}

/// Gives up on bodies at once, and never on anything else.
pub fn client_hasty_for_bodies() -> HttpGraphClient {
    let body_timeout = Duration::from_millis(100);
    HttpGraphClient::new(ClientSettings {
        body_timeout,
        ..settings()
    })
    .unwrap()
}

/// Reads the first page of groups.
pub async fn first_page(client: &HttpGraphClient, server: &Server) -> Result<Page, GraphError> {
    client
        .page(&server.connection(), &context(), groups(), None)
        .await
}

/// The error of reading the first page, which shows nothing that it must not.
pub async fn first_error(client: &HttpGraphClient, server: &Server) -> GraphError {
    let error = first_page(client, server).await.unwrap_err();
    let shown = format!("{error:?} {error} {}", error.safe_message());
    for canary in [SECRET, "canary", "token-", "http://", "Bearer"] {
        assert!(!shown.contains(canary), "{canary} in {shown}");
    }
    error
}

/// Walks a collection to its end.
pub async fn walk(client: &HttpGraphClient, server: &Server) -> Result<Vec<String>, GraphError> {
    let (mut ids, mut cursor) = (Vec::new(), None);
    loop {
        let page = client
            .page(&server.connection(), &context(), groups(), cursor)
            .await?;
        ids.extend(
            page.items
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(ids),
        }
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Mutex<Script>>) -> Option<()> {
    let seen = read_request(&mut stream).await?;
    let answer = {
        let mut script = script.lock().unwrap();
        let sign_in = seen.line.contains("/oauth2/v2.0/token");
        script.seen.push(seen);
        if sign_in {
            script.tokens += 1;
            let granted = token(script.tokens);
            script.sign_in.pop_front().unwrap_or(granted)
        } else {
            script
                .graph
                .pop_front()
                .unwrap_or_else(|| json(500, "", "{}"))
        }
    };
    match answer {
        Answer::Send(bytes) => stream.write_all(bytes.as_bytes()).await.ok()?,
        Answer::SendAndHang(bytes) => {
            stream.write_all(bytes.as_bytes()).await.ok()?;
            std::future::pending::<()>().await;
        }
    }
    stream.shutdown().await.ok()
}

/// The n-th token; its payload is `{"roles":["Group.Read.All"]}`.
fn token(n: u32) -> Answer {
    let jwt = format!("token-{n}.eyJyb2xlcyI6WyJHcm91cC5SZWFkLkFsbCJdfQ.s");
    let body =
        format!("{{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"{jwt}\"}}");
    json(200, "", &body)
}

async fn read_request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.ok()?;
        bytes.extend_from_slice(buffer.get(..read)?);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let (line, headers) = head.split_once("\r\n").unwrap_or((head, ""));
            let headers = headers
                .lines()
                .filter_map(|header| header.split_once(": "))
                .map(|(name, value)| format!("{}: {value}\n", name.to_lowercase()))
                .collect::<String>();
            let length = headers
                .lines()
                .find_map(|header| header.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                let line = line.trim_end_matches(" HTTP/1.1").to_owned();
                return Some(Seen {
                    line,
                    head: headers,
                    body: body.to_owned(),
                });
            }
        }
        if read == 0 {
            return None;
        }
    }
}
