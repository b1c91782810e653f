//! A tenant's queue: paused, resumed, and what a queued run says.

use std::sync::Arc;

use domain::{
    capability::{Capability, Role},
    error::ApiError,
    run::RunOutcome,
    views::{OperationsQuery, OperationsView},
    waiting::WaitingFor,
};
use operations::Pool;
use store::{QueueSettings, WorkerCard};
use tokio::sync::watch;

use crate::{
    play::on_both,
    world::{CHECK, SYNC, World, changed, until},
};

on_both! {
    who_may_change_the_settings_pauses_and_resumes_the_queue,
    a_queued_run_tells_what_it_waits_for_and_the_poll_sees_it_change,
    the_list_says_what_its_queued_runs_wait_for,
    what_waits_says_so_on_its_tenants_page_and_among_the_items_of_a_bulk,
    a_pool_is_known_while_it_works,
}

async fn who_may_change_the_settings_pauses_and_resumes_the_queue(world: Arc<World>) {
    let (services, tenant) = (&world.services, world.sites[0].id());
    let dana = world.operator("dana").await;
    let forbidden = ApiError::Forbidden {
        capability: Capability::SettingsManage.label().to_owned(),
    };
    for role in [Role::Operator, Role::Readonly] {
        assert!(!role.holds(Capability::SettingsManage));
    }
    assert_eq!(
        services.queue_pause(&dana, &tenant).await,
        Err(forbidden.clone())
    );
    services.queue_pause(&world.owner, &tenant).await.unwrap();
    assert_eq!(services.queue_resume(&dana, &tenant).await, Err(forbidden));
    let twice = services.queue_pause(&world.owner, &tenant).await;
    assert!(matches!(twice, Err(ApiError::Conflict { .. })), "{twice:?}");

    let run = world.ask(&world.owner, 0, SYNC).await;
    let other = world.ask(&world.owner, 1, CHECK).await;
    assert_eq!(world.pool().drain().await.unwrap(), 1);
    assert_eq!(world.view(other).await.state.outcome, RunOutcome::Succeeded);
    let view = world.view(run).await;
    assert_eq!(view.state.word(), "queued");
    let waiting = view.waiting.unwrap();
    assert_eq!(waiting.word, "paused");
    assert!(
        waiting.text.starts_with("Olivia paused"),
        "{}",
        waiting.text
    );
    let page = changed(services.tenant_page(&dana, &tenant, None, None).await);
    assert_eq!(page.queue_pause.unwrap().by, "Olivia");
    assert!(!page.manages_settings);

    services.queue_resume(&world.owner, &tenant).await.unwrap();
    assert_eq!(world.pool().drain().await.unwrap(), 1);
    let view = world.view(run).await;
    assert_eq!(
        (view.state.outcome, view.waiting),
        (RunOutcome::Succeeded, None)
    );
    let page = changed(services.tenant_page(&dana, &tenant, None, None).await);
    assert_eq!(page.queue_pause, None);
    let twice = services.queue_resume(&world.owner, &tenant).await;
    assert!(matches!(twice, Err(ApiError::Conflict { .. })), "{twice:?}");
}

async fn a_queued_run_tells_what_it_waits_for_and_the_poll_sees_it_change(world: Arc<World>) {
    let run = world.ask(&world.owner, 0, SYNC).await;
    let view = world.view(run).await;
    assert_eq!(view.waiting.map(|it| it.word).as_deref(), Some("no_worker"));
    let shown = Some(view.version);
    let poll = async || {
        let id = run.to_string();
        let page = world.services.run_page(&world.owner, &id, shown.as_deref());
        page.await.unwrap()
    };
    assert!(matches!(
        poll().await,
        domain::views::Live::Unchanged { .. }
    ));
    // Nothing of the tenant changes when a worker comes: the page learns of it all the same.
    let card = WorkerCard {
        id: world.pool().id(),
        host: "elsewhere".to_owned(),
        slots: 1,
    };
    world.services.store().worker_seen(&card).await.unwrap();
    let domain::views::Live::Changed(view) = poll().await else {
        panic!("a worker came, and the page says nothing");
    };
    assert_eq!(view.waiting.map(|it| it.word).as_deref(), Some("slot"));
}

async fn the_list_says_what_its_queued_runs_wait_for(world: Arc<World>) {
    let over = world.work(1, CHECK).await.id;
    let run = world.ask(&world.owner, 0, SYNC).await;
    let waits_of = |view: &OperationsView| -> Vec<_> {
        let rows = view.rows.iter();
        rows.map(|row| (row.id, row.waiting)).collect()
    };
    let list = async || {
        let query = OperationsQuery::default();
        changed(
            world
                .services
                .operations_page(&world.owner, &query, None)
                .await,
        )
    };
    assert_eq!(
        waits_of(&list().await),
        [(run, Some(WaitingFor::NoWorker)), (over, None)]
    );
    let tenant = world.sites[0].id();
    world
        .services
        .queue_pause(&world.owner, &tenant)
        .await
        .unwrap();
    assert_eq!(
        waits_of(&list().await),
        [(run, Some(WaitingFor::Paused)), (over, None)]
    );
    world
        .services
        .queue_resume(&world.owner, &tenant)
        .await
        .unwrap();
    assert_eq!(world.pool().drain().await.unwrap(), 1);
    assert_eq!(waits_of(&list().await), [(run, None), (over, None)]);
}

async fn what_waits_says_so_on_its_tenants_page_and_among_the_items_of_a_bulk(world: Arc<World>) {
    let (services, tenant) = (&world.services, world.sites[0].id());
    let selection = services
        .verify_select(&world.owner, std::slice::from_ref(&tenant))
        .await;
    let selection = selection.unwrap().to_string();
    let bulk = services
        .verify_start(&world.owner, &selection)
        .await
        .unwrap()
        .run_id;
    let worker = world.pool().id();
    let started = services
        .store()
        .runs_start(worker, 1)
        .await
        .unwrap()
        .running
        .remove(0);
    services.store().bulk_ask(&started, 10).await.unwrap();
    services.queue_pause(&world.owner, &tenant).await.unwrap();

    let item = world.view(bulk).await.bulk.unwrap().remove(0);
    assert_eq!(item.reason.as_deref(), Some("Queue paused."));
    let page = changed(
        services
            .tenant_page(&world.owner, &tenant, None, None)
            .await,
    );
    assert_eq!(
        (page.recent[0].id, page.recent[0].waiting),
        (item.run_id.unwrap(), Some(WaitingFor::Paused))
    );
    let start = page
        .starts
        .into_iter()
        .find(|start| start.operation.as_str() == CHECK);
    let active = start.unwrap().active_run.unwrap();
    assert_eq!(active.words, "Connection check is queued: queue paused");
}

async fn a_pool_is_known_while_it_works(world: Arc<World>) {
    let store = world.services.store();
    let pool: Pool = world.pool().with_queue(QueueSettings::default());
    let id = pool.id();
    let (stop, stopped) = watch::channel(false);
    let pool = tokio::spawn(pool.run(stopped));
    until("the worker's word", async || {
        let there = store.workers().await.unwrap();
        there
            .iter()
            .any(|it| it.id == id && it.is_alive && it.slots == 2)
    })
    .await;
    stop.send(true).unwrap();
    pool.await.unwrap();
    assert!(
        store.workers().await.unwrap().is_empty(),
        "it took its word back"
    );
}
