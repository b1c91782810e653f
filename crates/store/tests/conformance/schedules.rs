//! Schedules made, changed and ended by people (B-02).

use std::sync::Arc;

use domain::{
    capability::Role,
    ids::{RunId, ScheduleId},
    operation::OperationType,
    schedule::{Cadence, Days, ScheduleRule, ScheduleState, WallTime, Weekday},
    time::Timestamp,
};
use store::{Requested, Schedule, ScheduleDraft, StoreError};
use timetable::Timetable;

use crate::{
    database::Database,
    world::{World, accepted, strangers},
};

pub fn draft(name: &str, time: &str, zone: &str) -> ScheduleDraft {
    let rule = ScheduleRule {
        cadence: Cadence::Daily,
        time: WallTime::parse(time).unwrap(),
        zone: zone.to_owned(),
    };
    ScheduleDraft {
        name: name.to_owned(),
        operation: OperationType::InventorySync,
        timetable: Timetable::of(rule).unwrap(),
    }
}

impl World {
    /// A daily sync of the tenant, by its owner.
    pub async fn nightly(&self) -> ScheduleId {
        let draft = draft("Nightly", "02:30", "Europe/Berlin");
        self.store
            .schedule_create(&self.owner, &self.tenant, &draft)
            .await
            .unwrap()
    }

    pub async fn schedule(&self, id: ScheduleId) -> Schedule {
        self.store.schedule(&self.tenant, id).await.unwrap()
    }

    /// Lets the slot that comes next be this far from now, by the database's clock.
    pub async fn move_next(&self, id: ScheduleId, from_now: i64) -> Timestamp {
        let at = self.store.now().await.unwrap().plus(from_now);
        self.set_next(id, at).await;
        at
    }

    pub async fn set_next(&self, id: ScheduleId, at: Timestamp) {
        store::conformance::slot_comes(&self.store, id, at)
            .await
            .unwrap();
    }

    /// How many entries with an action are about a schedule.
    pub async fn told(&self, action: &str, id: ScheduleId) -> i64 {
        let id = self.db.id(id.as_uuid());
        let sql = format!(
            "select count(*) from audit_log where subject_id = {id} and action = '{action}'"
        );
        self.db.raw.int(&sql).await.unwrap()
    }
}

pub async fn b02_a_schedule_is_made_changed_and_ended(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
    let id = world.nightly().await;
    let made = world.schedule(id).await;
    let now = store.now().await.unwrap();
    assert_eq!(
        (made.state, made.revision, made.version),
        (ScheduleState::Active, 1, 1)
    );
    assert_eq!(made.rule.in_words(), "Every day at 02:30 in Europe/Berlin");
    let timetable = Timetable::of(made.rule.clone()).unwrap();
    assert_eq!(made.next_at, timetable.after(now));
    assert_eq!(store.schedules(tenant).await.unwrap().len(), 1);

    let weekly = ScheduleRule {
        cadence: Cadence::Weekly(Days::of([Weekday::Sunday])),
        time: WallTime::parse("23:45").unwrap(),
        zone: "Pacific/Auckland".to_owned(),
    };
    let to = ScheduleDraft {
        name: "Weekly".to_owned(),
        operation: OperationType::InventorySync,
        timetable: Timetable::of(weekly.clone()).unwrap(),
    };
    store
        .schedule_change(owner, tenant, id, 1, &to)
        .await
        .unwrap();
    // Somebody who still looks at the first version changes nothing.
    let late = store
        .schedule_change(owner, tenant, id, 1, &draft("Late", "00:00", "UTC"))
        .await;
    assert!(matches!(late, Err(StoreError::Conflict)));
    let changed = world.schedule(id).await;
    assert_eq!(
        (changed.name.as_str(), changed.revision, changed.version),
        ("Weekly", 2, 2)
    );
    assert_eq!(
        (&changed.rule, changed.next_at),
        (&weekly, to.timetable.after(now))
    );

    store.schedule_pause(owner, tenant, id).await.unwrap();
    let again = store.schedule_pause(owner, tenant, id).await;
    assert!(matches!(again, Err(StoreError::Conflict)));
    let paused = world.schedule(id).await;
    assert_eq!(
        (paused.state, paused.revision, paused.next_at),
        (ScheduleState::Paused, 3, None)
    );
    store.schedule_resume(owner, tenant, id).await.unwrap();
    let resumed = world.schedule(id).await;
    assert_eq!(
        (resumed.state, resumed.revision),
        (ScheduleState::Active, 4)
    );
    assert_eq!(resumed.next_at, to.timetable.after(now));

    // Nobody reaches it from another workspace's tenant.
    let (stranger, _, other) = strangers(store).await;
    let elsewhere = store.schedule_pause(&stranger, &other, id).await;
    assert!(matches!(elsewhere, Err(StoreError::NotFound)));
    assert!(matches!(
        store.schedule(&other, id).await,
        Err(StoreError::NotFound)
    ));
    assert!(store.schedules(&other).await.unwrap().is_empty());

    store.schedule_delete(owner, tenant, id).await.unwrap();
    assert!(store.schedules(tenant).await.unwrap().is_empty());
    let gone = world.schedule(id).await;
    assert_eq!(
        (gone.state, gone.revision, gone.next_at),
        (ScheduleState::Deleted, 5, None)
    );
    for late in [
        store.schedule_delete(owner, tenant, id).await,
        store.schedule_resume(owner, tenant, id).await,
        store.schedule_change(owner, tenant, id, 5, &to).await,
    ] {
        assert!(matches!(late, Err(StoreError::NotFound)));
    }
    for (action, count) in [
        ("schedule.created", 1),
        ("schedule.changed", 1),
        ("schedule.paused", 1),
        ("schedule.resumed", 1),
        ("schedule.deleted", 1),
    ] {
        assert_eq!(world.told(action, id).await, count, "{action}");
    }
    let delete = format!("delete from schedules where id = {}", db.id(id.as_uuid()));
    assert!(db.raw.try_run(&delete).await.is_err());
}

