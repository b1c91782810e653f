//! What becomes of a slot: run, skipped, missed, refused (B-02).

use std::sync::Arc;

use domain::{
    capability::Role,
    lifecycle::TenantLifecycle,
    operation::OperationType,
    reason::{ReasonCode, ReasonDetail},
    run::RunOutcome,
    schedule::{SkipReason, SlotFate},
    time::{DAY, HOUR, SECOND},
};
use store::{BUSY_WAIT, Ticked};

use crate::{
    database::Database,
    schedules::draft,
    world::{World, accepted, worker},
};

use super::ONE_RUN;

pub async fn b02_a_slot_is_skipped_while_the_same_is_active(db: Arc<Database>) {
    let world = World::new(&db).await;
    let id = world.nightly().await;
    let first = world.slot_run(id).await;
    let at = world.move_next(id, -SECOND).await;
    let skipped = Ticked {
        skipped: 1,
        ..Ticked::default()
    };
    assert_eq!(world.tick().await, skipped);
    let slot = world.slots(id).await.remove(0);
    assert_eq!((slot.slot_at, slot.fate), (at, SlotFate::Skipped));
    assert_eq!(
        (slot.reason, slot.run_id),
        (Some(SkipReason::StillActive), Some(first))
    );
    assert_eq!(world.told("schedule.slot_skipped", id).await, 1);
    assert!(world.schedule(id).await.next_at.unwrap() > at);
    // A person's own sync, however it was started, is the same operation.
    world.succeed(world.start_one().await).await;
    let schedule = world.schedule(id).await;
    let by_hand = world
        .store
        .run_request_now(&world.owner, &world.tenant, &schedule);
    let by_hand = accepted(by_hand.await.unwrap());
    world.move_next(id, -SECOND).await;
    assert_eq!(world.tick().await, skipped);
    assert_eq!(world.slots(id).await[0].run_id, Some(by_hand));
}

pub async fn b02_a_slot_waits_for_the_connection_and_is_skipped_then(db: Arc<Database>) {
    let world = World::new(&db).await;
    let id = world.nightly().await;
    let check = accepted(
        world
            .ask(&world.owner, OperationType::ConnectionCheck)
            .await,
    );
    let waiting = Ticked {
        waiting: 1,
        ..Ticked::default()
    };
    let at = world.move_next(id, -SECOND).await;
    for _ in 0..2 {
        assert_eq!(world.tick().await, waiting);
        assert!(world.slots(id).await.is_empty());
        let schedule = world.schedule(id).await;
        assert_eq!(schedule.next_at, Some(at));
        let held_by = world.store.schedule_waits_for(&schedule).await;
        assert_eq!(held_by.unwrap(), Some(check));
    }
    // The connection is free again before the wait is over.
    world.succeed(world.start_one().await).await;
    let schedule = world.schedule(id).await;
    let held_by = world.store.schedule_waits_for(&schedule).await;
    assert_eq!(held_by.unwrap(), None);
    assert_eq!(world.tick().await, ONE_RUN);
    assert_eq!(world.slots(id).await[0].slot_at, at);
    world.succeed(world.start_one().await).await;

    let second = accepted(
        world
            .ask(&world.owner, OperationType::ConnectionCheck)
            .await,
    );
    assert_ne!(check, second);
    world.move_next(id, -BUSY_WAIT).await;
    assert_eq!(world.tick().await.skipped, 1);
    let slot = world.slots(id).await.remove(0);
    // The newest slot by its own time is the first one; the skipped one lies before it.
    let slot = if slot.fate == SlotFate::Skipped {
        slot
    } else {
        world.slots(id).await.remove(1)
    };
    assert_eq!(
        (slot.reason, slot.run_id),
        (Some(SkipReason::ConnectionBusy), Some(second))
    );
}

pub async fn b02_missed_slots_are_told_and_not_caught_up(db: Arc<Database>) {
    let world = World::new(&db).await;
    let id = world.nightly().await;
    // Nobody was there for three days; the newest slot is hours old, too.
    let now = world.store.now().await.unwrap();
    let slots = world.schedule(id).await;
    let first = slots.next_at.unwrap().plus(-3 * DAY);
    world.set_next(id, first).await;
    let ticked = world.tick().await;
    let slots = world.slots(id).await;
    assert_eq!(
        ticked.missed,
        slots
            .iter()
            .filter(|slot| slot.fate == SlotFate::Missed)
            .count()
    );
    assert!((2..=3).contains(&ticked.missed), "{ticked:?}");
    assert_eq!(ticked.runs, slots.len() - ticked.missed);
    assert_eq!(world.told("schedule.slot_missed", id).await, 1);
    assert!(world.schedule(id).await.next_at.unwrap() > now);
    assert_eq!(world.tick().await, Ticked::default());

    // A year: a bounded number of lines, the first of which says how many it stands for.
    let other = draft("Other", "12:00", "UTC");
    let other = world
        .store
        .schedule_create(&world.owner, &world.tenant, &other)
        .await
        .unwrap();
    world.move_next(other, -365 * DAY - HOUR).await;
    let ticked = world.tick().await;
    let slots = world.slots(other).await;
    assert!(ticked.missed >= 364, "{ticked:?}");
    assert!(
        slots.len() <= timetable::MISSED_LINES + 2,
        "{}",
        slots.len()
    );
    let oldest = slots.last().unwrap();
    assert!(oldest.slots > 300 && oldest.last_slot_at > oldest.slot_at);
}

