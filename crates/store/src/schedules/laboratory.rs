//! Slots that come when a trial of faults wants them: only a laboratory's database takes them.

use domain::{ids::ScheduleId, operation::Habitat, time::Timestamp};

use crate::{
    Store,
    error::StoreError,
    sql::{Statement, args, same},
};

pub(crate) static SLOT_COMES: Statement = same(
    "laboratory_slot_comes",
    "update schedules set next_at = $2 where id = $1",
);

impl Store {
    /// Lets a schedule's next slot be at a moment of the trial's choosing.
    ///
    /// # Errors
    /// `Conflict` in a database that people use.
    pub async fn lab_slot_comes(
        &self,
        schedule: ScheduleId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if self.habitat() != Habitat::Laboratory {
            return Err(StoreError::Conflict);
        }
        let mut tx = self.db.write().await?;
        tx.execute(&SLOT_COMES, args![schedule, at]).await?;
        tx.commit().await
    }
}
