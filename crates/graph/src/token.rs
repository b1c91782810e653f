//! Access tokens: asked for once, kept until shortly before they expire.

mod claims;
pub(crate) mod refusal;

use std::collections::HashMap;
use std::sync::{Arc, Mutex as SlotMap, PoisonError};
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::client::CallContext;
use crate::connection::{Connection, Credential};
use crate::error::{GraphError, UnreachableKind};
use crate::http::{Confidence, Reply, Transport};
use crate::retry::{Patience, Verdict};

pub(crate) use claims::roles;

/// The audience of every token; other addresses of Graph are stand-ins for this one.
const SCOPE: &str = "https://graph.microsoft.com/.default";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// A token is renewed this long before it expires, or at half its life if that is shorter.
const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// A token and the moment from which a new one is asked for.
#[derive(Debug)]
pub(crate) struct AccessToken {
    pub(crate) bearer: SecretString,
    renew_at: Instant,
}

/// Which token will do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// Any that has not expired.
    Any,
    /// Any but this one, which Graph did not accept; another caller may have renewed it.
    OtherThan(&'a Arc<AccessToken>),
    /// One that was not asked for yet.
    New,
}

impl Wanted<'_> {
    fn accepts(self, token: &Arc<AccessToken>) -> bool {
        let valid = Instant::now() < token.renew_at;
        match self {
            Self::Any => valid,
            Self::OtherThan(refused) => valid && !Arc::ptr_eq(refused, token),
            Self::New => false,
        }
    }
}

type Slot = Arc<Mutex<Option<Arc<AccessToken>>>>;

/// The tokens of all connections, by a hash of what they were asked for with.
///
/// Each connection has its own slot, locked while its token is asked for: of
/// many callers one asks, and no other tenant waits for it.
#[derive(Default)]
pub(crate) struct TokenCache {
    slots: SlotMap<HashMap<[u8; 32], Slot>>,
}

impl TokenCache {
    /// Gives the connection's token, asking for it if there is none that will do.
    pub(crate) async fn token(
        &self,
        transport: &Transport,
        connection: &Connection,
        context: &CallContext,
        wanted: Wanted<'_>,
        patience: &mut Patience,
        now: fn() -> SystemTime,
    ) -> Result<Arc<AccessToken>, GraphError> {
        let late = GraphError::Unreachable {
            kind: UnreachableKind::SignInTimeout,
        };
        let deadline = patience.deadline();
        if deadline <= Instant::now() {
            return Err(late);
        }
        let token = async {
            let slot = self.slot(connection);
            let mut slot = slot.lock().await;
            if let Some(token) = slot.as_ref()
                && wanted.accepts(token)
            {
                return Ok(Arc::clone(token));
            }
            // A token that failed is not offered to others while a new one is asked for.
            *slot = None;
            let token = Arc::new(request(transport, connection, context, patience, now).await?);
            *slot = Some(Arc::clone(&token));
            Ok(token)
        };
        tokio::time::timeout_at(deadline, token)
            .await
            .unwrap_or(Err(late))
    }

    fn slot(&self, connection: &Connection) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let key = cache_key(connection);
        if let Some(slot) = slots.get(&key) {
            return Arc::clone(slot);
        }
        // Connections come and secrets are rotated: what is of no more use goes now.
        let now = Instant::now();
        slots.retain(|_, slot| {
            Arc::strong_count(slot) > 1
                || slot
                    .try_lock()
                    .is_ok_and(|token| token.as_ref().is_some_and(|token| now < token.renew_at))
        });
        Arc::clone(slots.entry(key).or_default())
    }
}

fn cache_key(connection: &Connection) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in [
        connection.cloud().authority(),
        connection.cloud().graph(),
        connection.tenant_id(),
        connection.client_id(),
        connection.secret(),
    ] {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part.as_bytes());
    }
    if let Credential::Certificate(certificate) = connection.credential() {
        hasher.update(certificate.thumbprint());
    }
    hasher.finalize().into()
}

/// Asks the sign-in service, again where it says that it is only busy.
async fn request(
    transport: &Transport,
    connection: &Connection,
    context: &CallContext,
    patience: &mut Patience,
    now: fn() -> SystemTime,
) -> Result<AccessToken, GraphError> {
    loop {
        let url = connection.token_url()?;
        let mut form = vec![
            ("client_id", connection.client_id()),
            ("scope", SCOPE),
            ("grant_type", "client_credentials"),
        ];
        let assertion;
        match connection.credential() {
            Credential::Secret(secret) => form.push(("client_secret", secret.expose_secret())),
            Credential::Certificate(certificate) => {
                assertion = certificate.assertion(url.as_str(), connection.client_id(), now())?;
                form.push(("client_assertion_type", ASSERTION_TYPE));
                form.push(("client_assertion", assertion.expose_secret()));
            }
        }
        let asked_at = Instant::now();
        let confidence = Confidence {
            what: "sign-in",
            secrets: &[connection.secret()],
        };
        let reply = transport.post_form(url, &form, context, confidence).await?;
        match patience.judge(&reply, Instant::now()) {
            Verdict::Final if reply.status == 200 => return read(&reply, asked_at),
            Verdict::Final => return Err(refusal::classify(&reply, connection.secret())),
            Verdict::AskAgain(wait) => tokio::time::sleep(wait).await,
            Verdict::GiveUp(error) => return Err(error),
        }
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: String,
    expires_in: Seconds,
}

/// Older sign-in services send the number as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u64),
    Text(String),
}

fn read(reply: &Reply, asked_at: Instant) -> Result<AccessToken, GraphError> {
    let invalid = || GraphError::InvalidResponse {
        what: "the sign-in service sent no token",
        request_id: reply.request_id.clone(),
    };
    let granted: Granted = serde_json::from_slice(&reply.body).map_err(|_| invalid())?;
    let seconds = match granted.expires_in {
        Seconds::Number(seconds) => seconds,
        Seconds::Text(text) => text.parse().map_err(|_| invalid())?,
    };
    let bearer = SecretString::from(granted.access_token);
    if bearer.expose_secret().is_empty() || !granted.token_type.eq_ignore_ascii_case("bearer") {
        return Err(invalid());
    }
    let life = Duration::from_secs(seconds).min(LONGEST_LIFE);
    let renew_at = asked_at + life.saturating_sub(RENEW_BEFORE).max(life / 2);
    Ok(AccessToken { bearer, renew_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renewal(body: &str) -> Option<u64> {
        let body = body.as_bytes().to_vec();
        let reply = Reply {
            status: 200,
            body,
            ..Reply::default()
        };
        let now = Instant::now();
        read(&reply, now)
            .ok()
            .map(|token| (token.renew_at - now).as_secs())
    }

    #[test]
    fn p01_tokens_are_renewed_before_they_expire() {
        let body = |life: &str| {
            format!("{{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":{life}}}")
        };
        assert_eq!(renewal(&body("3599")), Some(3299));
        assert_eq!(renewal(&body("\"3599\"")), Some(3299));
        assert_eq!(renewal(&body("100")), Some(50));
        assert_eq!(renewal(&body("0")), Some(0));
        assert_eq!(renewal(&body("18446744073709551615")), Some(86_100));
        assert_eq!(renewal(&body("-1")), None);
        assert_eq!(
            renewal("{\"access_token\":\"\",\"token_type\":\"Bearer\",\"expires_in\":1}"),
            None
        );
        assert_eq!(
            renewal("{\"access_token\":\"t\",\"token_type\":\"mac\",\"expires_in\":1}"),
            None
        );
        assert_eq!(renewal("[]"), None);
    }
}
