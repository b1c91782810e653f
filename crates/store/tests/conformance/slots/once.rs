//! A slot has one run, ever, whoever looks and whatever the clock does.

use std::sync::Arc;

use domain::{
    run::AuthorityMode,
    schedule::SlotFate,
    time::{DAY, HOUR, SECOND},
};
use store::{StoreError, Ticked};
use tokio::sync::Barrier;

use crate::{database::Database, world::World};

pub async fn r06_a_slot_has_one_run_whatever_the_number_of_schedulers(db: Arc<Database>) {
    let world = World::new(&db).await;
    let id = world.nightly().await;
    // Three processes with connections of their own, and two loops in each.
    let stores = [
        world.store.clone(),
        db.another_store().await,
        db.another_store().await,
    ];
    for round in 1..=25 {
        let at = world.move_next(id, -SECOND).await;
        let line = Arc::new(Barrier::new(6));
        let ticking = stores.iter().chain(&stores).map(|store| {
            let (store, line) = (store.clone(), line.clone());
            tokio::spawn(async move {
                line.wait().await;
                store.schedules_tick().await.unwrap()
            })
        });
        let mut runs = 0;
        for ticked in ticking.collect::<Vec<_>>() {
            runs += ticked.await.unwrap().runs;
        }
        assert_eq!(runs, 1, "round {round}");
        let slots = world.slots(id).await;
        assert_eq!(
            (slots.len(), slots[0].slot_at),
            (round, at),
            "round {round}"
        );
        world.succeed(world.start_one().await).await;
    }
    let schedule = world.schedule(id).await;
    let runs = world.store.schedule_runs(&schedule, 100).await.unwrap();
    assert_eq!(runs.len(), 25);
    for store in &stores[1..] {
        store.close().await;
    }
}

pub async fn r06_a_slot_that_was_taken_is_never_taken_again(db: Arc<Database>) {
    let world = World::new(&db).await;
    let id = world.nightly().await;
    let run = world.slot_run(id).await;
    world.succeed(world.start_one().await).await;
    let taken = world.slots(id).await[0].slot_at;
    let next = world.schedule(id).await.next_at;
    // A clock that jumped back and an edit would expect the same slot once more.
    world.set_next(id, taken).await;
    assert_eq!(world.tick().await, Ticked::default());
    assert_eq!(world.slots(id).await.len(), 1);
    assert_eq!(world.schedule(id).await.next_at, next);
    // And past the store, the database itself refuses.
    let (run, id) = (db.id(run.as_uuid()), db.id(id.as_uuid()));
    for attack in [
        format!(
            "insert into operation_runs (workspace_id, tenant_id, id, type, authority_mode, initiator_name,
               required_capability, identity_hash, context, queued_at, updated_at, schedule_id, schedule_revision, slot_at)
             select workspace_id, tenant_id, {}, type, authority_mode, initiator_name, required_capability,
               identity_hash, context, queued_at, updated_at, schedule_id, schedule_revision, slot_at
             from operation_runs where id = {run}",
            db.id(uuid::Uuid::now_v7())
        ),
        format!("update schedule_slots set fate = 'missed' where schedule_id = {id}"),
        format!("delete from schedule_slots where schedule_id = {id}"),
        format!("update schedules set revision = 0 where id = {id}"),
    ] {
        assert!(db.raw.try_run(&attack).await.is_err(), "{attack}");
    }
}

pub async fn l06_a_slots_run_has_the_systems_authority_and_says_its_slot(db: Arc<Database>) {
    let world = World::new(&db).await;
    let id = world.nightly().await;
    let run = world.slot_run(id).await;
    let slot = world.slots(id).await[0].slot_at;
    let row = world.store.run(&world.owner, run).await.unwrap();
    assert_eq!(
        (row.run().authority, row.run().user_id),
        (AuthorityMode::SystemAuthority, None)
    );
    assert_eq!(
        (row.run().schedule_id, row.run().slot_at),
        (Some(id), Some(slot))
    );
    let context: serde_json::Value = serde_json::from_str(&row.run().context).unwrap();
    assert_eq!(context["schedule_id"], serde_json::json!(id));
    assert_eq!(context["schedule_revision"], 1);
    assert_eq!(context["slot_at"], slot.0);
    let schedule = world.store.schedule_of_run(&row).await.unwrap().unwrap();
    assert_eq!(schedule.name, "Nightly");

    let running = world.start_one().await;
    let decisions = world.store.run_decisions(&row).await.unwrap();
    assert_eq!(decisions[0].evidence.schedule_revision, Some(1));
    world.succeed(running).await;
    assert_eq!(world.count("notifications", run).await, 0);
    for action in ["run.requested", "run.started", "run.completed"] {
        assert_eq!(world.audited(action, run).await, 1, "{action}");
    }
    let other = world.sync(&world.owner).await;
    let other = world.store.run(&world.owner, other).await.unwrap();
    assert!(world.store.schedule_of_run(&other).await.unwrap().is_none());
}

