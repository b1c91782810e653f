//! The only way by which a provider's words reach an error.

use std::fmt;

const LONGEST_TEXT: usize = 300;
/// A GUID has 36 characters and the longest permission name about 50; tokens have more.
const LONGEST_WORD: usize = 64;

/// A provider's words after redaction: safe to show and to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeText(String);

impl SafeText {
    /// Keeps a sentence, without its addresses, its long words and the given secrets.
    ///
    /// What looks like a payload or a page of HTML is dropped whole.
    pub(crate) fn sentence(text: &str, secrets: &[&str]) -> Option<Self> {
        let mut text = text.to_owned();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            text = text.replace(secret, "[redacted]");
        }
        if text.contains(['{', '}', '<', '>']) {
            return None;
        }
        let mut kept = String::new();
        for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
            if word.is_empty() {
                continue;
            }
            if kept.len() + word.len() > LONGEST_TEXT {
                break;
            }
            if !kept.is_empty() {
                kept.push(' ');
            }
            let address = word.contains("://") || word.contains("?") && word.contains('=');
            let token = word.len() > LONGEST_WORD || word.starts_with("eyJ");
            kept.push_str(if address || token { "[redacted]" } else { word });
        }
        (!kept.is_empty()).then_some(Self(kept))
    }

    /// Keeps a code or an id, and nothing that has any other form.
    pub(crate) fn identifier(text: &str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        (!text.is_empty() && text.len() <= LONGEST_WORD && text.chars().all(plain))
            .then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(text: &str) -> Option<String> {
        SafeText::sentence(text, &["tok-1"]).map(SafeText::into_string)
    }

    #[test]
    fn r09_tokens_addresses_and_payloads_are_dropped() {
        assert_eq!(
            sentence("Access  denied\r\n"),
            Some("Access denied".to_owned())
        );
        assert_eq!(
            sentence("with Bearer tok-1."),
            Some("with Bearer [redacted].".to_owned())
        );
        assert_eq!(sentence("eyJhbGciOi.x.y"), Some("[redacted]".to_owned()));
        assert_eq!(sentence(&"a".repeat(65)), Some("[redacted]".to_owned()));
        assert_eq!(
            sentence("see https://x/?a=b"),
            Some("see [redacted]".to_owned())
        );
        assert_eq!(
            sentence("/groups?$skiptoken=1"),
            Some("[redacted]".to_owned())
        );
        assert_eq!(sentence("{\"a\":1}"), None);
        assert_eq!(sentence("<html>"), None);
        assert_eq!(sentence(" "), None);
        assert!(sentence(&"word ".repeat(200)).unwrap().len() <= LONGEST_TEXT);
    }

    #[test]
    fn r09_identifiers_are_plain() {
        assert!(SafeText::identifier("Authorization_RequestDenied").is_some());
        for odd in ["", "a b", "a\u{7f}", "<x>", &"a".repeat(65)] {
            assert_eq!(SafeText::identifier(odd), None, "{odd}");
        }
    }
}
