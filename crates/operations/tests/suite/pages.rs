//! Pages of tenants and the bell, as each person sees them.

use std::sync::Arc;

use domain::{
    capability::Role, connection::VerificationStatus, error::ApiError, lifecycle::TenantLifecycle,
    verification::Overall, views::StartResult,
};

use crate::{
    play::on_both,
    world::{CHECK, SYNC, World, changed},
};

on_both! {
    p03_a_tenants_page_tells_of_its_verification,
    r14_a_tenant_is_archived_by_its_typed_name,
    l14_the_bell_rings_once_for_the_initiator_alone,
    v05_follow_ups_shrink_with_the_tenant,
    v08_a_selection_that_was_lost_is_not_named,
    p02_starts_say_what_is_wrong_with_the_connection,
}

async fn p03_a_tenants_page_tells_of_its_verification(world: Arc<World>) {
    let tenant = world.sites[0].id();
    let run = world.ask(&world.owner, 0, CHECK).await;
    let started = run.to_string();
    let page = world
        .services
        .tenant_page(&world.owner, &tenant, Some(&started), None)
        .await;
    let page = changed(page);
    let notice = page.started.unwrap();
    assert_eq!((notice.result, notice.run_id), (StartResult::Accepted, run));
    let verify = page
        .starts
        .iter()
        .find(|start| start.operation.as_str() == CHECK)
        .unwrap();
    let active = verify.active_run.as_ref().unwrap();
    assert_eq!(active.id, run);
    assert_eq!(active.words, "Connection check is queued: no worker");
    assert_eq!(page.report, None);

    world.pool().drain().await.unwrap();
    let page = changed(
        world
            .services
            .tenant_page(&world.owner, &tenant, None, None)
            .await,
    );
    assert!(
        page.starts
            .iter()
            .all(|s| s.active_run.is_none() && s.disabled_because.is_none())
    );
    let report = page.report.unwrap();
    assert_eq!((report.run_id, report.overall), (run, Overall::Ready));
    assert!(report.issues.is_empty());
    let connection = page.connection.unwrap();
    assert_eq!(connection.verification, VerificationStatus::Healthy);
    assert!(connection.has_credential && connection.can_manage && connection.is_enabled);
    assert_eq!(page.recent[0].id, run);
    // Links that are none of ours say nothing.
    for made_up in ["x", "0190b4f0-0000-7000-8000-000000000001"] {
        let page = world
            .services
            .tenant_page(&world.owner, &tenant, Some(made_up), None)
            .await;
        assert_eq!(changed(page).started, None);
    }
    world.work(0, SYNC).await;
    let page = changed(
        world
            .services
            .tenant_page(&world.owner, &tenant, None, None)
            .await,
    );
    assert!(page.inventory.unwrap().len() >= 4);
    let rows = world
        .services
        .tenants_page(&world.owner)
        .await
        .unwrap()
        .rows;
    let row = rows.iter().find(|row| row.id == world.sites[0].id).unwrap();
    assert_eq!(row.last_run.as_ref().unwrap().operation, "Inventory sync");
}

async fn r14_a_tenant_is_archived_by_its_typed_name(world: Arc<World>) {
    let services = &world.services;
    let marta = world
        .person("marta", Role::Manager, Some(Role::Manager))
        .await;
    let tenant = world.sites[0].id();
    let name = world.access(0).await.name().to_owned();
    let refused = services.archive(&marta, &tenant, &name).await;
    assert_eq!(refused.unwrap_err().status(), 403);
    let refused = services
        .archive(&world.owner, &tenant, "something else")
        .await;
    assert_eq!(refused.unwrap_err().status(), 422);
    let early = services.reactivate(&world.owner, &tenant).await;
    assert_eq!(early.unwrap_err().status(), 409);
    services
        .archive(&world.owner, &tenant, &format!(" {name} "))
        .await
        .unwrap();
    let again = services.archive(&world.owner, &tenant, &name).await;
    assert_eq!(again.unwrap_err().status(), 409);
    let page = changed(
        services
            .tenant_page(&world.owner, &tenant, None, None)
            .await,
    );
    assert_eq!(page.lifecycle, TenantLifecycle::Archived);
    assert!(
        page.starts
            .iter()
            .all(|start| start.disabled_because.is_some())
    );
    services.reactivate(&world.owner, &tenant).await.unwrap();
    // Switching the connection is the manager's.
    services.connection_disable(&marta, &tenant).await.unwrap();
    let dana = world.operator("dana").await;
    let refused = services.connection_enable(&dana, &tenant).await;
    assert_eq!(refused.unwrap_err().status(), 403);
    let bare = world
        .tenant(&world.owner, "Bare", TenantLifecycle::Active)
        .await;
    let none = services
        .connection_enable(&world.owner, &bare.to_string())
        .await;
    assert_eq!(none.unwrap_err(), ApiError::NotFound);
}

