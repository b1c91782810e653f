//! Certificates of applications, and the assertions they sign.

use ring::digest;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use serde_json::Value;
use webpki::EndEntityCert;

use crate::encoding::{base64_decode, base64url};
use crate::state::{App, Certificate};

/// Seconds by which the clocks of client and server may differ.
const SKEW: i64 = 300;

/// Why an assertion proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadAssertion {
    /// It is no JWT, or of another kind than asked for.
    Malformed,
    /// No registered certificate has signed it.
    UnknownKey,
    /// It is over, or not begun, or too long.
    OutOfTime,
    /// It is meant for somebody else.
    OtherAudience,
    /// It speaks of another application.
    OtherSubject,
}

/// Reads a certificate in DER.
pub(crate) fn read(der: &[u8]) -> Option<Certificate> {
    EndEntityCert::try_from(&CertificateDer::from(der)).ok()?;
    Some(Certificate { der: der.into() })
}

/// Reads the certificates of a PEM text; `None` when there is none, or one is broken.
pub(crate) fn read_pem(pem: &str) -> Option<Vec<Certificate>> {
    let all: Option<Vec<_>> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .map(|one| one.ok().and_then(|der| read(&der)))
        .collect();
    all.filter(|all| !all.is_empty())
}

impl Certificate {
    fn has_thumbprint(&self, header: &Value) -> bool {
        let own = |name: &str, algorithm| {
            let stated = header.get(name).and_then(Value::as_str);
            let print = digest::digest(algorithm, &self.der);
            stated.map(|stated| stated.trim_end_matches('=') == base64url(print.as_ref()))
        };
        let by_sha256 = own("x5t#S256", &digest::SHA256);
        let by_sha1 = own("x5t", &digest::SHA1_FOR_LEGACY_USE_ONLY);
        // Without a thumbprint every certificate is tried.
        by_sha256.or(by_sha1).unwrap_or(true)
    }

    fn has_signed(&self, algorithm: &str, signed: &str, signature: &[u8]) -> bool {
        let algorithms: &[&dyn SignatureVerificationAlgorithm] = match algorithm {
            "RS256" => &[webpki::ring::RSA_PKCS1_2048_8192_SHA256],
            "PS256" => &[webpki::ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY],
            _ => &[],
        };
        let der = CertificateDer::from(&*self.der);
        let Ok(certificate) = EndEntityCert::try_from(&der) else {
            return false;
        };
        algorithms.iter().any(|algorithm| {
            certificate
                .verify_signature(*algorithm, signed.as_bytes(), signature)
                .is_ok()
        })
    }
}

/// Checks a `client_assertion` of `app`, meant for one of `audiences`.
pub(crate) fn check(
    assertion: &str,
    app: &App,
    audiences: &[String],
    now: i64,
) -> Result<(), BadAssertion> {
    let malformed = BadAssertion::Malformed;
    let (signed, signature) = assertion.rsplit_once('.').ok_or(malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(malformed)?;
    let object = |coded: &str| -> Option<Value> {
        let value: Value = serde_json::from_slice(&base64_decode(coded)?).ok()?;
        value.is_object().then_some(value)
    };
    let header = object(header).ok_or(malformed)?;
    let claims = object(claims).ok_or(malformed)?;
    let signature = base64_decode(signature).ok_or(malformed)?;
    let algorithm = header.get("alg").and_then(Value::as_str).ok_or(malformed)?;
    let mut own = app.certificates.iter();
    if !own.any(|certificate| {
        certificate.has_thumbprint(&header) && certificate.has_signed(algorithm, signed, &signature)
    }) {
        return Err(BadAssertion::UnknownKey);
    }
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let names_app =
        |name: &str| text(name).is_some_and(|id| id.eq_ignore_ascii_case(&app.client_id));
    if !names_app("iss") || !names_app("sub") {
        return Err(BadAssertion::OtherSubject);
    }
    if !text("aud").is_some_and(|own| {
        audiences
            .iter()
            .any(|known| known == own.trim_end_matches('/'))
    }) {
        return Err(BadAssertion::OtherAudience);
    }
    let moment = |name: &str| claims.get(name).and_then(Value::as_f64);
    let now = f64::from(i32::try_from(now).unwrap_or(i32::MAX));
    let skew = f64::from(i32::try_from(SKEW).unwrap_or(0));
    let is_over = moment("exp").is_none_or(|end| end + skew <= now);
    let is_early = moment("nbf").is_some_and(|start| start - skew > now);
    if is_over || is_early {
        return Err(BadAssertion::OutOfTime);
    }
    Ok(())
}
