//! Bulk verification: one run over chosen tenants, each by a gated run of its own (B-07, L-09).

mod asking;
mod life;
mod sight;

use domain::{
    bulk::BulkState,
    ids::{RunId, TenantId, WorkerId},
    lifecycle::TenantLifecycle,
    views::{RunView, StartResult},
};
use operations::Scope;

use crate::world::World;

/// Tenants in service, all of them connected to the directory of the first.
async fn tenants(world: &World, count: usize) -> Vec<TenantId> {
    let seed = &world.sites[0].seed;
    let mut made = Vec::new();
    for number in 0..count {
        let name = format!("Customer {number:02}");
        let id = world
            .tenant(&world.owner, &name, TenantLifecycle::Active)
            .await;
        world
            .connect(&world.owner, id, seed, &seed.client_secret)
            .await;
        made.push(id);
    }
    made
}

async fn select(world: &World, person: &Scope, tenants: &[TenantId]) -> String {
    let chosen: Vec<_> = tenants.iter().map(ToString::to_string).collect();
    let id = world.services.verify_select(person, &chosen).await.unwrap();
    id.to_string()
}

async fn ask(world: &World, person: &Scope, tenants: &[TenantId]) -> RunId {
    let selection = select(world, person, tenants).await;
    let answer = world.services.verify_start(person, &selection).await;
    let answer = answer.unwrap();
    assert_eq!(answer.result, StartResult::Accepted);
    answer.run_id
}

fn states(view: &RunView) -> Vec<BulkState> {
    let items = view.bulk.as_ref().unwrap();
    items.iter().map(|item| item.state).collect()
}

fn count(view: &RunView, label: &str) -> u64 {
    let found = view.counts.iter().find(|(known, _)| known == label);
    found.unwrap_or_else(|| panic!("no count {label}")).1
}

/// Starts the bulk that waits, as a worker would, without a worker going on with it.
async fn start(world: &World) -> policy::Running {
    let worker = WorkerId::from_uuid(uuid::Uuid::now_v7());
    let store = world.services.store();
    let mut started = store.runs_start(worker, 1).await.unwrap();
    assert!(started.refused.is_empty());
    started.running.pop().unwrap()
}