pub async fn l06_what_lasts_is_not_made_by_who_has_lost_it_meanwhile(db: Arc<Database>) {
    let world = World::new(&db).await;
    let operator = world.operator("operator").await;
    let (store, user) = (&world.store, operator.user_id());
    let id = world.nightly().await;
    let seen = store.tenant(&operator, world.tenant.id()).await.unwrap();
    let new = draft("Mine", "03:00", "UTC");
    let tries = async || {
        let version = world.schedule(id).await.version;
        [
            store
                .schedule_create(&operator, &seen, &new)
                .await
                .map(drop),
            store
                .schedule_change(&operator, &seen, id, version, &new)
                .await,
            store.schedule_pause(&operator, &seen, id).await,
            store.queue_pause_set(&operator, &seen).await,
            store.queue_resume(&operator, &seen).await,
        ]
    };
    let lowered = store.tenant_role_set(&world.owner, &world.tenant, user, Role::Readonly);
    lowered.await.unwrap();
    for answer in tries().await {
        assert!(matches!(answer, Err(StoreError::Conflict)), "{answer:?}");
    }
    let removed = store.tenant_member_remove(&world.owner, &world.tenant, user);
    removed.await.unwrap();
    for answer in tries().await {
        assert!(matches!(answer, Err(StoreError::NotFound)), "{answer:?}");
    }
    let schedules = store.schedules(&world.tenant).await.unwrap();
    assert_eq!(schedules.len(), 1);
    assert_eq!(
        (schedules[0].revision, schedules[0].state),
        (1, ScheduleState::Active)
    );
}

pub async fn b02_a_name_makes_no_new_revision(db: Arc<Database>) {
    let world = World::new(&db).await;
    let id = world.nightly().await;
    let before = world.schedule(id).await;
    let to = draft("Nightly sync", "02:30", "Europe/Berlin");
    world
        .store
        .schedule_change(&world.owner, &world.tenant, id, 1, &to)
        .await
        .unwrap();
    let after = world.schedule(id).await;
    assert_eq!((after.name.as_str(), after.version), ("Nightly sync", 2));
    assert_eq!(
        (after.revision, after.next_at),
        (before.revision, before.next_at)
    );
}

pub async fn r05_every_press_of_run_now_is_a_run_of_its_own(db: Arc<Database>) {
    let world = World::new(&db).await;
    let operator = world.operator("operator").await;
    let id = world.nightly().await;
    // A pause stops the slots, not the people.
    world
        .store
        .schedule_pause(&world.owner, &world.tenant, id)
        .await
        .unwrap();
    let schedule = world.schedule(id).await;
    let press = async || {
        let pressed = world
            .store
            .run_request_now(&operator, &world.tenant, &schedule);
        pressed.await.unwrap()
    };
    let first: RunId = accepted(press().await);
    // The connection takes one run at a time: the second press is told who uses it, and is not taken for the first.
    assert_eq!(press().await, Requested::ScopeBusy(first));
    world.succeed(world.start_one().await).await;
    let second = accepted(press().await);
    assert_ne!(first, second);
    world.succeed(world.start_one().await).await;
    // They fill no slot, so they are not among the runs of slots.
    let of_slots = world.store.schedule_runs(&schedule, 10).await.unwrap();
    assert!(of_slots.is_empty(), "{of_slots:?}");
    let runs = world.store.schedule_runs_by_hand(&schedule, 10);
    let runs = runs.await.unwrap();
    assert_eq!(
        runs.iter().map(|run| run.id).collect::<Vec<_>>(),
        [second, first]
    );
    for run in runs {
        assert_eq!(run.user_id, Some(operator.user_id()));
        assert_eq!((run.schedule_id, run.slot_at), (Some(id), None));
        assert!(run.context.contains(&id.to_string()));
    }
}
