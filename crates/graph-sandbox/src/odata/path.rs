//! Resource paths: keys as segments or in parentheses, slashes at the end.

use super::ODataProblem;
use crate::encoding::{Plus, percent_decode};

/// One step of a path: a name, and the key when it stands in parentheses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) name: String,
    pub(crate) key: Option<Key>,
}

/// The key in `groups('id')` or `servicePrincipals(appId='id')`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Id(String),
    Alternate { name: String, value: String },
}

/// Steps in a path at most.
const MAX_SEGMENTS: usize = 16;

/// Splits a path that is still escaped; empty steps (`//`, a slash at the end)
/// are passed over.
pub(crate) fn segments(path: &str) -> Result<Vec<Segment>, ODataProblem> {
    let malformed = || ODataProblem::Malformed("The request path is malformed.".to_owned());
    let mut out = Vec::new();
    for raw in path.split('/').filter(|part| !part.is_empty()) {
        if out.len() == MAX_SEGMENTS {
            return Err(malformed());
        }
        let text = percent_decode(raw, Plus::Literal).ok_or_else(malformed)?;
        out.push(segment(&text).ok_or_else(malformed)?);
    }
    Ok(out)
}

fn segment(text: &str) -> Option<Segment> {
    let Some((name, rest)) = text.split_once('(') else {
        return Some(Segment {
            name: text.to_owned(),
            key: None,
        });
    };
    let inside = rest.strip_suffix(')')?.trim();
    let key = if inside.is_empty() {
        // `delta()`: a function without arguments.
        None
    } else if let Some((name, value)) = inside.split_once('=') {
        Some(Key::Alternate {
            name: name.trim().to_owned(),
            value: unquote(value.trim())?,
        })
    } else {
        Some(Key::Id(unquote(inside)?))
    };
    Some(Segment {
        name: name.to_owned(),
        key,
    })
}

/// A key is quoted or bare; a quote inside a quoted one is doubled.
fn unquote(text: &str) -> Option<String> {
    match text.strip_prefix('\'') {
        Some(rest) => Some(rest.strip_suffix('\'')?.replace("''", "'")),
        None => Some(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(path: &str) -> Option<Key> {
        segments(path).unwrap().pop().unwrap().key
    }

    #[test]
    fn keys_are_read_in_all_their_forms() {
        assert_eq!(key("/groups('a')"), Some(Key::Id("a".to_owned())));
        assert_eq!(key("/groups(a)"), Some(Key::Id("a".to_owned())));
        assert_eq!(
            key("/groups(%27a%27%27b%27)/"),
            Some(Key::Id("a'b".to_owned()))
        );
        assert_eq!(key("/groups/delta()"), None);
        let alternate = Key::Alternate {
            name: "appId".to_owned(),
            value: "x".to_owned(),
        };
        assert_eq!(key("/servicePrincipals(appId='x')"), Some(alternate));
    }

    #[test]
    fn broken_paths_are_refused() {
        for path in ["/groups('a", "/groups('a)", "/%zz", "/%ff"] {
            assert!(segments(path).is_err(), "{path}");
        }
        assert!(segments(&"/a".repeat(40)).is_err());
        assert_eq!(segments("//groups//").unwrap().len(), 1);
    }
}
