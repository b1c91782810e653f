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

/// A server with one slot, a run that it is at work on, and one that waits for the slot.
async fn busy(site: &Installation, database: &str, delay_ms: u64) -> (Server, [RunId; 2]) {
    let server = site.serve(database);
    server.until_ready();
    site.slow_down(0, "/groups", delay_ms);
    let under_way = site.start(&server, 0, SYNC);
    site.until_asked(under_way, "/v1.0/groups", server.log());
    let waits = site.start(&server, 1, SYNC);
    (server, [under_way, waits])
}

/// What people are answered and told while nothing can be written.
fn assert_not_writable(site: &Installation, server: &Server, [under_way, waits]: [RunId; 2]) {
    let (tenant, _) = site.sites.last().unwrap();
    let form = format!("tenant={tenant}&operation={CHECK}");
    let refused = server.post("/api/run/start", &site.session, &form);
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.body.contains("not_writable"), "{refused:?}");
    for word in ["sqlx", "SQLITE", "tmp", "postgres"] {
        assert!(!refused.body.contains(word), "the answer says {word}");
    }
    let page = server.get("/admin/tenants", Some(&site.session));
    assert_eq!(page.status, 200, "{}", page.head);
    let seen = site.view(server, under_way).unwrap();
    assert!(
        !seen.state.is_over(),
        "what was under way is not lost: {:?}",
        seen.state
    );
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

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_what_is_new_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount(24) else {
        return;
    };
    let database = format!("sqlite:{}", disk.path().join("atlas.sqlite").display());
    let (site, _) = Installation::new(&database, None).await;
    let (server, runs) = busy(&site, &database, 1_000).await;

    disk.fill();
    assert_not_writable(&site, &server, runs);

    disk.make_room();
    let later = site.start(&server, 1, CHECK);
    assert_succeed(&site, &server, &runs);
    assert_succeed(&site, &server, &[later]);
    assert!(server.stop(), "it ends well when it is asked to");
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
    let (site, _) = Installation::new(&database, None).await;
    let (server, runs) = busy(&site, &database, 5_000).await;

    disk.fill();
    // What fits into pages that are there is still taken, and must not be lost either.
    let mut accepted = Vec::new();
    let (tenant, _) = site.sites.last().unwrap();
    until("a page is full", server.log(), || {
        let form = format!("tenant={tenant}&operation={CHECK}");
        let answer = server.post("/api/run/start", &site.session, &form);
        if answer.status != 200 {
            return true;
        }
        let run = Installation::answered(&answer);
        accepted.push(run);
        let form = format!("run={run}");
        server.post("/api/run/cancel", &site.session, &form).status == 503
    });
    assert_not_writable(&site, &server, runs);

    disk.make_room();
    assert_succeed(&site, &server, &runs);
    for run in accepted {
        server.log().until_ended(run);
        assert!(site.state(&server, run).unwrap().is_over());
    }
    assert!(server.stop(), "it ends well when it is asked to");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_server_refuses_what_is_new_and_loses_nothing() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let database = cluster.url();
    let (site, _) = Installation::new(&database, None).await;
    let (server, runs) = busy(&site, &database, 5_000).await;

    cluster.sql("alter system set default_transaction_read_only = on");
    cluster.sql("select pg_reload_conf()");
    until("the setting is in force", server.log(), || {
        let (tenant, _) = site.sites.last().unwrap();
        let form = format!("tenant={tenant}&operation={CHECK}");
        server.post("/api/run/start", &site.session, &form).status == 503
    });
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
