//! Several processes on one database: each run once, late ones harmless, stopping ones tidy.

use std::time::Duration;

use domain::{operation::OperationType, run::RunOutcome};
use store::{RunFilter, WaitingRun};
use tempfile::TempDir;

use crate::{
    cluster::Cluster,
    installation::{CHECK, Installation, SYNC},
    wait::until,
};

/// A database that several processes of one machine may share.
struct Shared {
    url: String,
    _folder: Option<TempDir>,
    _cluster: Option<Cluster>,
}

fn sqlite() -> Option<Shared> {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("shared.sqlite").display());
    Some(Shared {
        url,
        _folder: Some(folder),
        _cluster: None,
    })
}

fn postgres() -> Option<Shared> {
    let cluster = Cluster::start()?;
    Some(Shared {
        url: cluster.url(),
        _folder: None,
        _cluster: Some(cluster),
    })
}

macro_rules! on_each {
    ($($case:ident,)+) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                if let Some(shared) = super::sqlite() {
                    super::$case(&shared.url).await;
                }
            })+
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                if let Some(shared) = super::postgres() {
                    super::$case(&shared.url).await;
                }
            })+
        }
    };
}

on_each! {
    pages_and_two_workers_do_two_hundred_runs_once_each,
    a_worker_that_was_stopped_past_its_lease_sends_nothing_more,
    a_worker_that_is_asked_to_stop_finishes_and_takes_its_word_back,
}

async fn pages_and_two_workers_do_two_hundred_runs_once_each(database: &str) {
    let (site, _) = Installation::new(database, None).await;
    let pages = site.web(database);
    let (services, owner) = site.services(database).await;
    let store = services.store();
    let workspace = store.current_workspace(&owner).await.unwrap();
    let waiting: Vec<_> = (0..200)
        .map(|number| WaitingRun {
            workspace_id: workspace.id(),
            tenant_id: site.sites[number % 2].0,
            operation: OperationType::ConnectionCheck,
            initiator: (owner.user_id(), "Olivia".to_owned()),
        })
        .collect();
    store.seed_waiting_runs(&waiting).await.unwrap();
    let workers = [1, 2].map(|_| site.worker_with(database, &[]));
    let tenants = store.tenants(&owner, &workspace).await.unwrap();
    let filter = RunFilter::default();
    let listed = async || {
        let page = store.runs(&owner, &workspace, &tenants, &filter, 500).await;
        page.unwrap().rows
    };
    for row in &listed().await {
        let ended = format!("run {} ended", row.id);
        let is_said = || workers.iter().any(|it| it.log().text().contains(&ended));
        until("a run's end by either worker", workers[0].log(), is_said);
    }
    let rows = listed().await;
    assert_eq!(rows.len(), 200);
    let calls = site.calls(rows[0].id);
    for row in rows {
        assert_eq!(row.state.outcome, RunOutcome::Succeeded, "{row:?}");
        let access = store.run(&owner, row.id).await.unwrap();
        assert_eq!(store.run_attempts(&access).await.unwrap().len(), 1);
        assert_eq!(site.calls(row.id), calls, "asked for as often as any other");
    }
    assert_eq!(store.workers().await.unwrap().len(), 2);
    for worker in workers {
        assert!(worker.stop().0);
    }
    assert!(store.workers().await.unwrap().is_empty());
    assert!(pages.stop());
    store.close().await;
}

async fn a_worker_that_was_stopped_past_its_lease_sends_nothing_more(database: &str) {
    let (site, _) = Installation::new(database, None).await;
    let pages = site.web(database);
    pages.until_ready();
    let hasty = ["--workers", "1", "--lease-seconds", "3"];
    site.slow_down(0, "/groups", 4_000);
    let late = site.worker_with(database, &hasty);
    let run = site.start(&pages, 0, SYNC);
    site.until_asked(run, "/v1.0/groups", late.log());
    late.signal("-STOP");
    let other = site.worker_with(database, &hasty);
    other.log().until_ended(run);
    let state = site.state(&pages, run).unwrap();
    assert_eq!(state.outcome, RunOutcome::Succeeded);
    assert!(other.stop().0);
    let (services, owner) = site.services(database).await;
    let access = services.store().run(&owner, run).await.unwrap();
    let (before, calls) = (access.run().clone(), site.calls(run));
    assert!(before.attempt >= 2, "it was taken over");

    late.signal("-CONT");
    // It takes the next run once it has let go of the one that is no longer its own.
    let next = site.start(&pages, 1, CHECK);
    late.log().until_ended(next);
    assert_eq!(site.calls(run), calls, "it sent something more");
    let access = services.store().run(&owner, run).await.unwrap();
    let after = access.run();
    assert_eq!(
        (after.attempt, after.state, after.updated_at),
        (before.attempt, before.state, before.updated_at)
    );
    services.store().close().await;
}

async fn a_worker_that_is_asked_to_stop_finishes_and_takes_its_word_back(database: &str) {
    let (site, _) = Installation::new(database, None).await;
    let pages = site.web(database);
    pages.until_ready();
    site.slow_down(0, "/groups", 1_500);
    let worker = site.worker_with(database, &["--workers", "1"]);
    let first = site.start(&pages, 0, SYNC);
    site.until_asked(first, "/v1.0/groups", worker.log());
    let second = site.start(&pages, 1, CHECK);
    let (ended_well, after) = worker.stop();
    assert!(ended_well);
    assert!(after < Duration::from_secs(15), "{after:?}");
    // What was under way is finished, what was not begun waits, and says for whom.
    let state = site.state(&pages, first).unwrap();
    assert_eq!(state.outcome, RunOutcome::Succeeded);
    assert_eq!(site.state(&pages, second).unwrap().word(), "queued");
    let (services, owner) = site.services(database).await;
    assert!(services.store().workers().await.unwrap().is_empty());
    let access = services.store().run(&owner, second).await.unwrap();
    let waiting = services.store().run_waiting(&access).await.unwrap();
    assert_eq!(waiting.map(|it| it.word()), Some("no_worker"));
    services.store().close().await;
}
