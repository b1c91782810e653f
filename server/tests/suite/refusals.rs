//! What the program says when it cannot start: what is wrong, and what to do; never half a start.

use std::{net::TcpListener, path::Path, process::Output};

use crate::program::run;

/// The one line on stderr that says why, of a program that failed and printed nothing else.
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    let line = said.lines().find(|line| line.starts_with("tenant-atlas: "));
    line.unwrap_or_else(|| panic!("no refusal in {said}"))
        .to_owned()
}

fn in_folder(folder: &Path, arguments: &[&str]) -> Output {
    let data = folder.join("data");
    run(
        folder,
        &[arguments, &["--data-dir", data.to_str().unwrap()]].concat(),
    )
}

#[tokio::test]
async fn a_database_from_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let made = in_folder(folder.path(), &["migrate"]);
    assert!(made.status.success(), "{made:?}");
    let file = folder.path().join("data/tenant-atlas.sqlite");
    let url = format!("sqlite:{}", file.display());
    store::conformance::sqlite_made_newer(&url).await.unwrap();
    for command in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["worker"],
        &["migrate"],
    ] {
        let said = refusal(&in_folder(folder.path(), command));
        assert!(
            said.contains("is at migration 9999, newer than this program knows"),
            "{said}"
        );
        assert!(
            said.contains("Start the newer version again, or restore a backup"),
            "{said}"
        );
    }
}

#[test]
fn a_port_in_use_is_named_with_the_way_to_choose_another() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for command in ["serve", "web", "demo"] {
        let said = refusal(&in_folder(folder.path(), &[command, "--listen", &address]));
        assert!(
            said.contains(&format!("cannot listen on {address}")),
            "{said}"
        );
        assert!(said.contains("Choose another with --listen"), "{said}");
    }
    assert!(!folder.path().join("data").exists(), "nothing was begun");
}

#[test]
fn a_data_folder_that_cannot_be_written_to_is_named() {
    let folder = tempfile::tempdir().unwrap();
    // Below a file nobody can write, not even root.
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let data = file.join("data");
    for command in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["migrate"],
        &["demo", "--listen", "127.0.0.1:0"],
    ] {
        let arguments = [command, &["--data-dir", data.to_str().unwrap()]].concat();
        let said = refusal(&run(folder.path(), &arguments));
        let named = format!("the data folder {} cannot be written to", data.display());
        assert!(said.contains(&named), "{said}");
        assert!(said.contains("choose another with --data-dir"), "{said}");
    }
}

#[test]
fn what_needs_an_installation_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        &["worker"][..],
        &["audit", "verify"],
        &["users", "disable", "dana@example.test"],
    ] {
        let said = refusal(&in_folder(folder.path(), command));
        assert!(said.contains("there is no installation in"), "{said}");
    }
    assert!(!folder.path().join("data").exists());
}

#[test]
fn beyond_this_machine_it_listens_with_tls_alone() {
    let folder = tempfile::tempdir().unwrap();
    let said = refusal(&in_folder(
        folder.path(),
        &["serve", "--listen", "0.0.0.0:0"],
    ));
    assert!(said.contains("needs --public-url https://"), "{said}");
    let plain = [
        "serve",
        "--listen",
        "0.0.0.0:0",
        "--public-url",
        "http://atlas.example",
    ];
    let said = refusal(&in_folder(folder.path(), &plain));
    assert!(said.contains("must be an https address"), "{said}");
    let said = refusal(&in_folder(
        folder.path(),
        &["demo", "--listen", "0.0.0.0:0"],
    ));
    assert!(
        said.contains("the demo listens on this machine alone"),
        "{said}"
    );
}

#[test]
fn pages_alone_take_no_settings_of_workers() {
    let folder = tempfile::tempdir().unwrap();
    for option in ["--workers", "--lease-seconds", "--tenant-limit"] {
        let refused = in_folder(folder.path(), &["web", option, "8"]);
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(
            said.contains(&format!("unexpected argument '{option}'")),
            "{said}"
        );
    }
}

#[test]
fn a_database_that_cannot_be_opened_says_why_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/none/here.sqlite", folder.path().display());
    let said = refusal(&in_folder(
        folder.path(),
        &["migrate", "--database-url", &url],
    ));
    assert_eq!(
        said.matches("unable to open database file").count(),
        1,
        "{said}"
    );
    assert!(said.contains("check that it is there"), "{said}");
}

#[tokio::test]
async fn a_person_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert!(in_folder(folder.path(), &["migrate"]).status.success());
    for (verb, state) in [("disable", "enabled"), ("enable", "disabled")] {
        let said = refusal(&in_folder(
            folder.path(),
            &["users", verb, "dana@example.test"],
        ));
        let told =
            format!("tenant-atlas: there is no {state} person who signs in with dana@example.test");
        assert_eq!(said, told);
    }
}
