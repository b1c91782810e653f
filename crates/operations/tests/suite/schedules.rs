//! A tenant's schedules as people use them (B-02, R-05, R-12).

mod history;
mod rules;
mod sight;

use domain::{
    time::{SECOND, Timestamp},
    views::ScheduleView,
};
use operations::{ScheduleForm, Scope};
use store::conformance::slot_comes;

use crate::world::{SYNC, World};

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
