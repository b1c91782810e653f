//! Certificates with their private keys for tests, made anew by `openssl` for each process.
//!
//! Sign-in takes RSA keys alone, and none of the cryptography that the product builds with makes those.
//! A key that is made when it is needed does not lie in the repository.
#![expect(
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

use std::process::Command;
use std::sync::OnceLock;

const KEY: &str = "-----BEGIN PRIVATE KEY-----";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// A self-signed certificate of an application of nobody and its RSA key of 2048 bits, both as PEM.
#[derive(Debug)]
pub struct TestCertificate {
    /// The certificate.
    pub certificate: String,
    /// Its private key, as PKCS#8.
    pub key: String,
}

impl TestCertificate {
    /// The one most tests use.
    ///
    /// # Panics
    /// Where `openssl` is missing, or refuses.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<TestCertificate> = OnceLock::new();
        SHARED.get_or_init(Self::new)
    }

    /// Another one than [`shared`](Self::shared).
    ///
    /// # Panics
    /// Where `openssl` is missing, or refuses.
    pub fn other() -> &'static Self {
        static OTHER: OnceLock<TestCertificate> = OnceLock::new();
        OTHER.get_or_init(Self::new)
    }

    /// Certificate and key in one text, as people paste them.
    pub fn pem(&self) -> String {
        format!("{}{}", self.certificate, self.key)
    }

    fn new() -> Self {
        let made = Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
            ])
            .args(["-subj", "/CN=a test", "-keyout", "/dev/stdout"])
            .output();
        let made =
            made.unwrap_or_else(|error| panic!("`openssl` is needed to make a key: {error}"));
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(
            made.status.success(),
            "`openssl` made no certificate: {said}"
        );
        let text = String::from_utf8_lossy(&made.stdout);
        match (text.find(KEY), text.find(CERTIFICATE)) {
            (Some(key), Some(certificate)) if key < certificate => Self {
                certificate: text[certificate..].to_owned(),
                key: text[key..certificate].to_owned(),
            },
            _ => panic!("`openssl` printed no key in front of a certificate: {said}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_are_two_and_each_is_made_once() {
        let (one, other) = (TestCertificate::shared(), TestCertificate::other());
        assert_ne!(
            (&one.key, &one.certificate),
            (&other.key, &other.certificate)
        );
        assert_eq!(one.pem(), TestCertificate::shared().pem());
        assert!(one.certificate.starts_with(CERTIFICATE) && one.key.starts_with(KEY));
    }
}
