//! Slots that come: one run each, ever, whoever looks and whatever the clock does (R-06, B-02).

mod once;
mod taken;

pub use self::{once::*, taken::*};

use domain::{
    ids::{RunId, ScheduleId},
    schedule::SlotFate,
    time::SECOND,
};
use store::{SlotRow, Ticked};

use crate::world::World;

const ONE_RUN: Ticked = Ticked {
    runs: 1,
    skipped: 0,
    missed: 0,
    waiting: 0,
};

impl World {
    pub async fn tick(&self) -> Ticked {
        self.store.schedules_tick().await.unwrap()
    }

    pub async fn slots(&self, id: ScheduleId) -> Vec<SlotRow> {
        let schedule = self.schedule(id).await;
        self.store.schedule_slots(&schedule, 100).await.unwrap()
    }

    /// The run of a slot that comes now.
    pub async fn slot_run(&self, id: ScheduleId) -> RunId {
        let at = self.move_next(id, -SECOND).await;
        assert_eq!(self.tick().await, ONE_RUN);
        let slots = self.slots(id).await;
        assert_eq!((slots[0].slot_at, slots[0].fate), (at, SlotFate::Run));
        slots[0].run_id.unwrap()
    }
}
