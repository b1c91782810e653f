//! A certificate with its private key, in place of a client secret.
//!
//! The key signs a short-lived statement for the sign-in service; it never leaves this process.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::SignatureScheme;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use secrecy::SecretString;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::base64;
use crate::error::GraphError;

/// How long a statement is good for; clocks may differ by as much as [`SKEW`].
const LIFE: Duration = Duration::from_secs(10 * 60);
const SKEW: Duration = Duration::from_secs(5 * 60);
/// Longer than any chain of certificates with a key.
const LONGEST_PEM: usize = 64 * 1024;

/// A certificate with its private key.
#[derive(Clone)]
pub struct ClientCertificate {
    thumbprint: [u8; 32],
    key: Arc<dyn SigningKey>,
}

/// Why a certificate was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCertificate {
    /// There is no certificate in it.
    #[error("there is no certificate in PEM form in it")]
    NoCertificate,
    /// There is no private key in it, or it is encrypted.
    #[error("there is no private key in PEM form in it, or it is protected by a password")]
    NoKey,
    /// The sign-in service takes RSA keys alone.
    #[error("the private key is not an RSA key of 2048 bits or more")]
    NotRsa,
    /// The key is another one's.
    #[error("the private key does not belong to the certificate")]
    OtherKey,
}

impl ClientCertificate {
    /// Reads a certificate and its private key, both in PEM form, in either order.
    ///
    /// # Errors
    /// [`InvalidCertificate`], which repeats nothing of the text.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidCertificate> {
        let bytes = pem.as_bytes();
        if bytes.len() > LONGEST_PEM {
            return Err(InvalidCertificate::NoCertificate);
        }
        let certificate = CertificateDer::pem_slice_iter(bytes)
            .next()
            .and_then(Result::ok)
            .ok_or(InvalidCertificate::NoCertificate)?;
        let key = PrivateKeyDer::from_pem_slice(bytes).map_err(|_| InvalidCertificate::NoKey)?;
        let key = rustls::crypto::ring::sign::any_supported_type(&key)
            .map_err(|_| InvalidCertificate::NotRsa)?;
        if key
            .choose_scheme(&[SignatureScheme::RSA_PSS_SHA256])
            .is_none()
        {
            return Err(InvalidCertificate::NotRsa);
        }
        let thumbprint = Sha256::digest(&certificate).into();
        CertifiedKey::new(vec![certificate], Arc::clone(&key))
            .keys_match()
            .map_err(|_| InvalidCertificate::OtherKey)?;
        Ok(Self { thumbprint, key })
    }

    /// SHA-256 of the certificate, by which the directory knows it.
    pub const fn thumbprint(&self) -> &[u8; 32] {
        &self.thumbprint
    }

    /// A statement, good for ten minutes and for this sign-in address, that the application is who it says.
    pub(crate) fn assertion(
        &self,
        audience: &str,
        client_id: &str,
        now: SystemTime,
    ) -> Result<SecretString, GraphError> {
        let unsigned = GraphError::Misconfigured {
            what: "the certificate's key does not sign",
        };
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| unsigned.clone())?;
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let header = json!({
            "alg": "PS256",
            "typ": "JWT",
            "x5t#S256": base64::url(&self.thumbprint),
        });
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": Uuid::from_bytes(random).to_string(),
            "iat": seconds,
            "nbf": seconds.saturating_sub(SKEW.as_secs()),
            "exp": seconds + LIFE.as_secs(),
        });
        let mut text = format!(
            "{}.{}",
            base64::url(header.to_string().as_bytes()),
            base64::url(claims.to_string().as_bytes())
        );
        let signature = self
            .key
            .choose_scheme(&[SignatureScheme::RSA_PSS_SHA256])
            .and_then(|signer| signer.sign(text.as_bytes()).ok())
            .ok_or(unsigned)?;
        text.push('.');
        text.push_str(&base64::url(&signature));
        Ok(SecretString::from(text))
    }
}

impl fmt::Debug for ClientCertificate {
    /// Leaves the key out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;
    use serde_json::Value;
    use test_certificate::TestCertificate;

    fn part(text: &str) -> Value {
        serde_json::from_slice(&base64::from_url(text).unwrap()).unwrap()
    }

    #[test]
    fn p02_a_certificate_signs_for_one_address_and_ten_minutes() {
        let certificate = ClientCertificate::from_pem(&TestCertificate::shared().pem()).unwrap();
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let signed = certificate
            .assertion("https://a.example/token", "app", now)
            .unwrap();
        let parts: Vec<_> = signed.expose_secret().split('.').collect();
        let [header, claims, signature] = parts[..] else {
            panic!("a JWT has three parts");
        };
        let header = part(header);
        assert_eq!(
            (&header["alg"], &header["typ"]),
            (&"PS256".into(), &"JWT".into())
        );
        assert_eq!(
            header["x5t#S256"],
            base64::url(certificate.thumbprint()).as_str()
        );
        let claims = part(claims);
        assert_eq!(claims["aud"], "https://a.example/token");
        assert_eq!(
            (&claims["iss"], &claims["sub"]),
            (&"app".into(), &"app".into())
        );
        assert_eq!(claims["exp"], 1_800_000_600_u64);
        assert_eq!(claims["nbf"], 1_799_999_700_u64);
        let again = certificate
            .assertion("https://a.example/token", "app", now)
            .unwrap();
        assert_ne!(
            again.expose_secret(),
            signed.expose_secret(),
            "each has an id of its own"
        );

        // The public key, out of its envelope: 24 bytes in front of it for an RSA key of 2048 bits.
        let envelope = certificate.key.public_key().unwrap();
        let message = signed.expose_secret().rsplit_once('.').unwrap().0;
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        let (_, pss) = algorithms
            .mapping
            .iter()
            .find(|(scheme, _)| *scheme == SignatureScheme::RSA_PSS_SHA256)
            .unwrap();
        let verified = pss[0].verify_signature(
            &envelope[24..],
            message.as_bytes(),
            &base64::from_url(signature).unwrap(),
        );
        assert!(verified.is_ok());
    }

    #[test]
    fn p02_what_is_no_certificate_with_its_key_is_refused_and_not_repeated() {
        let refused = |pem: &str| {
            let error = ClientCertificate::from_pem(pem).unwrap_err();
            assert!(!error.to_string().contains("canary"));
            error
        };
        let TestCertificate { certificate, key } = TestCertificate::shared();
        assert_eq!(refused(certificate), InvalidCertificate::NoKey);
        assert_eq!(refused(key), InvalidCertificate::NoCertificate);
        assert_eq!(refused("canary"), InvalidCertificate::NoCertificate);
        assert_eq!(refused(""), InvalidCertificate::NoCertificate);
        let other = &TestCertificate::other().key;
        assert_eq!(
            refused(&format!("{certificate}{other}")),
            InvalidCertificate::OtherKey
        );
        let turned = format!("{key}{certificate}");
        assert!(
            ClientCertificate::from_pem(&turned).is_ok(),
            "in either order"
        );
        let shown = format!("{:?}", ClientCertificate::from_pem(&turned).unwrap());
        assert!(!shown.contains("key"), "{shown}");
    }
}
