//! A database that cannot be written: a full disk, and a server that has become read-only.

use domain::{
    ids::RunId,
    run::RunOutcome,
    waiting::{Waiting, WaitingFor},
};

use crate::{
    cluster::Cluster,
    installation::{CHECK, Installation, SYNC},
    program::Server,
    small_disk::SmallDisk,
    wait::until,
};

/// For how long the run that is at work waits for the provider: longer than it takes to fill a database's last pages.
const UNDER_WAY_MS: u64 = 15_000;

/// A server with one slot, a run that it is at work on, and one that waits for the slot.
async fn busy(site: &Installation, database: &str) -> (Server, [RunId; 2]) {
    let server = site.serve(database);
    server.until_ready();
    site.slow_down(0, "/groups", UNDER_WAY_MS);
    let under_way = site.start(&server, 0, SYNC);
    site.until_asked(under_way, "/v1.0/groups", server.log());
    let waits = site.start(&server, 1, SYNC);
    (server, [under_way, waits])
}

/// Asks for runs and ends them until nothing more can be written; answers those that were accepted.
///
/// What fits into pages that are there is still taken.
fn ask_until_refused(site: &Installation, server: &Server) -> Vec<RunId> {
    let (tenant, _) = site.sites.last().unwrap();
    let start = format!("tenant={tenant}&operation={CHECK}");
    let mut accepted = Vec::new();
    until("it cannot be written", server.log(), || {
        let mut answer = server.post("/api/run/start", &site.session, &start);
        if answer.status == 200 {
            let run = Installation::answered(&answer);
            accepted.push(run);
            answer = server.post("/api/run/cancel", &site.session, &format!("run={run}"));
        }
        if answer.status == 200 {
            return false;
        }
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(answer.body.contains("not_writable"), "{answer:?}");
        for word in ["sqlx", "SQLITE", "tmp", "postgres"] {
            assert!(!answer.body.contains(word), "the answer says {word}");
        }
        true
    });
    accepted
}

/// What people are shown while nothing can be written.
fn assert_not_writable(site: &Installation, server: &Server, [under_way, waits]: [RunId; 2]) {
    let page = server.get("/admin/tenants", Some(&site.session));
    assert_eq!(page.status, 200, "{}", page.head);
    let seen = site.view(server, under_way).unwrap().state;
    assert!(!seen.is_over(), "what was under way is not lost: {seen:?}");
    let waiting = site.view(server, waits).unwrap().waiting.unwrap();
    assert_eq!(waiting.word, WaitingFor::NotWritable.as_str());
    assert_eq!(waiting.text, Waiting::NotWritable.sentence());
}

fn assert_succeed(site: &Installation, server: &Server, runs: &[RunId]) {
    for run in runs {
        server.log().until_ended(*run);
        let state = site.state(server, *run).unwrap();
        assert_eq!(state.outcome, RunOutcome::Succeeded);
    }
}

/// Fills the disk that the database is on, and makes room again.
async fn assert_full_disk_loses_nothing(disk: &SmallDisk, database: &str) {
    let (site, _) = Installation::new(database, None).await;
    let (server, runs) = busy(&site, database).await;

    disk.fill();
    let accepted = ask_until_refused(&site, &server);
    assert_not_writable(&site, &server, runs);

    disk.make_room();
    let later = site.start(&server, 1, CHECK);
    assert_succeed(&site, &server, &runs);
    assert_succeed(&site, &server, &[later]);
    for run in accepted {
        let state = site.state(&server, run).unwrap();
        assert!(state.is_over(), "{state:?}");
    }
    assert!(server.stop(), "it ends well when it is asked to");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_what_is_new_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount(24) else {
        return;
    };
    let database = format!("sqlite:{}", disk.path().join("atlas.sqlite").display());
    assert_full_disk_loses_nothing(&disk, &database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_a_server_refuses_what_is_new_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount(64) else {
        return;
    };
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let database = cluster.database_on(disk.path());
    assert_full_disk_loses_nothing(&disk, &database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_server_refuses_what_is_new_and_loses_nothing() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let database = cluster.url();
    let (site, _) = Installation::new(&database, None).await;
    let (server, runs) = busy(&site, &database).await;

    cluster.sql("alter system set default_transaction_read_only = on");
    cluster.sql("select pg_reload_conf()");
    ask_until_refused(&site, &server);
    assert_not_writable(&site, &server, runs);

    cluster.sql("alter system reset default_transaction_read_only");
    cluster.sql("select pg_reload_conf()");
    until("it can be written again", server.log(), || {
        let (tenant, _) = site.sites.last().unwrap();
        let form = format!("tenant={tenant}&operation={SYNC}");
        let answer = server.post("/api/run/start", &site.session, &form);
        answer.status == 200
    });
    assert_succeed(&site, &server, &runs);
    assert!(server.stop(), "it ends well when it is asked to");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_alone_say_that_nothing_can_be_written_and_not_that_nobody_works() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let database = cluster.url();
    let (site, _) = Installation::new(&database, None).await;
    let server = site.web(&database);
    server.until_ready();
    let run = site.start(&server, 0, SYNC);
    let waits_for = |word: WaitingFor| {
        let view = site.view(&server, run).and_then(|view| view.waiting);
        view.is_some_and(|waiting| waiting.word == word.as_str())
    };
    assert!(waits_for(WaitingFor::NoWorker));

    cluster.sql("alter system set default_transaction_read_only = on");
    cluster.sql("select pg_reload_conf()");
    until("the pages have tried to write", server.log(), || {
        waits_for(WaitingFor::NotWritable)
    });
    assert!(server.stop(), "it ends well when it is asked to");
}
