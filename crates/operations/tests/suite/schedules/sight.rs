//! Who finds a schedule, and who may do what with it.

use std::sync::Arc;

use domain::{
    capability::Role,
    error::ApiError,
    run::{AuthorityMode, RunOutcome},
    views::{ByHand, Execution, StartResult},
};

use crate::{
    play::on_both,
    world::{SYNC, World},
};

use super::form;

on_both! {
    v02_schedules_follow_the_capabilities_of_their_operation,
    v02_a_schedule_is_not_found_for_strangers_and_by_another_tenant,
    r05_run_now_is_in_the_persons_own_name,
}

async fn v02_schedules_follow_the_capabilities_of_their_operation(world: Arc<World>) {
    let services = &world.services;
    let tenant = world.sites[0].id();
    let id = world.nightly().await;
    let reader = world
        .person("reader", Role::Readonly, Some(Role::Readonly))
        .await;
    let operator = world.operator("operator").await;
    let manager = world
        .person("manager", Role::Readonly, Some(Role::Manager))
        .await;
    let forbidden =
        |answer: Result<(), ApiError>| matches!(answer, Err(ApiError::Forbidden { .. }));

    // A reader may not view inventory syncs, so their schedules are counted and nothing else.
    let page = services
        .schedules_page(&reader, &tenant, None)
        .await
        .unwrap();
    assert_eq!(
        (page.rows.len(), page.hidden, page.can_create),
        (0, 1, false)
    );
    assert!(forbidden(
        services
            .schedule_page(&reader, &tenant, &id, None)
            .await
            .map(drop)
    ));
    assert!(forbidden(
        services
            .schedule_run_now(&reader, &tenant, &id)
            .await
            .map(drop)
    ));

    let view = world.schedule(&operator, &id).await;
    assert!(view.form.is_none() && view.run_disabled_because.is_none());
    for who in [&reader, &operator] {
        assert!(forbidden(
            services
                .schedule_new_page(who, &tenant, None)
                .await
                .map(drop)
        ));
        assert!(forbidden(
            services
                .schedule_create(who, &tenant, &form())
                .await
                .map(drop)
        ));
        assert!(forbidden(
            services
                .schedule_change(who, &tenant, &id, 1, &form())
                .await
        ));
        assert!(forbidden(services.schedule_pause(who, &tenant, &id).await));
        assert!(forbidden(services.schedule_resume(who, &tenant, &id).await));
        assert!(forbidden(services.schedule_delete(who, &tenant, &id).await));
    }
    let view = world.schedule(&manager, &id).await;
    assert_eq!(
        view.form.unwrap().operations,
        [(SYNC.to_owned(), "Inventory sync".to_owned())]
    );
    services
        .schedule_pause(&manager, &tenant, &id)
        .await
        .unwrap();
    let again = services.schedule_pause(&manager, &tenant, &id).await;
    assert!(matches!(again, Err(ApiError::Conflict { .. })));
    services
        .schedule_resume(&manager, &tenant, &id)
        .await
        .unwrap();
    services
        .schedule_delete(&manager, &tenant, &id)
        .await
        .unwrap();
    let gone = services.schedule_page(&manager, &tenant, &id, None).await;
    assert_eq!(gone.unwrap_err(), ApiError::NotFound);
}

async fn v02_a_schedule_is_not_found_for_strangers_and_by_another_tenant(world: Arc<World>) {
    let services = &world.services;
    let (tenant, other) = (world.sites[0].id(), world.sites[1].id());
    let id = world.nightly().await;
    let (outsider, _) = world.other_workspace().await;
    let unknown = uuid::Uuid::now_v7().to_string();
    for (who, tenant, id) in [
        (&outsider, &tenant, &*id),
        (&world.owner, &other, &*id),
        (&world.owner, &tenant, &*unknown),
        (&world.owner, &tenant, "new schedule"),
    ] {
        let answers = [
            services
                .schedule_page(who, tenant, id, None)
                .await
                .map(drop),
            services.schedule_change(who, tenant, id, 1, &form()).await,
            services.schedule_pause(who, tenant, id).await,
            services.schedule_resume(who, tenant, id).await,
            services.schedule_delete(who, tenant, id).await,
            services.schedule_run_now(who, tenant, id).await.map(drop),
        ];
        for answer in answers {
            assert_eq!(answer, Err(ApiError::NotFound));
        }
    }
    for answer in [
        services
            .schedules_page(&outsider, &tenant, None)
            .await
            .map(drop),
        services
            .schedule_new_page(&outsider, &tenant, None)
            .await
            .map(drop),
        services
            .schedule_create(&outsider, &tenant, &form())
            .await
            .map(drop),
    ] {
        assert_eq!(answer, Err(ApiError::NotFound));
    }
}

async fn r05_run_now_is_in_the_persons_own_name(world: Arc<World>) {
    let services = &world.services;
    let tenant = world.sites[0].id();
    let id = world.nightly().await;
    let operator = world.operator("operator").await;
    services
        .schedule_pause(&world.owner, &tenant, &id)
        .await
        .unwrap();
    let first = services
        .schedule_run_now(&operator, &tenant, &id)
        .await
        .unwrap();
    assert_eq!(first.result, StartResult::Accepted);
    let second = services
        .schedule_run_now(&operator, &tenant, &id)
        .await
        .unwrap();
    assert_eq!(
        (second.result, second.run_id),
        (StartResult::ScopeBusy, first.run_id)
    );
    let said = &second.message;
    assert!(said.starts_with("The same is already queued"), "{said}");
    world.pool().drain().await.unwrap();
    let run = world.view(first.run_id).await;
    assert_eq!(
        (run.state.outcome, run.authority),
        (RunOutcome::Succeeded, AuthorityMode::ActorBound)
    );
    assert_eq!(run.schedule.unwrap().slot, None);
    assert_eq!(world.told(&operator, first.run_id).await, 1);
    let history = world.schedule(&operator, &id).await.history;
    let Execution::Run { by, .. } = &history[0].execution else {
        panic!("{history:?}");
    };
    let how = by.as_ref().map(ByHand::in_words);
    assert_eq!(how.as_deref(), Some("Run now, by operator."));
    // Circumstances leave a run that says what to do, as with any other start.
    world
        .services
        .connection_disable(&world.owner, &tenant)
        .await
        .unwrap();
    let blocked = services
        .schedule_run_now(&operator, &tenant, &id)
        .await
        .unwrap();
    assert_eq!(blocked.result, StartResult::Blocked);
}
