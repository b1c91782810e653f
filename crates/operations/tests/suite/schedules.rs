//! A tenant's schedules as people use them (B-02, R-05, R-12).

use std::sync::Arc;

use domain::{
    capability::Role,
    error::ApiError,
    reason::ReasonDetail,
    run::{AuthorityMode, RunOutcome},
    schedule::{ScheduleState, SkipReason},
    time::{DAY, SECOND, Timestamp},
    views::{Execution, ScheduleView, StartResult},
};
use operations::{ScheduleForm, Scope, tidy};
use store::conformance::{schedule_written, slot_comes};

use crate::{
    play::on_both,
    world::{CHECK, SYNC, World},
};

on_both! {
    b02_what_is_no_rule_is_refused_by_its_field,
    v02_schedules_follow_the_capabilities_of_their_operation,
    v02_a_schedule_is_not_found_for_strangers_and_by_another_tenant,
    r12_a_schedule_shows_its_executions_from_the_canonical_runs,
    b02_a_schedule_that_nobody_understands_says_so_and_can_be_mended,
    b02_a_zone_may_be_typed_in_any_case,
    l13_a_slot_refused_by_a_change_says_what_changed,
    l13_a_run_of_the_system_claims_no_membership,
    r05_run_now_is_in_the_persons_own_name,
    r12_a_run_by_hand_is_no_slot,
    v15_the_page_says_what_was_removed_and_why,
    b02_two_people_who_edit_at_once_do_not_overwrite_each_other,
    r06_the_page_says_that_a_clock_was_ahead,
    l08_a_person_starts_the_run_of_a_slot_again,
}

fn form() -> ScheduleForm {
    ScheduleForm {
        name: "Nightly".to_owned(),
        operation: SYNC.to_owned(),
        cadence: "daily".to_owned(),
        days: vec![],
        time: "02:30".to_owned(),
        zone: "Europe/Berlin".to_owned(),
    }
}

impl World {
    /// A daily sync of the first tenant, by its owner.
    async fn nightly(&self) -> String {
        let tenant = self.sites[0].id();
        let form = form();
        let made = self.services.schedule_create(&self.owner, &tenant, &form);
        made.await.unwrap().to_string()
    }

    async fn schedule(&self, scope: &Scope, id: &str) -> ScheduleView {
        let tenant = self.sites[0].id();
        let page = self
            .services
            .schedule_page(scope, &tenant, id, Some("Asia/Tokyo"));
        page.await.unwrap()
    }

    /// Lets the next slot come now, and looks at the schedules.
    async fn slot(&self, id: &str) -> Timestamp {
        let store = self.services.store();
        let at = store.now().await.unwrap().plus(-SECOND);
        slot_comes(store, id.parse().unwrap(), at).await.unwrap();
        store.schedules_tick().await.unwrap();
        at
    }
}

