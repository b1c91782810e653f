//! The key of an installation is never replaced by itself.

use std::{fs, path::Path};

use domain::run::RunOutcome;

use crate::{
    installation::{CHECK, Installation},
    program::run,
};

fn names_no_key(folder: &Path) -> bool {
    !folder.join("master.key").exists()
}

#[tokio::test(flavor = "multi_thread")]
async fn p02_a_process_with_another_key_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("used.sqlite").display());
    let (site, queued) = Installation::new(&database, Some(CHECK)).await;
    let (queued, own) = (queued.unwrap(), site.folder.path().join("data"));
    let in_folder = |command: &[&str], data: &Path| {
        let place = [
            "--data-dir",
            data.to_str().unwrap(),
            "--database-url",
            &database,
        ];
        let output = run(folder.path(), &[command, &place].concat());
        let said = [&output.stdout[..], &output.stderr[..]].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let starts: [&[&str]; 4] = [
        &["worker"],
        &["doctor"],
        &serve,
        &["web", "--listen", "127.0.0.1:0"],
    ];
    let refused_everywhere = || {
        let empty = folder.path().join("empty");
        fs::create_dir_all(&empty).unwrap();
        for command in starts {
            let (code, said) = in_folder(command, &empty);
            assert_eq!(code, Some(1), "{command:?} {said}");
            assert!(
                said.contains("this database was sealed with one"),
                "{command:?} {said}"
            );
            assert!(said.contains("Name the data folder that has it"), "{said}");
            assert!(names_no_key(&empty), "{command:?} made a key");
        }
        let other = folder.path().join("other");
        fs::create_dir_all(&other).unwrap();
        fs::write(other.join("master.key"), [9; 32]).unwrap();
        for command in starts {
            let (code, said) = in_folder(command, &other);
            assert_eq!(code, Some(1), "{command:?} {said}");
            assert!(
                said.contains("is not the one that this database was sealed with"),
                "{said}"
            );
        }
    };
    // Sealed before there was a check: the credentials say it.
    refused_everywhere();
    let worker = site.worker(&database);
    worker.log().until_ended(queued);
    assert!(worker.stop().0);
    // The first process whose key opened a credential has left its words.
    let (services, owner) = site.services(&database).await;
    assert!(services.store().key_check().await.unwrap().is_some());
    let access = services.store().run(&owner, queued).await.unwrap();
    assert_eq!(access.run().state.outcome, RunOutcome::Succeeded);
    services.store().close().await;
    refused_everywhere();

    // What needs no key asks for none, and makes none.
    let empty = folder.path().join("empty");
    for command in [&["audit", "verify"][..], &["migrate"], &["retention"]] {
        let (code, said) = in_folder(command, &empty);
        assert_eq!(code, Some(0), "{said}");
    }
    assert!(names_no_key(&empty));

    // Lost for good: a person says so, and the credentials are stored again.
    let (code, said) = in_folder(&["keys", "adopt"], &empty);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("store them again"), "{said}");
    assert!(!names_no_key(&empty));
    assert_eq!(in_folder(&["doctor"], &empty).0, Some(0));
    assert_eq!(in_folder(&["doctor"], &own).0, Some(1));
}

#[tokio::test]
async fn p02_the_first_process_makes_the_key_and_says_it_to_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let named = ["--data-dir", data.to_str().unwrap()];
    let serve = crate::program::Server::start(folder.path(), "serve", &named);
    serve.until_ready();
    assert!(serve.stop());
    let key = fs::read(data.join("master.key")).unwrap();
    assert_eq!(key.len(), 32);
    // No credential was sealed yet; the key is missed all the same.
    fs::remove_file(data.join("master.key")).unwrap();
    let refused = run(folder.path(), &[&["worker"][..], &named].concat());
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(names_no_key(&data));
}
