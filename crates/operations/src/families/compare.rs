//! What is compared of objects, as hashes: fields, sets of assignments, and which namesakes there are.

use graph::{AssignmentSet, Contract};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Which of some namesakes has come since a look.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Newcomer {
    None,
    /// The one at this place.
    One(usize),
    /// More than one came, or one went.
    Unclear,
}

/// Of the earlier namesakes nothing but a hash is known: the newcomer is the one without whom it is the same.
pub(super) fn newcomer(ids: &[&str], before: &[u8]) -> Newcomer {
    if hash_of_ids(ids.iter().copied()) == before {
        return Newcomer::None;
    }
    let without = |at: usize| {
        let others = ids
            .iter()
            .enumerate()
            .filter(move |(other, _)| *other != at);
        hash_of_ids(others.map(|(_, id)| *id))
    };
    let found = (0..ids.len()).find(|at| without(*at) == before);
    found.map_or(Newcomer::Unclear, Newcomer::One)
}

/// The named fields of an object, as they are compared; one that is not there is null.
pub(super) fn hash_of(
    contract: &Contract,
    object: &Map<String, Value>,
    names: &[&str],
) -> [u8; 32] {
    let names = names.iter().copied();
    let mut fields: Vec<_> = names
        .map(|name| (name, contract.compared(object, name)))
        .collect();
    fields.sort_unstable();
    hash(
        fields
            .iter()
            .flat_map(|(name, value)| [*name, value.as_str()]),
    )
}

/// An object that came to be: the provider may add to some of the named fields by itself, and those tell nothing.
pub(super) fn hash_of_new(
    contract: &Contract,
    object: &Map<String, Value>,
    names: &[&str],
) -> [u8; 32] {
    let names = names.iter().copied();
    let telling: Vec<_> = names.filter(|name| Contract::tells_apart(name)).collect();
    hash_of(contract, object, &telling)
}

/// All names of fields of what is to be sent.
pub(super) fn names(body: &Map<String, Value>) -> Vec<&str> {
    body.keys().map(String::as_str).collect()
}

/// Whom an object is assigned to.
pub(super) fn hash_of_set(set: &AssignmentSet) -> [u8; 32] {
    hash(set.texts())
}

/// One assignment, told from others by its text.
pub(super) fn hash_of_one(text: &str) -> [u8; 32] {
    hash(["one", text].into_iter())
}

/// Some objects, in whatever order.
pub(super) fn hash_of_ids<'a>(ids: impl Iterator<Item = &'a str>) -> [u8; 32] {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    hash(ids.into_iter())
}

fn hash<'a>(texts: impl Iterator<Item = &'a str>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use graph::contract;
    use serde_json::json;

    use super::*;

    #[test]
    fn i05_what_graph_answers_in_its_own_way_is_what_was_sent() {
        let hash = |value: Value| {
            let body = value.as_object().unwrap();
            hash_of(contract("conditional_access").unwrap(), body, &names(body))
        };
        let sent = hash(json!({
            "description": "",
            "conditions": { "users": { "includeUsers": ["a", "b"], "excludeUsers": [] }, "platforms": null },
        }));
        let answered = json!({
            "description": null,
            "conditions": { "users": { "includeGroups": [], "includeUsers": ["b", "a"] } },
        });
        assert_eq!(sent, hash(answered));
        for other in [
            json!({ "description": "x", "conditions": { "users": { "includeUsers": ["a", "b"], "excludeUsers": [] } } }),
            json!({ "description": "", "conditions": { "users": { "includeUsers": ["a"], "excludeUsers": [] } } }),
            json!({ "description": "", "conditions": { "users": { "includeUsers": ["a", "b"], "excludeUsers": ["c"] } } }),
            json!({ "description": "", "conditions": {} }),
        ] {
            assert_ne!(sent, hash(other.clone()), "{other}");
        }
        // Steps and other objects keep their order.
        let steps =
            |one: &str, other: &str| hash(json!({ "steps": [{ "do": one }, { "do": other }] }));
        assert_ne!(steps("a", "b"), steps("b", "a"));
    }

    #[test]
    fn i05_a_new_object_is_known_whatever_the_provider_adds_to_it() {
        let kind = contract("device_configurations").unwrap();
        let sent = json!({"displayName": "Ring", "roleScopeTagIds": []});
        let read = json!({"displayName": "Ring", "roleScopeTagIds": ["0"], "version": 1});
        let (sent, read) = (sent.as_object().unwrap(), read.as_object().unwrap());
        let names = names(sent);
        assert_eq!(
            hash_of_new(kind, sent, &names),
            hash_of_new(kind, read, &names)
        );
        // Changed on purpose, it is compared.
        assert_ne!(hash_of(kind, sent, &names), hash_of(kind, read, &names));
    }

    #[test]
    fn i05_a_newcomer_is_the_one_namesake_that_was_not_there() {
        let before = |ids: &[&str]| hash_of_ids(ids.iter().copied());
        assert_eq!(newcomer(&["a", "b"], &before(&["b", "a"])), Newcomer::None);
        assert_eq!(newcomer(&[], &before(&[])), Newcomer::None);
        assert_eq!(newcomer(&["a"], &before(&[])), Newcomer::One(0));
        let among = ["b", "new", "a"];
        assert_eq!(newcomer(&among, &before(&["a", "b"])), Newcomer::One(1));
        for (ids, earlier) in [
            (&["a", "b"][..], &[][..]),
            (&["b"], &["a"]),
            (&[], &["a"]),
            (&["a", "new", "other"], &["a"]),
        ] {
            assert_eq!(
                newcomer(ids, &before(earlier)),
                Newcomer::Unclear,
                "{ids:?}"
            );
        }
    }
}
