//! Doors for the fuzz targets and for the tests that replay their corpus; no part of the interface.

use secrecy::SecretString;

use crate::address::link_url;
use crate::connection::{Connection, Endpoints};
use crate::contracts::contract;
use crate::http::{Reply, refusal};

const GUID: &str = "00000000-0000-0000-0000-000000000001";

/// Looks at a link to a next page: whatever is let through leads to the connection's own host and version.
pub fn next_link(link: &str) {
    let secret = SecretString::from("s");
    let connection = Connection::new(GUID, GUID, secret, Endpoints::global());
    let (Ok(connection), Some(groups)) = (connection, contract("groups")) else {
        return;
    };
    if let Ok(url) = link_url(link, &connection, groups) {
        assert_eq!(url.scheme(), "https");
        assert_eq!(url.host_str(), Some("graph.microsoft.com"));
        assert_eq!(url.port_or_known_default(), Some(443));
        assert!(url.path().starts_with("/v1.0/"));
        assert!(url.username().is_empty() && url.password().is_none());
    }
}

/// Reads the reply to a batch: whatever comes, it ends, and with no more answers than can be used.
pub fn batch(bytes: &[u8]) {
    if let Some(read) = crate::batch::responses(bytes) {
        assert!(read.len() <= 2 * crate::batch::LARGEST_BATCH);
    }
}

/// Reads a refusal: what is kept of it is short, and holds neither address nor payload nor secret.
pub fn refusal(status: u16, bytes: &[u8]) {
    const SECRET: &str = "canary-0123456789";
    let reply = Reply {
        status: 400 + status % 200,
        body: bytes.to_vec(),
        ..Reply::default()
    };
    let needed = contract("groups").and_then(|groups| groups.read.known());
    let error = refusal::classify(&reply, needed, &[SECRET]);
    let shown = format!("{error} {error:?}");
    assert!(shown.len() < 8_192);
    assert!(!shown.contains(SECRET) && !shown.contains("://"));
    let refused = crate::token::refusal::classify(&reply, SECRET);
    assert!(!format!("{refused:?}").contains(SECRET));
}
