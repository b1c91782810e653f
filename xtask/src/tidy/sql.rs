//! SQL is written down as it is sent, and only in `store`.

use super::{assert_none, sources};

#[test]
fn no_sql_text_is_put_together_past_the_driver_check() {
    // Not written as one word, or this file would be found.
    let bypass = concat!("AssertSql", "Safe");
    let broken: Vec<String> = sources(&["rs"])
        .iter()
        // The store's tests attack the wall with raw SQL on purpose.
        .filter(|source| !source.path.contains("/tests/"))
        .filter(|source| source.text.contains(bypass))
        .map(|source| source.path.clone())
        .collect();
    assert_none("files that step around the driver's check", &broken);
}
