//! Passwords: argon2id, off the async threads, no more at once than there are cores.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    turn: Arc<Semaphore>,
    params: Params,
    /// Checked for unknown people, so that they take as long as known ones.
    decoy: Arc<str>,
}

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("hashing a password")]
pub struct HashFailed;

impl Passwords {
    /// With OWASP's parameters: 19 MiB, two passes, one lane.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new() -> Result<Self, HashFailed> {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let params = Params::new(19_456, 2, 1, None).map_err(|_| HashFailed)?;
        let decoy = hash(&params, "nobody has this password")?.into();
        Ok(Self {
            turn: Arc::new(Semaphore::new(cores)),
            params,
            decoy,
        })
    }

    /// The hash of a password, as it is stored.
    ///
    /// # Errors
    /// When the system has no randomness or is shutting down.
    pub async fn hash(&self, password: String) -> Result<String, HashFailed> {
        let _turn = self.turn.acquire().await.map_err(|_| HashFailed)?;
        let params = self.params.clone();
        tokio::task::spawn_blocking(move || hash(&params, &password))
            .await
            .map_err(|_| HashFailed)?
    }

    /// Whether a password is the stored one; without a stored one it takes as long and is not.
    pub async fn verify(&self, password: String, stored: Option<String>) -> bool {
        let Ok(_turn) = self.turn.acquire().await else {
            return false;
        };
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.decoy.to_string());
        let matches = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&stored).is_ok_and(|stored| {
                Argon2::default()
                    .verify_password(password.as_bytes(), &stored)
                    .is_ok()
            })
        });
        matches.await.unwrap_or(false) && known
    }
}

fn hash(params: &Params, password: &str) -> Result<String, HashFailed> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|_| HashFailed)
}

/// What is wrong with a new password, if something is.
pub(crate) fn weakness(password: &str, about: &[&str]) -> Option<&'static str> {
    let lower = password.to_lowercase();
    if password.chars().count() < 12 {
        Some("Use at least 12 characters; a few words make a good password.")
    } else if password.chars().count() > 256 {
        Some("Use at most 256 characters.")
    } else if about
        .iter()
        .any(|word| word.len() >= 4 && lower.contains(&word.to_lowercase()))
    {
        Some("Leave your name, address and workspace out of it.")
    } else if lower
        .chars()
        .collect::<std::collections::BTreeSet<_>>()
        .len()
        < 5
    {
        Some("Use more different characters.")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_checked_against_its_hash_and_nobody_matches_nothing() {
        let passwords = Passwords::new().unwrap();
        let stored = passwords
            .hash("correct horse battery".into())
            .await
            .unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(
            passwords
                .verify("correct horse battery".into(), Some(stored.clone()))
                .await
        );
        assert!(!passwords.verify("wrong".into(), Some(stored)).await);
        assert!(
            !passwords
                .verify("nobody has this password".into(), None)
                .await
        );
    }

    #[test]
    fn weak_passwords_are_refused_with_a_reason() {
        assert!(weakness("short", &[]).is_some());
        assert!(weakness("aaaaaaaaaaaaaaa", &[]).is_some());
        assert!(weakness("dana-likes-long-walks", &["Dana"]).is_some());
        assert!(weakness("violet tractor umbrella", &["Dana"]).is_none());
    }
}
