//! A person's change looks again at what the person holds, in the transaction that makes it (V-16).

use super::{assert_none, sources};

/// What looks again: the rows of authority, held until the commit.
const HELD: [&str; 3] = [
    "authority::hold",
    "workspace_keeps_an_owner(",
    "tenant_keeps_an_owner(",
];

/// What changes nothing but the person's own.
const OWN: [&str; 6] = [
    "notifications_read",
    "password_change",
    "select",
    "session_end",
    "session_revoke",
    "sessions_revoke_others",
];

/// What only asks for a run: it is decided about when it starts (L-04).
const ASKED: [&str; 2] = ["bulk_select", "lab_write_queue"];

#[test]
fn v16_what_a_person_changes_is_changed_under_what_they_hold() {
    let (mut faults, mut holding) = (Vec::new(), 0);
    let store = sources(&["rs"])
        .into_iter()
        .filter(|file| file.path.starts_with("crates/store/src/") && !file.is_test());
    for file in store {
        for function in functions(&file.text) {
            let by_person = function.text.contains("scope: &Scope");
            let writes = function.text.contains("db.write()");
            let holds = HELD.iter().any(|it| function.text.contains(it));
            let is_free = OWN.contains(&function.name) || ASKED.contains(&function.name);
            holding += usize::from(by_person && writes && holds);
            if by_person && writes && !holds && !is_free {
                faults.push(format!("{}: {}", file.path, function.name));
            }
        }
    }
    assert_none("functions in which nothing looks again", &faults);
    assert!(holding >= 20, "only {holding} functions were understood");
}

struct Function<'a> {
    name: &'a str,
    text: &'a str,
}

/// The functions of a formatted file, each from its name to the brace that stands as far in as it does.
fn functions(text: &str) -> Vec<Function<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("async fn ") {
        let line = rest.get(..at).and_then(|before| before.rsplit('\n').next());
        let indent = line.map_or(0, |line| line.len() - line.trim_start().len());
        let body = rest.get(at + "async fn ".len()..).unwrap_or_default();
        let close = format!("\n{}}}\n", " ".repeat(indent));
        let end = body.find(&close).unwrap_or(body.len());
        let (text, after) = body.split_at(end);
        let name = text.split(['(', '<']).next().unwrap_or_default();
        found.push(Function { name, text });
        rest = after;
    }
    found
}