async fn l14_the_bell_rings_once_for_the_initiator_alone(world: Arc<World>) {
    let dana = world.operator("dana").await;
    let run = world.ask(&dana, 0, SYNC).await;
    assert_eq!(world.told(&dana, run).await, 0, "not before the end");
    world.pool().drain().await.unwrap();
    let bell = world.services.notifications_page(&dana).await.unwrap();
    assert_eq!((bell.items.len(), bell.unread), (1, 1));
    let item = &bell.items[0];
    assert_eq!(
        (&*item.operation, item.state.word()),
        ("Inventory sync", "succeeded")
    );
    assert_eq!(item.target, world.sites[0].seed.display_name);
    assert_eq!(world.services.header(&dana).await.unwrap().unread, 1);
    assert_eq!(world.told(&world.owner, run).await, 0);
    world.services.notifications_read(&dana).await.unwrap();
    assert_eq!(world.services.header(&dana).await.unwrap().unread, 0);
    // Out of the tenant, out of its news.
    let (tenant, user) = (world.sites[0].id(), dana.user_id().to_string());
    let removed = world
        .services
        .member_remove(&world.owner, Some(&tenant), &user);
    removed.await.unwrap();
    assert_eq!(world.told(&dana, run).await, 0);
}

async fn v05_follow_ups_shrink_with_the_tenant(world: Arc<World>) {
    world.break_for(0, "", graph_sandbox::FaultKind::WrongSecret);
    let run = world.work(0, CHECK).await;
    assert!(run.follow_ups.retry.unwrap().disabled_because.is_none());
    assert!(run.banner.is_empty());
    let name = world.access(0).await.name().to_owned();
    let tenant = world.sites[0].id();
    let archived = world.services.archive(&world.owner, &tenant, &name);
    archived.await.unwrap();
    let later = world.view(run.id).await;
    assert_eq!(later.banner[0].kind, "archived");
    assert!(later.follow_ups.retry.unwrap().disabled_because.is_some());
    assert_eq!(
        (later.report, later.failures),
        (run.report, run.failures),
        "all of it stays"
    );
}

async fn v08_a_selection_that_was_lost_is_not_named(world: Arc<World>) {
    let services = &world.services;
    let dana = world.operator("dana").await;
    world.enrol(&dana, 1, Role::Operator).await;
    let token = uuid::Uuid::now_v7().to_string();
    services
        .store()
        .session_create(dana.user_id(), &token)
        .await
        .unwrap();
    let scope = world.resolve(&token).await;
    services
        .select_tenant(&scope, &world.sites[1].id())
        .await
        .unwrap();
    let scope = world.resolve(&token).await;
    let named = services.header(&scope).await.unwrap().tenant.unwrap();
    assert_eq!(named.id, world.sites[1].id);
    let user = dana.user_id().to_string();
    let tenant = world.sites[1].id();
    let removed = services.member_remove(&world.owner, Some(&tenant), &user);
    removed.await.unwrap();
    let scope = world.resolve(&token).await;
    assert_eq!(services.header(&scope).await.unwrap().tenant, None);
    let run = world.work(0, CHECK).await.id;
    let seen = world.seen_by(&scope, run).await;
    assert!(seen.banner.is_empty(), "{:?}", seen.banner);
}

async fn p02_starts_say_what_is_wrong_with_the_connection(world: Arc<World>) {
    let services = &world.services;
    let dana = world.operator("dana").await;
    let tenant = world.sites[0].id();
    let reasons = async |person: &operations::Scope| -> Vec<Option<String>> {
        let page = changed(services.tenant_page(person, &tenant, None, None).await);
        let starts = page.starts.into_iter();
        starts.map(|start| start.disabled_because).collect()
    };
    assert_eq!(reasons(&dana).await, [None, None]);
    let disable = services.connection_disable(&world.owner, &tenant);
    disable.await.unwrap();
    let told = reasons(&dana).await;
    for reason in &told {
        let reason = reason.as_deref().unwrap();
        assert!(
            reason.contains("is disabled. A manager or owner"),
            "{reason}"
        );
    }
    // The button is a courtesy: the gate says the same, and leaves a run that explains itself.
    let answer = services.start(&dana, &tenant, CHECK).await.unwrap();
    assert_eq!(answer.result, StartResult::Blocked);
    let enable = services.connection_enable(&world.owner, &tenant);
    enable.await.unwrap();
    assert_eq!(reasons(&dana).await, [None, None]);
}
