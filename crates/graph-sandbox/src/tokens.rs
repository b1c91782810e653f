//! Access tokens: shaped like JWTs, opaque to clients, known by their hash.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::encoding::base64url;

/// Seconds a token lives, as the real token endpoint says it.
pub(crate) const LIFETIME_SECONDS: i64 = 3_599;

/// Tokens kept at most; the oldest is forgotten first and then answers 401.
const MAX_TOKENS: usize = 50_000;

/// What a bearer token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) tenant_id: Arc<str>,
    pub(crate) app_id: Arc<str>,
    pub(crate) roles: Arc<BTreeSet<String>>,
    pub(crate) expires: i64,
}

/// Why a bearer token opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Missing,
    Malformed,
    Unknown,
    Expired,
}

/// The tokens this sandbox has issued.
#[derive(Debug, Default)]
pub(crate) struct TokenStore(Mutex<Issued>);

#[derive(Debug, Default)]
struct Issued {
    by_hash: HashMap<[u8; 32], Grant>,
    oldest_first: VecDeque<[u8; 32]>,
}

impl TokenStore {
    /// Issues a token for `grant`; `None` when the machine has no random bytes.
    pub(crate) fn issue(&self, grant: Grant, now: i64) -> Option<String> {
        let token = write_token(&grant, now)?;
        let hash = digest(&token);
        let mut issued = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        issued.by_hash.insert(hash, grant);
        issued.oldest_first.push_back(hash);
        while issued.oldest_first.len() > MAX_TOKENS {
            if let Some(oldest) = issued.oldest_first.pop_front() {
                issued.by_hash.remove(&oldest);
            }
        }
        Some(token)
    }

    /// What the value of an `Authorization` header opens at `now`.
    pub(crate) fn check(&self, authorization: Option<&str>, now: i64) -> Result<Grant, Refusal> {
        let header = authorization.ok_or(Refusal::Missing)?;
        let (scheme, token) = header.trim().split_once(' ').ok_or(Refusal::Missing)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refusal::Missing);
        }
        let token = token.trim();
        if token.split('.').count() != 3 {
            return Err(Refusal::Malformed);
        }
        let issued = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let grant = issued.by_hash.get(&digest(token)).ok_or(Refusal::Unknown)?;
        if grant.expires <= now {
            Err(Refusal::Expired)
        } else {
            Ok(grant.clone())
        }
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A header and claims as the real ones have them, and 32 random bytes where the
/// signature stands: the store is what makes a token valid.
fn write_token(grant: &Grant, now: i64) -> Option<String> {
    let mut signature = [0_u8; 32];
    getrandom::fill(&mut signature).ok()?;
    let header = json!({"typ": "JWT", "alg": "RS256", "kid": "graph-sandbox"});
    let mut claims = json!({
        "aud": "https://graph.microsoft.com",
        "iss": format!("https://sts.windows.net/{}/", grant.tenant_id),
        "iat": now,
        "nbf": now,
        "exp": grant.expires,
        "appid": &*grant.app_id,
        "idtyp": "app",
        "tid": &*grant.tenant_id,
        "ver": "1.0",
    });
    // An application without any granted role gets a token without the claim.
    if !grant.roles.is_empty()
        && let Some(claims) = claims.as_object_mut()
    {
        claims.insert("roles".to_owned(), json!(*grant.roles));
    }
    Some(format!(
        "{}.{}.{}",
        base64url(header.to_string().as_bytes()),
        base64url(claims.to_string().as_bytes()),
        base64url(&signature)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant {
            tenant_id: "t".into(),
            app_id: "a".into(),
            roles: Arc::new(BTreeSet::from(["Group.Read.All".to_owned()])),
            expires: 100,
        }
    }

    #[test]
    fn a_token_opens_until_it_expires_and_never_when_altered() {
        let store = TokenStore::default();
        let token = store.issue(grant(), 10).unwrap();
        let header = format!("Bearer {token}");
        assert_eq!(store.check(Some(&header), 99), Ok(grant()));
        assert_eq!(store.check(Some(&header), 100), Err(Refusal::Expired));
        assert_eq!(
            store.check(Some(&format!("{header}x")), 99),
            Err(Refusal::Unknown)
        );
        assert_eq!(store.check(Some("Bearer abc"), 99), Err(Refusal::Malformed));
        assert_eq!(store.check(Some("Basic abc"), 99), Err(Refusal::Missing));
        assert_eq!(store.check(None, 99), Err(Refusal::Missing));
    }

    #[test]
    fn tokens_of_one_moment_differ() {
        let store = TokenStore::default();
        assert_ne!(store.issue(grant(), 10), store.issue(grant(), 10));
    }
}
