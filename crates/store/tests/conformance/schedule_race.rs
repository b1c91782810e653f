//! A schedule changed at the same time as the claim of its slot (L-04): audit sequences tell who was first.

use std::sync::Arc;

use domain::{ids::ScheduleId, time::SECOND};
use tokio::sync::Barrier;

use crate::{
    database::Database,
    race::{Border, step_aside},
    schedules::draft,
    world::{World, worker},
};

const ROUNDS: usize = 180;

/// What is done to the schedule, and the entry it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Edited,
    Paused,
    Deleted,
}

const CHANGES: [Change; 3] = [Change::Edited, Change::Paused, Change::Deleted];

impl Change {
    const fn action(self) -> &'static str {
        match self {
            Self::Edited => "schedule.changed",
            Self::Paused => "schedule.paused",
            Self::Deleted => "schedule.deleted",
        }
    }

    async fn make(self, world: &World, id: ScheduleId) {
        let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
        match self {
            Self::Edited => {
                let to = draft("Nightly", "05:00", "UTC");
                store.schedule_change(owner, tenant, id, 1, &to).await
            }
            Self::Paused => store.schedule_pause(owner, tenant, id).await,
            Self::Deleted => store.schedule_delete(owner, tenant, id).await,
        }
        .unwrap();
    }
}

pub async fn l04_a_change_of_a_schedule_before_the_start_is_always_seen(db: Arc<Database>) {
    let world = Arc::new(World::new(&db).await);
    // A second process, with connections of its own.
    let elsewhere = db.another_store().await;
    let (mut started_first, mut changed_first) = (0, 0);
    let mut borders = CHANGES.map(|_| Border::default());
    for round in 0..ROUNDS {
        let change = CHANGES[round % CHANGES.len()];
        let border = &mut borders[round % CHANGES.len()];
        let (changing_waits, starting_waits) = (border.one_waits(), border.other_waits());
        let id = world.nightly().await;
        world.move_next(id, -SECOND).await;
        assert_eq!(world.tick().await.runs, 1, "round {round}");
        let run = world.slots(id).await[0].run_id.unwrap();
        let line = Arc::new(Barrier::new(2));
        let changing = {
            let (world, line) = (world.clone(), line.clone());
            tokio::spawn(async move {
                line.wait().await;
                step_aside(&world.store, changing_waits).await;
                change.make(&world, id).await;
            })
        };
        let starting = {
            let (store, line) = (elsewhere.clone(), line.clone());
            tokio::spawn(async move {
                line.wait().await;
                step_aside(&store, starting_waits).await;
                store.runs_start(worker(), 5).await.unwrap()
            })
        };
        changing.await.unwrap();
        let mut started = starting.await.unwrap();
        assert_eq!(
            started.running.len() + started.refused.len(),
            1,
            "round {round}"
        );

        let access = world.store.run(&world.owner, run).await.unwrap();
        let decision = world.store.run_decisions(&access).await.unwrap().remove(0);
        let last = async |condition: String| {
            let query = format!("select max(sequence) from audit_log where {condition}");
            db.raw.int(&query).await.unwrap()
        };
        let subject = db.id(id.as_uuid());
        let changed = format!("subject_id = {subject} and action = '{}'", change.action());
        let changed = last(changed).await;
        let decided = last(format!("run_id = {}", db.id(run.as_uuid()))).await;
        let read = decision.evidence.schedule_revision;
        border.follow(changed < decided);
        if changed < decided {
            changed_first += 1;
            assert!(
                !decision.allowed,
                "round {round}: {change:?} was committed before the start"
            );
            assert_eq!(
                read,
                Some(2),
                "round {round}: {change:?} read the row from before"
            );
        } else {
            started_first += 1;
            assert!(
                decision.allowed,
                "round {round}: refused for what had not happened"
            );
            assert_eq!(read, Some(1), "round {round}: {change:?}");
        }
        if let Some(running) = started.running.pop() {
            world.succeed(running).await;
        }
    }
    println!(
        "{:?}: {ROUNDS} rounds, start first {started_first}, change first {changed_first}",
        db.dialect
    );
    assert!(started_first > 0 && changed_first > 0);
    elsewhere.close().await;
    let verdicts = world.store.audit_verify().await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken_at.is_none()));
}
