//! Every combination of the list's filters against what the rows themselves say.

use std::sync::Arc;

use domain::{ids::RunId, operation::OperationType::InventorySync, time::Timestamp};
use store::{RunFilter, RunOrder, RunRow, TenantAccess};
use uuid::Uuid;

use crate::{
    database::Database,
    world::{World, accepted},
};

/// Writes a run that is over by raw SQL, of one outcome, type and person after the other.
async fn ended(world: &World, tenant: &TenantAccess, index: usize) {
    let db = &world.db;
    let outcome = ["failed", "cancelled", "blocked", "succeeded"][index % 4];
    let operation = ["provider.connection.check", "inventory.sync"][index % 2];
    let (mode, person) = match index.is_multiple_of(3) {
        true => ("actor_bound", db.id(world.owner.user_id().as_uuid())),
        false => ("system_authority", "null".to_owned()),
    };
    // Several at one moment: the id decides then.
    let at = 10 + index / 4;
    let (ws, _) = world.owner_ids();
    let sql = format!(
        "insert into operation_runs (workspace_id, tenant_id, id, type, status, outcome, authority_mode, user_id,
           initiator_name, required_capability, identity_hash, context, queued_at, started_at, completed_at, updated_at)
         values ({ws}, {}, {}, '{operation}', 'completed', '{outcome}', '{mode}', {person}, 'Somebody',
           'operations.start', {}, '{{}}', {at}, {at}, {at}, {at})",
        db.id(tenant.id().as_uuid()),
        db.id(Uuid::now_v7()),
        db.bytes("00"),
    );
    db.raw.run(&sql).await;
}

/// PostgreSQL reads runs that are over from one table, those that are not from another, and the rest from a third.
pub async fn every_combination_of_filters_finds_what_fits(db: Arc<Database>) {
    let world = World::new(&db).await;
    let second = world.another_tenant("Second tenant").await;
    for index in 0..24 {
        let tenant = if index % 5 == 0 {
            &second
        } else {
            &world.tenant
        };
        ended(&world, tenant, index).await;
    }
    world.running(&world.owner, InventorySync).await;
    accepted(world.ask_in(&world.owner, &second, InventorySync).await);
    let all_of = async |filter: &RunFilter| {
        let tenants = [world.tenant.clone(), second.clone()];
        let page = (world.store).runs(&world.owner, &world.workspace, &tenants, filter, 100);
        page.await.unwrap().rows
    };
    let every = all_of(&RunFilter::default()).await;
    assert_eq!(every.len(), 24 + 2);

    let states: [&[&'static str]; 6] = [
        &[],
        &["queued"],
        &["queued", "running"],
        &["failed"],
        &["running", "succeeded", "blocked"],
        &["partially_succeeded"],
    ];
    let (mine, nobodys) = (vec![world.owner.user_id()], Vec::new());
    for states in states {
        for operations in [vec![], vec![InventorySync]] {
            for (initiators, by_system) in [(&nobodys, false), (&mine, false), (&nobodys, true)] {
                for since in [None, Some(Timestamp(12))] {
                    for order in [RunOrder::Newest, RunOrder::Oldest] {
                        let filter = RunFilter {
                            states: states.to_vec(),
                            operations: operations.clone(),
                            initiators: initiators.clone(),
                            by_system,
                            since,
                            order,
                            ..RunFilter::default()
                        };
                        let fits = |row: &&RunRow| {
                            (states.is_empty() || states.contains(&row.state.word()))
                                && (operations.is_empty()
                                    || operations
                                        .iter()
                                        .any(|it| it.as_str() == row.operation_code))
                                && (initiators.is_empty() || row.user_id == Some(mine[0]))
                                && (!by_system || row.user_id.is_none())
                                && since.is_none_or(|since| row.queued_at >= since)
                        };
                        let mut expected: Vec<_> =
                            every.iter().filter(fits).map(|row| row.id).collect();
                        if order == RunOrder::Oldest {
                            expected.reverse();
                        }
                        let found: Vec<_> =
                            all_of(&filter).await.iter().map(|row| row.id).collect();
                        assert_eq!(found, expected, "{filter:?}");
                        assert_eq!(
                            by_pages(&world, &second, &filter).await,
                            expected,
                            "{filter:?}"
                        );
                        let tenants = [world.tenant.clone(), second.clone()];
                        let count = (world.store)
                            .runs_count(&world.owner, &world.workspace, &tenants, &filter, 1000)
                            .await;
                        assert_eq!(usize::try_from(count.unwrap()).unwrap(), expected.len());
                    }
                }
            }
        }
    }
}

/// The same read by pages of five.
async fn by_pages(world: &World, second: &TenantAccess, filter: &RunFilter) -> Vec<RunId> {
    let tenants = [world.tenant.clone(), second.clone()];
    let (mut filter, mut seen) = (filter.clone(), Vec::new());
    loop {
        let page = (world.store).runs(&world.owner, &world.workspace, &tenants, &filter, 5);
        let page = page.await.unwrap();
        seen.extend(page.rows.iter().map(|row| row.id));
        filter.after = page.next;
        if page.next.is_none() {
            return seen;
        }
    }
}
