//! Passwords: argon2id, off the async threads, no more at once than there are cores.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use tokio::sync::Semaphore;

/// Blocks of 1 KiB: glibc maps what is larger than 32 MB for itself and unmaps it when it is freed.
/// Smaller buffers, as argon2 makes them, stay in the heap of each thread that ever hashed a password.
/// What is not needed of it is never touched.
const GIVEN_BACK: usize = 33 * 1024;

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
        let matches =
            tokio::task::spawn_blocking(move || matches(&password, &stored).unwrap_or(false));
        matches.await.unwrap_or(false) && known
    }
}

fn hash(params: &Params, password: &str) -> Result<String, HashFailed> {
    let salt = Salt::generate();
    let mut bytes = [0_u8; Params::DEFAULT_OUTPUT_LEN];
    fill(params.clone(), password, &salt, &mut bytes)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(|_| HashFailed)?,
        salt: Some(salt),
        hash: Some(Output::new(&bytes).map_err(|_| HashFailed)?),
    };
    Ok(hash.to_string())
}

/// Whether a password has this hash; an error for a hash that is none of ours.
fn matches(password: &str, stored: &str) -> Result<bool, HashFailed> {
    let stored = PasswordHash::new(stored).map_err(|_| HashFailed)?;
    let ours = stored.algorithm == Algorithm::Argon2id.ident()
        && stored.version == Some(Version::V0x13.into());
    let (Some(salt), Some(expected), true) = (stored.salt, stored.hash, ours) else {
        return Err(HashFailed);
    };
    let params = Params::try_from(&stored).map_err(|_| HashFailed)?;
    let mut bytes = vec![0_u8; expected.len()];
    fill(params, password, &salt, &mut bytes)?;
    // `Output` compares in constant time.
    Ok(Output::new(&bytes).is_ok_and(|found| found == expected))
}

/// Hashes in memory that goes back to the system afterwards.
fn fill(params: Params, password: &str, salt: &Salt, out: &mut [u8]) -> Result<(), HashFailed> {
    let needed = params.block_count();
    let mut blocks = Vec::with_capacity(needed.max(GIVEN_BACK));
    blocks.resize(needed, Block::default());
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password.as_bytes(), salt, out, &mut blocks)
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
    fn a_hash_that_argon2_made_itself_is_understood_and_ours_by_argon2() {
        use argon2::password_hash::{PasswordHasher, PasswordVerifier};
        let theirs = Argon2::default()
            .hash_password(b"correct horse battery")
            .unwrap()
            .to_string();
        assert!(matches("correct horse battery", &theirs).unwrap());
        assert!(!matches("wrong horse battery", &theirs).unwrap());
        let params = Params::new(19_456, 2, 1, None).unwrap();
        let ours = hash(&params, "correct horse battery").unwrap();
        let parsed = PasswordHash::new(&ours).unwrap();
        let verified = Argon2::default().verify_password(b"correct horse battery", &parsed);
        assert!(verified.is_ok());
        assert!(matches("anything", "not a hash").is_err());
        assert!(
            matches(
                "anything",
                "$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA"
            )
            .is_err()
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
