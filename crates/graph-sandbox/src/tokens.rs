//! Access tokens: shaped like JWTs, opaque to clients, signed with a key that follows from the seed,
//! so that they stay good when the sandbox is started again.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use ring::hmac;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::encoding::{base64_decode, base64url};

/// Seconds a token lives, as the real token endpoint says it.
pub(crate) const LIFETIME_SECONDS: i64 = 3_599;

/// Checked tokens that are remembered; beyond that all are checked anew.
const MAX_REMEMBERED: usize = 2_000;

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

/// Issues tokens and knows its own again.
pub(crate) struct TokenMint {
    key: hmac::Key,
    checked: Mutex<HashMap<[u8; 32], Grant>>,
}

impl std::fmt::Debug for TokenMint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenMint").finish_non_exhaustive()
    }
}

impl TokenMint {
    pub(crate) fn of_seed(seed: u64) -> Self {
        let bytes = Sha256::digest(format!("graph-sandbox tokens {seed}").as_bytes());
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &bytes),
            checked: Mutex::default(),
        }
    }

    /// Issues a token for `grant`; `None` when the machine has no random bytes.
    pub(crate) fn issue(&self, grant: &Grant, now: i64) -> Option<String> {
        let signed = claims(grant, now)?;
        let signature = hmac::sign(&self.key, signed.as_bytes());
        Some(format!("{signed}.{}", base64url(signature.as_ref())))
    }

    /// What the value of an `Authorization` header opens at `now`.
    pub(crate) fn check(&self, authorization: Option<&str>, now: i64) -> Result<Grant, Refusal> {
        let header = authorization.ok_or(Refusal::Missing)?;
        let (scheme, token) = header.trim().split_once(' ').ok_or(Refusal::Missing)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refusal::Missing);
        }
        let grant = self.grant(token.trim())?;
        if grant.expires <= now {
            Err(Refusal::Expired)
        } else {
            Ok(grant)
        }
    }

    fn grant(&self, token: &str) -> Result<Grant, Refusal> {
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        {
            let checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(grant) = checked.get(&hash) {
                return Ok(grant.clone());
            }
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let (_, claims) = signed.split_once('.').ok_or(Refusal::Malformed)?;
        let signature = base64_decode(signature).ok_or(Refusal::Unknown)?;
        hmac::verify(&self.key, signed.as_bytes(), &signature).map_err(|_| Refusal::Unknown)?;
        let grant = base64_decode(claims)
            .and_then(|bytes| read(&bytes))
            .ok_or(Refusal::Malformed)?;
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if checked.len() >= MAX_REMEMBERED {
            checked.clear();
        }
        checked.insert(hash, grant.clone());
        Ok(grant)
    }
}

/// A header and claims as the real ones have them. The header's algorithm is the real one's too: whoever
/// looks into a token that is not theirs sees what they would see there.
fn claims(grant: &Grant, now: i64) -> Option<String> {
    let mut unique = [0_u8; 12];
    getrandom::fill(&mut unique).ok()?;
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
        "uti": base64url(&unique),
        "ver": "1.0",
    });
    // An application without any granted role gets a token without the claim.
    if !grant.roles.is_empty()
        && let Some(claims) = claims.as_object_mut()
    {
        claims.insert("roles".to_owned(), json!(*grant.roles));
    }
    Some(format!(
        "{}.{}",
        base64url(header.to_string().as_bytes()),
        base64url(claims.to_string().as_bytes()),
    ))
}

fn read(claims: &[u8]) -> Option<Grant> {
    let claims: Value = serde_json::from_slice(claims).ok()?;
    let text = |name: &str| Some(Arc::<str>::from(claims.get(name)?.as_str()?));
    let roles = claims.get("roles").and_then(Value::as_array);
    let roles = roles.into_iter().flatten();
    Some(Grant {
        tenant_id: text("tid")?,
        app_id: text("appid")?,
        roles: Arc::new(
            roles
                .filter_map(|role| role.as_str().map(str::to_owned))
                .collect(),
        ),
        expires: claims.get("exp")?.as_i64()?,
    })
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
        let mint = TokenMint::of_seed(1);
        let token = mint.issue(&grant(), 10).unwrap();
        let header = format!("Bearer {token}");
        for _ in 0..2 {
            assert_eq!(mint.check(Some(&header), 99), Ok(grant()));
            assert_eq!(mint.check(Some(&header), 100), Err(Refusal::Expired));
        }
        for altered in [format!("{header}x"), header.replacen("ey", "eY", 1)] {
            assert_eq!(mint.check(Some(&altered), 99), Err(Refusal::Unknown));
        }
        assert_eq!(mint.check(Some("Bearer abc"), 99), Err(Refusal::Malformed));
        assert_eq!(mint.check(Some("Bearer a.b"), 99), Err(Refusal::Malformed));
        assert_eq!(mint.check(Some("Basic abc"), 99), Err(Refusal::Missing));
        assert_eq!(mint.check(None, 99), Err(Refusal::Missing));
    }

    #[test]
    fn a_token_is_known_by_a_sandbox_of_the_same_seed_alone() {
        let token = TokenMint::of_seed(1).issue(&grant(), 10).unwrap();
        let header = format!("Bearer {token}");
        assert!(TokenMint::of_seed(1).check(Some(&header), 50).is_ok());
        assert_eq!(
            TokenMint::of_seed(2).check(Some(&header), 50),
            Err(Refusal::Unknown)
        );
    }

    #[test]
    fn tokens_of_one_moment_differ() {
        let mint = TokenMint::of_seed(1);
        assert_ne!(mint.issue(&grant(), 10), mint.issue(&grant(), 10));
    }
}
