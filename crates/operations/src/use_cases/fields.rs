//! What people type into forms, checked and brought into the form that is stored.

use domain::{capability::Role, error::ApiError};
use icu_properties::{
    CodePointSetData,
    props::{BidiControl, DefaultIgnorableCodePoint},
};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

/// Longer names say no more.
const LONGEST_NAME: usize = 200;
/// Longer than any secret that a directory makes.
const LONGEST_SECRET: usize = 1000;

/// A name that people know something by.
pub(crate) fn name(field: &str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    let cannot_be_seen = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    if !text
        .chars()
        .any(|c| !c.is_whitespace() && !cannot_be_seen.contains(c))
    {
        return Err(ApiError::invalid(field, "Give it a name."));
    }
    // In a list or in a sentence it would turn round what stands beside it.
    let turns_text = CodePointSetData::new::<BidiControl>();
    if text.chars().any(|c| turns_text.contains(c)) {
        return Err(ApiError::invalid(
            field,
            "Leave out the invisible characters that turn the direction of text; type the name instead of pasting it.",
        ));
    }
    if text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control) {
        return Err(ApiError::invalid(
            field,
            "Use at most 200 characters, on one line.",
        ));
    }
    Ok(text.to_owned())
}

/// An id that a directory gave, in small letters, as the provider writes it.
pub(crate) fn guid(field: &str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    let id = (text.len() == 36)
        .then(|| Uuid::try_parse(text).ok())
        .flatten();
    let id = id.filter(|id| !id.is_nil()).ok_or_else(|| {
        let message = format!("The {field} is a GUID, as in 0f8fad5b-d9cb-469f-a165-70867728950e.");
        ApiError::invalid(field, &message)
    })?;
    Ok(id.as_hyphenated().to_string())
}

/// A client secret as it was pasted; none when the field was left empty.
pub(crate) fn secret(text: &SecretString) -> Result<Option<SecretString>, ApiError> {
    let text = text.expose_secret().trim();
    if text.is_empty() {
        return Ok(None);
    }
    // Not a word of it goes into the answer.
    if text.len() > LONGEST_SECRET || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(ApiError::invalid(
            "client secret",
            "This is not a client secret. Copy its value, not its id, on one line.",
        ));
    }
    // The value and the id stand beside each other in the portal, and this is the id.
    if Uuid::try_parse(text).is_ok() {
        return Err(ApiError::invalid(
            "client secret",
            "This looks like the secret's id. Copy its value instead.",
        ));
    }
    Ok(Some(SecretString::from(text.to_owned())))
}

/// A role by its word.
pub(crate) fn role(word: &str) -> Result<Role, ApiError> {
    Role::parse(word).ok_or_else(|| ApiError::invalid("Role", "There is no such role."))
}

/// A certificate with its private key as it was pasted; not a word of it goes into the answer.
pub(crate) fn certificate(pem: &SecretString) -> Result<(), ApiError> {
    graph::ClientCertificate::from_pem(pem.expose_secret())
        .map(drop)
        .map_err(|error| {
            let message = format!(
                "This cannot sign in: {error}. Paste the certificate and its unencrypted private key, \
                 each from its BEGIN to its END line."
            );
            ApiError::invalid("certificate", &message)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_stored_in_one_form() {
        let id = guid("directory id", " 0F8FAD5B-D9CB-469F-A165-70867728950E\n").unwrap();
        assert_eq!(id, "0f8fad5b-d9cb-469f-a165-70867728950e");
        for bad in [
            "",
            "contoso.onmicrosoft.com",
            "0f8fad5bd9cb469fa16570867728950e",
            "{0f8fad5b-d9cb-469f-a165-70867728950e}",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert!(guid("directory id", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn p02_a_refused_secret_is_not_in_the_answer() {
        for bad in [
            "sesame open",
            "0f8fad5b-d9cb-469f-a165-70867728950e",
            &*"sesame".repeat(200),
        ] {
            let refused = secret(&SecretString::from(bad.to_owned())).unwrap_err();
            let told = format!("{refused:?} {refused}");
            assert!(
                !told.contains("sesame") && !told.contains("0f8fad5b"),
                "{told}"
            );
        }
        assert!(
            secret(&SecretString::from("  ".to_owned()))
                .unwrap()
                .is_none()
        );
        let kept = secret(&SecretString::from(" a~B.c_D-e \n".to_owned())).unwrap();
        assert_eq!(kept.unwrap().expose_secret(), "a~B.c_D-e");
    }

    #[test]
    fn names_can_be_seen_and_turn_nothing_round() {
        for good in ["שלום", "Größe 1", "👩\u{200d}🚀", "a\u{a0}b"] {
            assert_eq!(name("Name", good).unwrap(), good);
        }
        for bad in [
            "\u{200b}",
            " \u{2060}\u{feff} ",
            "\u{3164}",
            "\u{202e}evil",
            "a\u{2066}b",
            "a\u{200f}",
        ] {
            assert!(name("Name", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_are_one_line_of_some_length() {
        assert_eq!(name("Name", "  Contoso \n").unwrap(), "Contoso");
        for bad in ["", "   ", "two\nlines", &*"x".repeat(201)] {
            assert!(name("Name", bad).is_err());
        }
    }
}
