//! `bench` makes its own database, and leaves those of people alone.

use serde_json::Value;

use crate::{installation::Installation, program::run};

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
                "--history",
                "50",
                "--json",
            ],
        );
        assert!(measured.status.success(), "{measured:?}");
        let said = String::from_utf8(measured.stdout).unwrap();
        let found: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
        assert_eq!(found["runs"], 60);
        assert!(
            found["completions_per_s"].as_f64().unwrap() > 0.0,
            "{found}"
        );
        assert_eq!(found["press_to_running"]["started"], 5, "{found}");
        assert_eq!(found["after_history"]["runs_over"], 50, "{found}");
    }
}