pub async fn r07_a_slot_that_circumstances_refuse_leaves_a_blocked_run(db: Arc<Database>) {
    let world = World::new(&db).await;
    let id = world.nightly().await;
    world.lifecycle(TenantLifecycle::Archived).await;
    let run = world.slot_run(id).await;
    let row = world.store.run(&world.owner, run).await.unwrap();
    assert_eq!(row.run().state.outcome, RunOutcome::Blocked);
    assert_eq!(
        row.run().refusal_code(),
        Some(ReasonCode::TenantNotOperable)
    );
    assert_eq!(world.count("notifications", run).await, 0);
    assert_eq!(world.audited("run.blocked", run).await, 1);
}

pub async fn l02_a_slot_queued_before_a_change_is_refused(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
    let id = world.nightly().await;
    // A name alone changes nothing about what runs.
    world.slot_run(id).await;
    let renamed = draft("Renamed", "02:30", "Europe/Berlin");
    store
        .schedule_change(owner, tenant, id, 1, &renamed)
        .await
        .unwrap();
    world.succeed(world.start_one().await).await;
    for round in 0..4 {
        let run = world.slot_run(id).await;
        let revision = world.schedule(id).await.revision;
        let version = world.schedule(id).await.version;
        match round {
            0 => {
                let moved = draft("Renamed", "04:00", "Europe/Berlin");
                store
                    .schedule_change(owner, tenant, id, version, &moved)
                    .await
                    .unwrap();
            }
            1 => store.schedule_pause(owner, tenant, id).await.unwrap(),
            // Paused and resumed: what was queued before the pause is still not meant.
            2 => {
                store.schedule_pause(owner, tenant, id).await.unwrap();
                store.schedule_resume(owner, tenant, id).await.unwrap();
            }
            _ => store.schedule_delete(owner, tenant, id).await.unwrap(),
        }
        let started = store.runs_start(worker(), 10).await.unwrap();
        assert_eq!(
            (started.running.len(), started.refused.len()),
            (0, 1),
            "round {round}"
        );
        let access = store.run(owner, run).await.unwrap();
        let decision = store.run_decisions(&access).await.unwrap().remove(0);
        assert_eq!(
            decision.reason_code,
            Some(ReasonCode::ExecutionPrerequisiteInvalid)
        );
        assert_eq!(
            decision.reason_detail,
            Some(ReasonDetail::ScheduleRevisionStale)
        );
        assert!(decision.evidence.schedule_revision.unwrap() > revision);
        assert_eq!(access.run().state.outcome, RunOutcome::Blocked);
        assert!(access.run().started_at.is_none());
        // What the page says about it is found by the schedule's own entries.
        let changes = store
            .run_changes_until(&access, decision.decided_at)
            .await
            .unwrap();
        assert!(changes[0].action.starts_with("schedule."), "{changes:?}");
        if round == 1 {
            store.schedule_resume(owner, tenant, id).await.unwrap();
        }
    }
    // A person who may no longer look at the tenant does not see its schedules either.
    let reader = world
        .person("reader", Some(Role::Operator), Some(Role::Readonly))
        .await;
    let seen = store.tenant(&reader, tenant.id()).await.unwrap();
    assert!(store.schedules(&seen).await.unwrap().is_empty());
}

pub async fn b02_slots_that_have_come_are_told_when_their_schedule_is_changed(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
    // Nobody was there for four days. The newest of the slots may have come just now, at noon.
    let overdue = async |id| {
        let next = world.schedule(id).await.next_at.unwrap();
        world.set_next(id, next.plus(-4 * DAY)).await;
    };
    let all_are_told = async |id| {
        let slots = world.slots(id).await;
        let of = |fate| slots.iter().filter(|slot| slot.fate == fate).count();
        let (missed, skipped) = (of(SlotFate::Missed), of(SlotFate::Skipped));
        assert!(missed >= 3 && missed + skipped >= 4, "{slots:?}");
        assert_eq!(missed + skipped, slots.len());
        assert_eq!(world.told("schedule.slot_missed", id).await, 1);
    };
    let paused = draft("Paused", "12:00", "UTC");
    let paused = store.schedule_create(owner, tenant, &paused).await.unwrap();
    overdue(paused).await;
    store.schedule_pause(owner, tenant, paused).await.unwrap();
    all_are_told(paused).await;

    let changed = draft("Changed", "12:00", "UTC");
    let id = store
        .schedule_create(owner, tenant, &changed)
        .await
        .unwrap();
    overdue(id).await;
    let seen = world.schedule(id).await.version;
    // A name alone moves no slot, and leaves them to who decides about them.
    let renamed = draft("Renamed", "12:00", "UTC");
    store
        .schedule_change(owner, tenant, id, seen, &renamed)
        .await
        .unwrap();
    assert!(world.slots(id).await.is_empty());
    let moved = draft("Renamed", "13:00", "UTC");
    store
        .schedule_change(owner, tenant, id, seen + 1, &moved)
        .await
        .unwrap();
    all_are_told(id).await;
    assert!(world.schedule(id).await.next_at.unwrap() > store.now().await.unwrap());

    // One that has come just now, and about which nobody has decided yet.
    let late = draft("Late", "12:00", "UTC");
    let late = store.schedule_create(owner, tenant, &late).await.unwrap();
    world.move_next(late, -1).await;
    store.schedule_pause(owner, tenant, late).await.unwrap();
    let slots = world.slots(late).await;
    let reasons: Vec<_> = slots.iter().map(|slot| (slot.fate, slot.reason)).collect();
    assert_eq!(reasons, [(SlotFate::Skipped, Some(SkipReason::Changed))]);
    assert_eq!(world.told("schedule.slot_skipped", late).await, 1);
    assert_eq!(world.tick().await, Ticked::default());
}