pub async fn one_schedule_that_nobody_understands_holds_up_no_other(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (odd, id) = (world.nightly().await, world.nightly().await);
    let (worse, last) = (world.nightly().await, world.nightly().await);
    for (id, zone, operation) in [
        (odd, "Mars/Olympus", "inventory.sync"),
        (worse, "Europe/Berlin", "moon.landing"),
    ] {
        store::conformance::schedule_written(&world.store, id, zone, operation)
            .await
            .unwrap();
    }
    for (id, at) in [(odd, 4), (worse, 3), (id, 2), (last, 1)] {
        world.move_next(id, -at * SECOND).await;
    }
    let Err(StoreError::FaultySchedules { faults, ticked }) = world.store.schedules_tick().await
    else {
        panic!("two schedules are odd");
    };
    assert_eq!(
        ticked.runs, 1,
        "and the other one is in the way of the last"
    );
    let said: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2);
    for (said, id, word) in [
        (&said[0], odd, "Mars/Olympus"),
        (&said[1], worse, "moon.landing"),
    ] {
        for words in [&*id.to_string(), word, "Edit and save it"] {
            assert!(said.contains(words), "{said}");
        }
        assert!(said.contains(&world.tenant.id().to_string()), "{said}");
    }
    let mut unreadable = world.store.schedules_unreadable().await.unwrap();
    unreadable.sort_by_key(|it| it.id != odd);
    let named: Vec<_> = unreadable.iter().map(|it| it.id).collect();
    assert_eq!(named, [odd, worse]);
    assert_eq!(unreadable[0].tenant_name, "First tenant");
    assert!(unreadable[0].why.contains("Mars/Olympus"));
    assert!(unreadable[1].why.contains("moon.landing"));
    assert_eq!(world.slots(id).await[0].fate, SlotFate::Run);
    assert_eq!(world.slots(last).await[0].fate, SlotFate::Skipped);
    assert!(world.slots(odd).await.is_empty() && world.slots(worse).await.is_empty());
}

pub async fn r06_a_schedule_that_a_clock_put_off_is_set_right(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    let (put_off, other) = (world.nightly().await, world.nightly().await);
    let schedule = world.schedule(put_off).await;
    let own = schedule.next_at.unwrap();
    assert_eq!(store.schedules_realign().await.unwrap(), 0);
    assert_eq!(store.schedule_realigned(&schedule).await.unwrap(), None);

    // A clock a year ahead wrote tomorrow's slot down as missed, and waits for the one in a year.
    let timetable = timetable::Timetable::of(schedule.rule.clone()).unwrap();
    let in_a_year = timetable.after(own.plus(365 * DAY)).unwrap();
    let (ws, tenant) = world.owner_ids();
    let missed = format!(
        "insert into schedule_slots (workspace_id, scope_id, schedule_id, slot_at, fate, last_slot_at, slots,
           revision, decided_at)
         values ({ws}, {tenant}, {}, {}, 'missed', {}, 365, 1, {})",
        db.id(put_off.as_uuid()),
        own.0,
        in_a_year.0 - DAY,
        in_a_year.0
    );
    db.raw.run(&missed).await;
    world.set_next(put_off, in_a_year).await;
    // Now the clock is back: without more ado the schedule would wait for a year.
    assert_eq!(world.tick().await, Ticked::default());
    assert_eq!(world.schedule(put_off).await.next_at, Some(in_a_year));

    let elsewhere = db.another_store().await;
    let (here, there) = tokio::join!(store.schedules_realign(), elsewhere.schedules_realign());
    assert_eq!(here.unwrap() + there.unwrap(), 1, "one of two does it");
    elsewhere.close().await;
    // The slot that was written down is never taken again; the one after it is free.
    let free = timetable.after(own);
    let schedule = world.schedule(put_off).await;
    assert_eq!(schedule.next_at, free);
    assert_eq!(world.schedule(other).await.next_at, Some(own));
    assert_eq!((schedule.revision, schedule.version), (1, 1));
    let told = store.schedule_realigned(&schedule).await.unwrap().unwrap();
    assert_eq!((told.from, Some(told.to)), (in_a_year, free));
    assert_eq!(world.told("schedule.realigned", put_off).await, 1);
    assert_eq!(store.schedules_realign().await.unwrap(), 0);
    world.chains_hold().await;
}

pub async fn b02_a_schedule_follows_a_law_of_time_that_has_moved_its_slots(db: Arc<Database>) {
    let world = World::new(&db).await;
    let now = world.store.now().await.unwrap();
    let schedules = [world.nightly().await, world.nightly().await];
    let own = world.schedule(schedules[0]).await.next_at.unwrap();
    // Worked out under another law, before and after what is the slot by the law as it is now.
    let old = [now.plus(own.since(now) / 2), own.plus(HOUR)];
    for (id, old) in schedules.into_iter().zip(old) {
        world.set_next(id, old).await;
    }
    assert_eq!(world.store.schedules_realign().await.unwrap(), 2);
    for id in schedules {
        assert_eq!(world.schedule(id).await.next_at, Some(own));
        assert_eq!(world.told("schedule.realigned", id).await, 1);
        assert!(world.slots(id).await.is_empty());
    }
    // Another version with another law would have it where it was: it is not put to and fro.
    world.set_next(schedules[0], old[0]).await;
    assert_eq!(world.store.schedules_realign().await.unwrap(), 0);
}
