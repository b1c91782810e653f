//! `doctor` says what is not in order and what to do, and changes nothing.

use std::{fs, path::Path, process::Output};

use serde_json::Value;

use crate::{cluster::Cluster, installation::Installation, program::run};

fn doctor(folder: &Path, data: &Path, more: &[&str]) -> Output {
    let named = ["doctor", "--data-dir", data.to_str().unwrap()];
    run(folder, &[&named[..], more].concat())
}

/// What it said of a thing, and whether it found it in order.
fn found(output: &Output, about: &str) -> (String, String) {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], output.status.success(), "{report}");
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|it| it["about"] == about);
    let finding = finding.unwrap_or_else(|| panic!("nothing about {about}: {report}"));
    let word = |key: &str| finding[key].as_str().unwrap().to_owned();
    (word("level"), word("says"))
}

fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let names = names.map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn doctor_makes_no_folder_no_database_and_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let said = doctor(folder.path(), &data, &["--json"]);
    let (level, says) = found(&said, "folder");
    assert_eq!(level, "fault");
    assert!(says.contains("there is no installation in"), "{says}");

    let url = format!("sqlite:{}/mistyped.sqlite", folder.path().display());
    for there in [false, true] {
        if there {
            fs::create_dir(&data).unwrap();
        }
        let said = doctor(folder.path(), &data, &["--json", "--database-url", &url]);
        let (level, says) = found(&said, "database");
        assert_eq!((level.as_str(), said.status.code()), ("fault", Some(1)));
        assert!(says.contains("there is no database sqlite:"), "{says}");
        assert!(
            says.contains("Name the right one with --database-url"),
            "{says}"
        );
    }
    assert_eq!(files(&data), [""; 0]);
    assert_eq!(files(folder.path()), ["data", "site"]);
}

#[tokio::test]
async fn doctor_migrates_nothing_and_says_that_it_is_to_be_done() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let migrate = ["migrate", "--data-dir", data.to_str().unwrap()];
    assert!(run(folder.path(), &migrate).status.success());
    let file = data.join("tenant-atlas.sqlite");
    let url = format!("sqlite:{}", file.display());
    let fine = doctor(folder.path(), &data, &["--json"]);
    assert_eq!(found(&fine, "database").0, "ok");
    assert_eq!(found(&fine, "key").0, "note");

    store::conformance::sqlite_made_older(&url).await.unwrap();
    let (before, content) = (files(&data), fs::read(&file).unwrap());
    for _ in 0..2 {
        let said = doctor(folder.path(), &data, &["--json"]);
        let (level, says) = found(&said, "schema");
        assert_eq!(level, "fault");
        assert!(
            says.contains("`tenant-atlas migrate` brings it there"),
            "{says}"
        );
    }
    assert_eq!(files(&data), before);
    assert!(fs::read(&file).unwrap() == content, "the file is as it was");

    store::conformance::sqlite_made_newer(&url).await.unwrap();
    let (_, says) = found(&doctor(folder.path(), &data, &["--json"]), "schema");
    assert!(says.contains("newer than this program knows"), "{says}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_of_an_installation_in_order_says_so_to_people_and_programs() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("used.sqlite").display());
    let (site, _) = Installation::new(&database, None).await;
    let data = site.folder.path().join("data");
    let named = ["--database-url", &database];
    let said = doctor(site.folder.path(), &data, &named);
    assert!(said.status.success(), "{said:?}");
    let text = String::from_utf8(said.stdout).unwrap();
    assert!(
        text.lines()
            .all(|it| it.starts_with("ok ") || it.starts_with("note ")),
        "{text}"
    );
    let said = doctor(
        site.folder.path(),
        &data,
        &[&named[..], &["--json"]].concat(),
    );
    for about in [
        "folder", "database", "writing", "key", "hints", "audit", "provider",
    ] {
        assert_eq!(found(&said, about).0, "ok", "{about}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_says_that_a_server_takes_no_writes() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let (site, _) = Installation::new(&cluster.url(), None).await;
    let data = site.folder.path().join("data");
    let arguments = ["--json", "--database-url", &cluster.url()];
    let said = doctor(site.folder.path(), &data, &arguments);
    assert_eq!(found(&said, "writing").0, "ok");
    cluster.sql("alter database postgres set default_transaction_read_only = on");
    let said = doctor(site.folder.path(), &data, &arguments);
    let (level, says) = found(&said, "writing");
    assert_eq!((level.as_str(), said.status.code()), ("fault", Some(1)));
    assert!(says.contains("read-only transaction"), "{says}");
    assert!(says.contains("name the server that takes writes"), "{says}");
}
