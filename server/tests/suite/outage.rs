//! The database goes away and comes back: the program says so, waits, and goes on by itself (D-01).

use domain::run::RunOutcome;

use crate::{
    cluster::Cluster,
    installation::{CHECK, Installation, SYNC},
    program::Server,
};

/// What every request is answered while the database is away.
fn assert_away(server: &Server, session: &str) {
    let alive = server.get("/healthz", None);
    assert_eq!((alive.status, &*alive.body), (200, "alive\n"));
    assert_eq!(server.get("/readyz", None).status, 503);
    let page = server.get("/admin/tenants", Some(session));
    assert_eq!(page.status, 503, "{}", page.head);
    assert!(
        page.head.contains("cache-control: no-store"),
        "{}",
        page.head
    );
    for word in ["postgres", "sqlx", "127.0.0.1"] {
        assert!(!page.body.contains(word), "the page says {word}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d01_a_server_lives_through_an_outage_of_its_database() {
    let Some(mut cluster) = Cluster::start() else {
        return;
    };
    let database = cluster.url();
    let (site, _) = Installation::new(&database, None).await;
    let server = site.serve(&database);
    server.until_ready();

    // One slot: while the first run waits for its provider, the second one stays queued.
    site.slow_down(0, "/groups", 8_000);
    let first = site.start(&server, 0, SYNC);
    site.until_asked(first, "/v1.0/groups", server.log());
    let second = site.start(&server, 1, CHECK);
    let waiting = site.state(&server, second).unwrap();
    assert_eq!(waiting.word(), "queued");

    cluster.break_off();
    assert_away(&server, &site.session);
    let poll = server.read("/api/tenants/page", &site.session, r#"{"ask":"Page"}"#);
    assert_eq!(poll.status, 503);

    cluster.go_on();
    server.until_ready();
    let page = server.get("/admin/tenants", Some(&site.session));
    assert_eq!(page.status, 200);
    for run in [first, second] {
        server.log().until_ended(run);
    }
    // The one that was being worked on is tried again, and decided about again.
    for run in [first, second] {
        let state = site.state(&server, run).unwrap();
        assert_eq!(state.outcome, RunOutcome::Succeeded);
    }
    assert!(server.stop(), "it ends well when it is asked to");
}

#[tokio::test(flavor = "multi_thread")]
async fn d01_a_server_that_starts_before_its_database_waits_for_it() {
    let Some(mut cluster) = Cluster::start() else {
        return;
    };
    let database = cluster.url();
    let (site, queued) = Installation::new(&database, Some(CHECK)).await;
    cluster.break_off();
    let server = site.serve(&database);
    assert_away(&server, &site.session);
    let page = server.get("/admin/tenants", None);
    assert!(
        page.body
            .contains("TenantAtlas is waiting for its database")
    );
    assert!(page.head.contains("retry-after: 2"), "{}", page.head);

    cluster.go_on();
    server.until_ready();
    let page = server.get("/admin/tenants", Some(&site.session));
    assert_eq!(page.status, 200);
    let run = queued.unwrap();
    server.log().until_ended(run);
    let state = site.state(&server, run).unwrap();
    assert_eq!(state.outcome, RunOutcome::Succeeded);
    assert!(server.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn d01_a_worker_that_starts_before_its_database_waits_for_it() {
    let Some(mut cluster) = Cluster::start() else {
        return;
    };
    let database = cluster.url();
    let (site, queued) = Installation::new(&database, Some(CHECK)).await;
    cluster.break_off();
    let worker = site.worker(&database);
    worker.log().until_said("trying again every second");
    cluster.go_on();
    // Pages without workers of their own: what ends the run is the worker.
    let pages = site.web(&database);
    let run = queued.unwrap();
    worker.log().until_ended(run);
    pages.until_ready();
    let state = site.state(&pages, run).unwrap();
    assert_eq!(state.outcome, RunOutcome::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn l08_a_worker_whose_database_has_fallen_silent_stops_all_the_same() {
    let Some(mut cluster) = Cluster::start() else {
        return;
    };
    let database = cluster.url();
    let (site, queued) = Installation::new(&database, Some(CHECK)).await;
    let worker = site.worker(&database);
    worker.log().until_ended(queued.unwrap());
    cluster.fall_silent();
    worker.signal("-TERM");
    // Neither its hand-back nor its farewell is waited for as long as a silent line would have it.
    let log = worker.log();
    log.until_said("could not hand runs back");
    log.until_said("could not say that this worker has stopped");
    assert!(worker.stop().0, "it ends well when it is asked to");
}
