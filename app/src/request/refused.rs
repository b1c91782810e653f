//! Which field of a form was refused just now, so that the form that comes next can mark it.

use leptos::prelude::{provide_context, use_context};

/// The element that says why.
pub const SENTENCE_ID: &str = "form-refusal";

/// The field, as the refusal names it.
#[derive(Clone, Debug)]
struct Refused(String);

/// Gives the fields of the present page the name of the one that was refused.
pub fn provide(field: &str) {
    provide_context(Refused(field.to_lowercase()));
}

/// Whether the field of this label was refused just now.
pub fn is_field(label: &str) -> bool {
    use_context::<Refused>().is_some_and(|Refused(field)| is_of(label, &field))
}

/// A label may say more of a field than a refusal does, as "New client secret" does of a client secret.
fn is_of(label: &str, field: &str) -> bool {
    let label = label.to_lowercase();
    match label.strip_suffix(field).or(label.strip_prefix(field)) {
        Some(rest) => rest.is_empty() || rest.starts_with(' ') || rest.ends_with(' '),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refused_field_is_found_by_its_label_and_no_other_is() {
        for (label, field) in [
            ("Directory id", "directory id"),
            ("New client secret", "client secret"),
            ("E-mail of a person with an account", "e-mail"),
        ] {
            assert!(is_of(label, field), "{label}");
        }
        for (label, field) in [
            ("Time zone", "zon"),
            ("Rename", "name"),
            ("Application id", "directory id"),
            ("Time", "time zone"),
        ] {
            assert!(!is_of(label, field), "{label}");
        }
    }
}
