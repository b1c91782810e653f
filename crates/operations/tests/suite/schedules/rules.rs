//! What a person may write into a schedule, and what becomes of one that cannot run.

use std::sync::Arc;

use domain::{capability::Role, error::ApiError, time::SECOND};
use operations::ScheduleForm;
use store::conformance::{schedule_written, slot_comes};

use crate::{
    play::on_both,
    world::{CHECK, SYNC, World},
};

use super::form;

on_both! {
    b02_what_is_no_rule_is_refused_by_its_field,
    b02_a_schedule_that_nobody_understands_says_so_and_can_be_mended,
    b02_a_zone_may_be_typed_in_any_case,
    b02_two_people_who_edit_at_once_do_not_overwrite_each_other,
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
