//! The one thing that is read out of a token: the permissions it carries.

use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::AccessToken;
use crate::base64;
use crate::error::GraphError;
use crate::redact::SafeText;

/// No application has nearly as many permissions.
const MOST_ROLES: usize = 2_000;

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    roles: Vec<String>,
}

/// The application permissions of a token, sorted; its signature is Graph's to check.
pub(crate) fn roles(token: &AccessToken) -> Result<Vec<String>, GraphError> {
    let invalid = || GraphError::InvalidResponse {
        what: "the token's permissions cannot be read",
        request_id: None,
    };
    let payload = token
        .bearer
        .expose_secret()
        .split('.')
        .nth(1)
        .ok_or_else(invalid)?;
    let bytes = base64::from_url(payload).ok_or_else(invalid)?;
    let claims: Claims = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    let mut roles: Vec<String> = claims
        .roles
        .iter()
        .filter_map(|role| SafeText::identifier(role))
        .map(SafeText::into_string)
        .take(MOST_ROLES)
        .collect();
    roles.sort_unstable();
    roles.dedup();
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;
    use tokio::time::Instant;

    fn read(bearer: &str) -> Result<Vec<String>, GraphError> {
        roles(&AccessToken {
            bearer: SecretString::from(bearer),
            renew_at: Instant::now(),
        })
    }

    #[test]
    fn p03_roles_are_read_and_nothing_else() {
        // {"roles":["Group.Read.All","A b","Directory.Read.All"]}
        let payload = "eyJyb2xlcyI6WyJHcm91cC5SZWFkLkFsbCIsIkEgYiIsIkRpcmVjdG9yeS5SZWFkLkFsbCJdfQ";
        let roles = read(&format!("h.{payload}.s")).unwrap();
        assert_eq!(roles, ["Directory.Read.All", "Group.Read.All"]);
        assert_eq!(
            read("h.e30.s").unwrap(),
            Vec::<String>::new(),
            "no grant, no claim"
        );
        for garbage in ["opaque", "h.!.s", "h.A.s", "h.MQ.s", "h..s"] {
            assert!(read(garbage).is_err(), "{garbage}");
        }
    }
}
