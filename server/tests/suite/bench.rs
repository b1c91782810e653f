//! `bench` makes its own database, and leaves those of people alone.

use serde_json::Value;

use crate::{
    installation::Installation,
    program::{Server, run},
};

#[tokio::test]
async fn a_benchmark_leaves_a_database_that_people_use_alone() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("used.sqlite").display());
    let (installation, _) = Installation::new(&database, None).await;
    let refused = run(
        installation.folder.path(),
        &["bench", "runs", "--database-url", &database, "--count", "1"],
    );
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("people use this database"), "{said}");
}

#[tokio::test]
async fn a_benchmark_fills_nothing_that_is_not_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let database = format!("sqlite:{data}/tenant-atlas.sqlite");
    let bench = |database: &str| {
        let arguments = ["bench", "runs", "--database-url", database, "--count", "1"];
        let refused = run(folder.path(), &arguments);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        String::from_utf8(refused.stderr).unwrap()
    };
    // Nobody has signed in yet: it is an installation all the same.
    assert!(
        run(folder.path(), &["migrate", "--data-dir", data])
            .status
            .success()
    );
    let said = bench(&database);
    assert!(
        said.contains("people use this database, or are to use it"),
        "{said}"
    );
    let mut server = Server::start(folder.path(), "serve", &["--data-dir", data]);
    server.until_ready();
    assert!(
        server.log().text().contains("/setup/"),
        "{}",
        server.log().text()
    );
    assert!(server.terminated().success());

    let foreign = folder.path().join("foreign.sqlite");
    store::conformance::sqlite_of_something_else(&format!("sqlite:{}", foreign.display()))
        .await
        .unwrap();
    let before = std::fs::read(&foreign).unwrap();
    let foreign_url = format!("sqlite:{}", foreign.display());
    let said = bench(&foreign_url);
    assert!(said.contains("belongs to something else"), "{said}");
    for command in ["migrate", "serve", "web", "worker"] {
        let refused = run(
            folder.path(),
            &[
                &[command, "--data-dir", data, "--database-url", &foreign_url][..],
                listening(command),
            ]
            .concat(),
        );
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains("belongs to something else"), "{said}");
    }
    assert_eq!(std::fs::read(&foreign).unwrap(), before);
}

fn listening(command: &str) -> &'static [&'static str] {
    match command {
        "serve" | "web" => &["--listen", "127.0.0.1:0"],
        _ => &[],
    }
}

/// A database that a benchmark has made.
fn laboratory() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("made.sqlite").display());
    let named = ["bench", "runs", "--database-url", &database];
    let little = ["--count", "1", "--rate", "0", "--crowd", "0"];
    let made = run(folder.path(), &[&named[..], &little[..]].concat());
    assert!(made.status.success(), "{made:?}");
    (folder, database)
}

#[test]
fn a_laboratory_is_served_to_nobody_by_mistake() {
    let (folder, database) = laboratory();
    let data = folder.path().join("data");
    for command in ["serve", "web", "worker"] {
        let named = [
            command,
            "--data-dir",
            data.to_str().unwrap(),
            "--database-url",
            &database,
        ];
        let refused = run(folder.path(), &[&named[..], listening(command)].concat());
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains("this database is a laboratory"), "{said}");
        assert!(!data.join("master.key").exists(), "{command}");
        assert!(
            said.contains("Name another database with --database-url"),
            "{said}"
        );
    }
}

#[test]
fn doctor_names_a_laboratory() {
    let (folder, database) = laboratory();
    let place = folder.path().to_str().unwrap();
    let doctor = ["doctor", "--data-dir", place, "--database-url", &database];
    let said = run(folder.path(), &doctor);
    assert!(said.status.success(), "{said:?}");
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(
        said.contains("note  the database is a laboratory"),
        "{said}"
    );
}

#[test]
fn a_benchmark_of_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(folder.path(), &["bench", "runs", "--count", "0"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("must be a number from 1"), "{said}");
}

#[test]
fn a_benchmark_of_runs_ends_with_one_json_object_and_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("made.sqlite").display());
    for _ in 0..2 {
        let measured = run(
            folder.path(),
            &[
                "bench",
                "runs",
                "--database-url",
                &database,
                "--count",
                "60",
                "--rate",
                "5",
                "--seconds",
                "1",
                "--crowd",
                "300",
                "--history",
                "50",
                "--json",
            ],
        );
        assert!(measured.status.success(), "{measured:?}");
        let said = String::from_utf8(measured.stdout).unwrap();
        let found: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
        assert_eq!(found["runs"], 60);
        let why = found["log_bytes_per_run_is_null"].as_str().unwrap();
        assert!(why.contains("keeps no count"), "{found}");
        assert!(
            found["completions_per_s"].as_f64().unwrap() > 0.0,
            "{found}"
        );
        assert_eq!(found["press_to_running"]["started"], 5, "{found}");
        let beside = &found["press_beside_a_crowd"];
        assert_eq!(beside["crowd"], 300, "{found}");
        assert_eq!(found["after_history"]["runs_over"], 50, "{found}");
    }
}
