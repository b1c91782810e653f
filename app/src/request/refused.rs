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

/// Whether the field of this label, sent under this name, was refused just now.
pub fn is_field(label: &str, name: &str) -> bool {
    use_context::<Refused>().is_some_and(|Refused(field)| is_of(label, name, &field))
}

/// A refusal names a field by its label or by the name under which it is sent.
fn is_of(label: &str, name: &str, field: &str) -> bool {
    let label = label.to_lowercase();
    // A credential is the same thing where there is one already.
    let label = label.strip_prefix("new ").unwrap_or(&label);
    label == field || name == field.replace('-', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refused_field_is_found_by_its_label_or_its_name_and_no_other_is() {
        for (label, name, field) in [
            ("Directory id", "directory", "directory id"),
            ("New client secret", "secret", "client secret"),
            ("E-mail of a person with an account", "email", "e-mail"),
            ("Your name", "name", "name"),
            ("Time", "time", "time"),
        ] {
            assert!(is_of(label, name, field), "{label}");
        }
        for (label, name, field) in [
            ("Time zone", "zone", "time"),
            ("Time", "time", "time zone"),
            ("Current password", "current", "new password"),
            ("Application id", "client_id", "directory id"),
        ] {
            assert!(!is_of(label, name, field), "{label}");
        }
    }
}
