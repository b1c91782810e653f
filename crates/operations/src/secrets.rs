//! Provider credentials, sealed with XChaCha20-Poly1305 under the installation's key.
//!
//! A blob is `1 | nonce (24) | ciphertext and tag`. Its associated data names the connection,
//! so that a blob copied to another row does not open.

use std::{
    fs,
    io::{self, ErrorKind, Write as _},
    path::Path,
};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use domain::ids::ConnectionId;
use secrecy::{ExposeSecret as _, SecretString};

/// Why a secret was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The key file could not be read or written.
    #[error("the key file {path} cannot be used")]
    KeyFile {
        /// Which file.
        path: String,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
    /// The key file does not hold a key.
    #[error("the key file {path} does not hold 32 bytes; restore it from a backup")]
    NotAKey {
        /// Which file.
        path: String,
    },
    /// The system has no randomness.
    #[error("no randomness from the system")]
    NoRandomness,
    /// The blob was not sealed by this key for this connection.
    #[error("the stored credential does not open with this installation's key")]
    Unopenable,
}

const FORMAT: u8 = 1;
const NONCE: usize = 24;
/// What a check of the key is sealed for, and what is in it; no connection has such a name.
const CHECK: &[u8] = b"installation|key_check";

/// The key under which provider credentials are sealed.
pub struct MasterKey(XChaCha20Poly1305);

impl MasterKey {
    /// Reads the key from its file, or makes one that only this user can read.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn open(path: &Path) -> Result<Self, SecretError> {
        match Self::read(path)? {
            Some(key) => Ok(key),
            None => Self::make(path),
        }
    }

    /// Reads the key from its file; none when there is no file.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn read(path: &Path) -> Result<Option<Self>, SecretError> {
        match fs::read(path) {
            Ok(bytes) => {
                let key: [u8; 32] = bytes.try_into().map_err(|_| SecretError::NotAKey {
                    path: path.display().to_string(),
                })?;
                Ok(Some(Self::of(key)))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(path, error)),
        }
    }

    fn make(path: &Path) -> Result<Self, SecretError> {
        let key = random::<32>()?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path) {
            Ok(mut out) => {
                let written = out.write_all(&key).and_then(|()| out.sync_all());
                written.map_err(|error| unusable(path, error))?;
                Ok(Self::of(key))
            }
            // Another process was faster; its key counts.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Self::open(path),
            Err(error) => Err(unusable(path, error)),
        }
    }

    /// A key from its bytes.
    pub fn of(key: [u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(&key.into()))
    }

    /// Seals a connection's secret.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn seal(
        &self,
        connection: ConnectionId,
        secret: &SecretString,
    ) -> Result<Vec<u8>, SecretError> {
        self.seal_for(&associated(connection), secret.expose_secret().as_bytes())
    }

    /// Seals the words by which a database knows this key again.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn seal_check(&self) -> Result<Vec<u8>, SecretError> {
        self.seal_for(CHECK, CHECK)
    }

    /// Whether these are the words, sealed by this key.
    pub fn opens_check(&self, blob: &[u8]) -> bool {
        self.open_for(CHECK, blob).is_ok_and(|words| words == CHECK)
    }

    fn seal_for(&self, aad: &[u8], msg: &[u8]) -> Result<Vec<u8>, SecretError> {
        let nonce = random::<NONCE>()?;
        let sealed = self
            .0
            .encrypt(&XNonce::from(nonce), Payload { msg, aad })
            .map_err(|_| SecretError::Unopenable)?;
        let mut blob = Vec::with_capacity(1 + NONCE + sealed.len());
        blob.push(FORMAT);
        blob.extend_from_slice(&nonce);
        blob.extend_from_slice(&sealed);
        Ok(blob)
    }

    /// Opens a connection's secret.
    ///
    /// # Errors
    /// `Unopenable` for another key, another connection's blob, or a changed one.
    pub fn open_secret(
        &self,
        connection: ConnectionId,
        blob: &[u8],
    ) -> Result<SecretString, SecretError> {
        let plain = self.open_for(&associated(connection), blob)?;
        String::from_utf8(plain)
            .map(SecretString::from)
            .map_err(|_| SecretError::Unopenable)
    }

    fn open_for(&self, aad: &[u8], blob: &[u8]) -> Result<Vec<u8>, SecretError> {
        let (format, rest) = blob.split_first().ok_or(SecretError::Unopenable)?;
        let (nonce, msg) = rest
            .split_at_checked(NONCE)
            .ok_or(SecretError::Unopenable)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| SecretError::Unopenable)?;
        if *format != FORMAT {
            return Err(SecretError::Unopenable);
        }
        self.0
            .decrypt(&XNonce::from(nonce), Payload { msg, aad })
            .map_err(|_| SecretError::Unopenable)
    }
}

fn unusable(path: &Path, source: io::Error) -> SecretError {
    SecretError::KeyFile {
        path: path.display().to_string(),
        source,
    }
}

fn associated(connection: ConnectionId) -> Vec<u8> {
    let mut aad = b"provider_credentials|sealed|".to_vec();
    aad.extend_from_slice(connection.as_uuid().as_bytes());
    aad
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], SecretError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| SecretError::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(n: u128) -> ConnectionId {
        ConnectionId::from_uuid(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn p02_a_secret_opens_only_where_it_was_sealed() {
        let key = MasterKey::of([7; 32]);
        let blob = key
            .seal(connection(1), &"s3cret".to_owned().into())
            .unwrap();
        assert!(!blob.windows(6).any(|window| window == b"s3cret"));
        assert_eq!(
            key.open_secret(connection(1), &blob)
                .unwrap()
                .expose_secret(),
            "s3cret"
        );
        assert!(
            key.open_secret(connection(2), &blob).is_err(),
            "another row"
        );
        assert!(
            MasterKey::of([8; 32])
                .open_secret(connection(1), &blob)
                .is_err(),
            "another key"
        );
        let mut changed = blob.clone();
        changed[30] ^= 1;
        assert!(
            key.open_secret(connection(1), &changed).is_err(),
            "a changed blob"
        );
        assert!(
            key.open_secret(connection(1), &blob[..10]).is_err(),
            "a cut blob"
        );
    }

    #[test]
    fn p02_a_key_is_known_again_by_what_it_sealed() {
        let key = MasterKey::of([7; 32]);
        let check = key.seal_check().unwrap();
        assert!(key.opens_check(&check));
        assert!(!MasterKey::of([8; 32]).opens_check(&check), "another key");
        let credential = key.seal(connection(1), &"s3cret".to_owned().into());
        assert!(!key.opens_check(&credential.unwrap()), "a credential");
        assert!(key.open_secret(connection(1), &check).is_err());
    }
}
