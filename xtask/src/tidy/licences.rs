//! The licences that the manifest names are there to read.

use std::fs;

use super::root;

#[test]
fn every_licence_of_the_manifest_has_its_text() {
    let root = root();
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let line = manifest.lines().find(|line| line.starts_with("license = "));
    let names = line
        .unwrap()
        .trim_start_matches("license = ")
        .trim_matches('"');
    for (name, file, first_words) in [
        ("MIT", "LICENSE-MIT", "MIT License"),
        ("Apache-2.0", "LICENSE-APACHE", "Apache License"),
    ] {
        assert!(
            names.split(" OR ").any(|it| it == name),
            "{name} in {names}"
        );
        let text = fs::read_to_string(root.join(file)).unwrap();
        assert!(text.trim_start().starts_with(first_words), "{file}");
    }
    assert_eq!(names.split(" OR ").count(), 2, "each has its file above");
}