async fn b02_what_is_no_rule_is_refused_by_its_field(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let tenant = world.sites[0].id();
    let weekly = |days: &[&str]| ScheduleForm {
        cadence: "weekly".to_owned(),
        days: days.iter().map(|day| (*day).to_owned()).collect(),
        ..form()
    };
    let time = |text: &str| ScheduleForm {
        time: text.to_owned(),
        ..form()
    };
    let zone = |text: &str| ScheduleForm {
        zone: text.to_owned(),
        ..form()
    };
    let operation = |text: &str| ScheduleForm {
        operation: text.to_owned(),
        ..form()
    };
    let wrong = [
        ("time", time("24:00")),
        ("time", time("half past two")),
        ("time", time("")),
        ("time zone", zone("Mars/Olympus")),
        ("time zone", zone("CEST")),
        ("time zone", zone("")),
        ("days", weekly(&[])),
        ("days", weekly(&["mon", "someday"])),
        (
            "how often",
            ScheduleForm {
                cadence: "hourly".to_owned(),
                ..form()
            },
        ),
        // A connection check is not on the system's list.
        ("operation", operation(CHECK)),
        ("operation", operation("no.such.operation")),
        (
            "Name",
            ScheduleForm {
                name: "  ".to_owned(),
                ..form()
            },
        ),
    ];
    for (expected, wrong) in wrong {
        let answer = services.schedule_create(owner, &tenant, &wrong).await;
        let Err(ApiError::Invalid { field, .. }) = answer else {
            panic!("{wrong:?}: {answer:?}");
        };
        assert_eq!(field, expected, "{wrong:?}");
    }
    let page = services.schedules_page(owner, &tenant, None).await.unwrap();
    assert!(page.rows.is_empty() && page.can_create);
    let id = services
        .schedule_create(owner, &tenant, &weekly(&["sun", "mon"]))
        .await
        .unwrap();
    let page = services.schedules_page(owner, &tenant, None).await.unwrap();
    assert_eq!((page.rows.len(), page.rows[0].id), (1, id));
    assert_eq!(
        page.rows[0].rule,
        "Monday and Sunday at 02:30 in Europe/Berlin"
    );
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

async fn r12_a_schedule_shows_its_executions_from_the_canonical_runs(world: Arc<World>) {
    let owner = &world.owner;
    let id = world.nightly().await;
    let empty = world.schedule(owner, &id).await;
    assert!(empty.history.is_empty());
    let next = empty.next.unwrap();
    assert!(next.there.ends_with(" 02:30 Europe/Berlin"), "{next:?}");
    assert!(next.here.unwrap().ends_with("Asia/Tokyo"));

    let at = world.slot(&id).await;
    let queued = world.schedule(owner, &id).await.history.remove(0);
    let Execution::Run {
        run_id,
        state,
        by: None,
    } = queued.execution
    else {
        panic!("{queued:?}");
    };
    assert_eq!((queued.at.at, state.outcome), (at, RunOutcome::Pending));
    // The next slot comes while it is still queued.
    world.slot(&id).await;
    world.pool().drain().await.unwrap();
    let history = world.schedule(owner, &id).await.history;
    assert_eq!(history.len(), 2);
    let skipped = Execution::Skipped {
        reason: SkipReason::StillActive,
        run_id: Some(run_id),
    };
    assert_eq!(history[0].execution, skipped);
    let Execution::Run { state, .. } = &history[1].execution else {
        panic!("{history:?}");
    };
    assert_eq!(state.outcome, RunOutcome::Succeeded);

    let run = world.view(run_id).await;
    assert_eq!(
        (run.authority, &*run.initiator),
        (AuthorityMode::SystemAuthority, "System")
    );
    let schedule = run.schedule.unwrap();
    assert_eq!(
        (schedule.name.as_str(), schedule.id),
        ("Nightly", Some(id.parse().unwrap()))
    );
    assert!(schedule.slot.unwrap().ends_with("Europe/Berlin"));
    // A deleted schedule still has its name on the runs it made, and no page.
    let tenant = world.sites[0].id();
    world
        .services
        .schedule_delete(owner, &tenant, &id)
        .await
        .unwrap();
    let schedule = world.view(run_id).await.schedule.unwrap();
    assert_eq!((schedule.name.as_str(), schedule.id), ("Nightly", None));
}

async fn b02_a_schedule_that_nobody_understands_says_so_and_can_be_mended(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let store = services.store();
    let tenant = world.sites[0].id();
    let id = world.nightly().await;
    let list = async || {
        let page = services.schedules_page(owner, &tenant, None).await;
        page.unwrap().rows.remove(0)
    };
    assert_eq!(list().await.fault, None);
    for (zone, operation, why) in [
        (
            "Mars/Olympus",
            SYNC,
            "unknown zone \u{201c}Mars/Olympus\u{201d}",
        ),
        (
            "Europe/Berlin",
            "moon.sync",
            "unknown operation \u{201c}moon.sync\u{201d}",
        ),
        (
            "Europe/Berlin",
            CHECK,
            "Connection check may not run by schedule",
        ),
    ] {
        schedule_written(store, id.parse().unwrap(), zone, operation)
            .await
            .unwrap();
        // Its slot has come, and nobody can take it.
        let past = store.now().await.unwrap().plus(-SECOND);
        slot_comes(store, id.parse().unwrap(), past).await.unwrap();
        let view = world.schedule(owner, &id).await;
        let fault = view.fault.unwrap();
        assert_eq!((&*fault.why, view.next), (why, None));
        assert!(fault.remedy.contains("\u{201c}Change\u{201d}"), "{fault:?}");
        let row = list().await;
        assert_eq!((row.fault, row.next), (Some(fault), None));
        assert!(view.form.is_some(), "{why}: it can be mended");
        services.schedule_pause(owner, &tenant, &id).await.unwrap();
        services.schedule_resume(owner, &tenant, &id).await.unwrap();
        assert!(world.schedule(owner, &id).await.fault.is_some());
        let seen = world.schedule(owner, &id).await.version;
        services
            .schedule_change(owner, &tenant, &id, seen, &form())
            .await
            .unwrap();
        let mended = world.schedule(owner, &id).await;
        assert!(mended.fault.is_none() && mended.next.is_some(), "{why}");
    }
}

async fn b02_a_zone_may_be_typed_in_any_case(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let tenant = world.sites[0].id();
    let typed = ScheduleForm {
        zone: " europe/berlin ".to_owned(),
        ..form()
    };
    let id = services.schedule_create(owner, &tenant, &typed).await;
    let view = world.schedule(owner, &id.unwrap().to_string()).await;
    assert_eq!(view.rule.zone, "Europe/Berlin");
}

async fn l13_a_slot_refused_by_a_change_says_what_changed(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let tenant = world.sites[0].id();
    let id = world.nightly().await;
    let earlier = ScheduleForm {
        time: "01:15".to_owned(),
        ..form()
    };
    let refused_after = async || {
        world.pool().drain().await.unwrap();
        let Execution::Run { run_id, .. } = world.schedule(owner, &id).await.history[0].execution
        else {
            panic!("a run");
        };
        world.view(run_id).await
    };
    world.slot(&id).await;
    services
        .schedule_change(owner, &tenant, &id, 1, &earlier)
        .await
        .unwrap();
    let edited = refused_after().await;
    assert_eq!(edited.state.outcome, RunOutcome::Blocked);
    let detail = edited.decisions[0].reason_detail.as_deref();
    assert_eq!(detail, Some(ReasonDetail::ScheduleRevisionStale.as_str()));
    let told = edited.explanation.unwrap();
    assert!(
        told.sentence
            .contains("\u{201c}Every day at 01:15 in Europe/Berlin\u{201d}"),
        "{told:?}"
    );
    assert!(told.next_step.contains("next slot"), "{told:?}");
    assert!(edited.started_at.is_none());

    world.slot(&id).await;
    services.schedule_pause(owner, &tenant, &id).await.unwrap();
    let paused = refused_after().await;
    assert!(
        paused
            .explanation
            .unwrap()
            .sentence
            .contains("The schedule Nightly was paused")
    );
    assert_eq!(
        world.schedule(owner, &id).await.state,
        ScheduleState::Paused
    );
}

async fn l13_a_run_of_the_system_claims_no_membership(world: Arc<World>) {
    let id = world.nightly().await;
    world.slot(&id).await;
    world.pool().drain().await.unwrap();
    let Execution::Run { run_id, .. } =
        world.schedule(&world.owner, &id).await.history[0].execution
    else {
        panic!("a run");
    };
    let decision = world.view(run_id).await.decisions.remove(0);
    let labels = decision.checks.iter().map(|check| check.label.clone());
    let told: Vec<_> = labels.chain(decision.at_execution.clone()).collect();
    for line in &told {
        let line = line.to_lowercase();
        assert!(
            !line.contains("member") && !line.contains("initiator"),
            "{line}"
        );
    }
    assert!(
        told.iter().any(|line| line.contains("The system's list")),
        "{told:?}"
    );
    // A person's run does claim them.
    let own = world.work(0, SYNC).await.decisions.remove(0);
    assert!(
        own.at_execution
            .contains(&"Tenant membership: there.".to_owned())
    );
    assert_eq!(
        own.checks[1].label,
        "The initiator is a member of the tenant"
    );
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
    assert_eq!(by.as_deref(), Some("operator"));
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

async fn r12_a_run_by_hand_is_no_slot(world: Arc<World>) {
    let services = &world.services;
    let tenant = world.sites[0].id();
    let id = world.nightly().await;
    services
        .connection_disable(&world.owner, &tenant)
        .await
        .unwrap();
    let at = world.slot(&id).await;
    world.pool().drain().await.unwrap();
    services
        .connection_enable(&world.owner, &tenant)
        .await
        .unwrap();
    let by_hand = services
        .schedule_run_now(&world.owner, &tenant, &id)
        .await
        .unwrap();
    world.pool().drain().await.unwrap();

    let list = services.schedules_page(&world.owner, &tenant, None).await;
    let last = list.unwrap().rows.remove(0).last;
    let Execution::Run { state, .. } = &last[0].execution else {
        panic!("{last:?}");
    };
    assert_eq!(
        (last.len(), last[0].at.at, state.outcome),
        (1, at, RunOutcome::Blocked),
        "the last slot is the last slot"
    );
    let history = world.schedule(&world.owner, &id).await.history;
    let told: Vec<_> = history
        .iter()
        .map(|line| line.execution.is_by_hand())
        .collect();
    assert_eq!(told, [true, false]);
    let Execution::Run { run_id, state, .. } = &history[0].execution else {
        panic!("{history:?}");
    };
    assert_eq!(
        (*run_id, state.outcome),
        (by_hand.run_id, RunOutcome::Succeeded)
    );
}

async fn v15_the_page_says_what_was_removed_and_why(world: Arc<World>) {
    let run = world.work(0, SYNC).await;
    assert!(!run.items.is_empty() && run.redactions.is_empty());
    let store = world.services.store();
    // Ninety days are not over.
    assert_eq!(tidy(store, 90).await.unwrap().items, 0);
    let removed = tidy(store, -1).await.unwrap();
    assert_eq!(removed.items, u64::try_from(run.items.len()).unwrap());
    let after = world.view(run.id).await;
    assert!(after.items.is_empty());
    assert_eq!(
        (after.state, after.decisions.len(), after.counts),
        (run.state, 1, run.counts)
    );
    let note = &after.redactions[0];
    assert!(
        note.starts_with(&format!("{} items of this run went on ", run.items.len())),
        "{note}"
    );
    assert!(
        note.contains("The run, its decisions and its audit entries stay."),
        "{note}"
    );
}

async fn b02_two_people_who_edit_at_once_do_not_overwrite_each_other(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let tenant = world.sites[0].id();
    let id = world.nightly().await;
    let manager = world
        .person("manager", Role::Readonly, Some(Role::Manager))
        .await;
    let seen = world.schedule(&manager, &id).await.version;
    let renamed = ScheduleForm {
        name: "Mine".to_owned(),
        ..form()
    };
    services
        .schedule_change(owner, &tenant, &id, seen, &renamed)
        .await
        .unwrap();
    let late = services
        .schedule_change(&manager, &tenant, &id, seen, &form())
        .await;
    assert!(matches!(late, Err(ApiError::Conflict { .. })), "{late:?}");
    let view = world.schedule(&manager, &id).await;
    assert_eq!((view.name.as_str(), view.revision), ("Mine", 1));
}

async fn r06_the_page_says_that_a_clock_was_ahead(world: Arc<World>) {
    let store = world.services.store();
    let id = world.nightly().await;
    assert_eq!(world.schedule(&world.owner, &id).await.realigned, None);
    let own = world.schedule(&world.owner, &id).await.next.unwrap();
    let far = own.at.plus(364 * DAY);
    slot_comes(store, id.parse().unwrap(), far).await.unwrap();
    let scheduler = operations::Scheduler::new(store);
    scheduler.upkeep().await.unwrap();
    let page = world.schedule(&world.owner, &id).await;
    assert_eq!(page.next.as_ref().unwrap().at, own.at);
    let told = page.realigned.unwrap();
    assert!(told.starts_with("A clock was ahead, and the next slot lay on "));
    assert!(told.contains(&own.there), "{told}");
}

async fn l08_a_person_starts_the_run_of_a_slot_again(world: Arc<World>) {
    let services = &world.services;
    let operator = world.operator("operator").await;
    let reader = world
        .person("reader", Role::Readonly, Some(Role::Readonly))
        .await;
    let id = world.nightly().await;
    world.slot(&id).await;
    let slot = world.schedule(&operator, &id).await.history[0].clone();
    let Execution::Run { run_id, .. } = slot.execution else {
        panic!("{slot:?}");
    };
    let run = run_id.to_string();
    let early = services.retry(&operator, &run).await;
    assert_eq!(early.unwrap_err().status(), 409, "not over");
    services.cancel(&operator, &run).await.unwrap();
    let offered = world.seen_by(&operator, run_id).await.follow_ups.retry;
    assert_eq!(offered.unwrap().disabled_because, None);
    let refused = services.retry(&reader, &run).await;
    assert_eq!(refused.unwrap_err().status(), 403);

    let again = services.retry(&operator, &run).await.unwrap();
    world.pool().drain().await.unwrap();
    let view = world.seen_by(&operator, again.run_id).await;
    assert_eq!(
        (view.state.outcome, view.authority, view.retry_of),
        (
            RunOutcome::Succeeded,
            AuthorityMode::ActorBound,
            Some(run_id)
        )
    );
    assert_eq!(view.initiator, "operator");
    assert_eq!(world.told(&operator, again.run_id).await, 1);
    // Among the executions of the schedule, and the slot's own stays what it was.
    let history = world.schedule(&operator, &id).await.history;
    assert_eq!(history.len(), 2);
    assert_eq!(
        world.view(run_id).await.state.outcome,
        RunOutcome::Cancelled
    );
}
