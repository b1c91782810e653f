//! The operations list: filters, orders, pages, and what never shows.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    capability::Role,
    ids::{RunId, TenantId},
    operation::OperationType::{ConnectionCheck, InventorySync},
    time::Timestamp,
};
use store::{Named, RunFilter, RunOrder, Scope, TenantAccess};
use uuid::Uuid;

use crate::{
    database::Database,
    world::{World, accepted, strangers},
};

async fn all(world: &World, scope: &Scope, filter: &RunFilter) -> Vec<RunId> {
    let tenants = world.store.tenants(scope, &world.workspace).await.unwrap();
    let Ok(workspace) = world.store.workspace(scope, world.workspace.id()).await else {
        return Vec::new();
    };
    let page = world
        .store
        .runs(scope, &workspace, &tenants, filter, 100)
        .await
        .unwrap();
    let count = world
        .store
        .runs_count(scope, &workspace, &tenants, filter, 1000)
        .await
        .unwrap();
    assert_eq!(
        usize::try_from(count).unwrap(),
        page.rows.len(),
        "the count fits the list"
    );
    assert_eq!(page.next, None);
    page.rows.iter().map(|row| row.id).collect()
}

/// Writes an ended run by raw SQL, asked for at a moment of the test's choice.
async fn ended_run(world: &World, tenant: Option<&TenantAccess>, queued_at: i64) -> RunId {
    let (db, id) = (&world.db, RunId::from_uuid(Uuid::now_v7()));
    let (ws, _) = world.owner_ids();
    let tenant = tenant.map_or("null".to_owned(), |t| db.id(t.id().as_uuid()));
    let sql = format!(
        "insert into operation_runs (workspace_id, tenant_id, id, type, status, outcome, authority_mode, initiator_name,
           required_capability, identity_hash, context, queued_at, completed_at, updated_at)
         values ({ws}, {tenant}, {}, 'provider.connection.check', 'completed', 'failed', 'system_authority', 'System',
           'providers.run_ops', {}, '{{}}', {queued_at}, {queued_at}, {queued_at})",
        db.id(id.as_uuid()),
        db.bytes("00"),
    );
    db.raw.run(&sql).await;
    id
}

pub async fn every_row_comes_once_in_either_order(db: Arc<Database>) {
    let world = World::new(&db).await;
    let mut expected = Vec::new();
    // Many at one moment: the id decides then, and a page border lies among them.
    for index in 0..23 {
        let queued_at = 1000 + index / 5;
        let tenant = (index % 3 > 0).then_some(&world.tenant);
        let id = ended_run(&world, tenant, queued_at).await;
        expected.push((Timestamp(queued_at), id));
    }
    expected.sort_by_key(|(at, id)| (*at, *id.as_uuid().as_bytes()));
    let tenants = [world.tenant.clone()];
    for order in [RunOrder::Oldest, RunOrder::Newest] {
        let mut filter = RunFilter {
            order,
            ..RunFilter::default()
        };
        let (mut seen, mut pages) = (Vec::new(), 0);
        loop {
            let page = world
                .store
                .runs(&world.owner, &world.workspace, &tenants, &filter, 4)
                .await
                .unwrap();
            seen.extend(page.rows.iter().map(|row| (row.queued_at, row.id)));
            pages += 1;
            if page.next.is_none() {
                break;
            }
            filter.after = page.next;
        }
        if order == RunOrder::Newest {
            seen.reverse();
        }
        assert_eq!(seen, expected, "{order:?}");
        assert_eq!(pages, 6);
    }
    let filter = RunFilter::default();
    let capped = world
        .store
        .runs_count(&world.owner, &world.workspace, &tenants, &filter, 10)
        .await;
    assert_eq!(capped.unwrap(), 10);
}

pub async fn filters_narrow_and_never_widen(db: Arc<Database>) {
    let world = World::new(&db).await;
    let operator = world.operator("50%_\\ Operator").await;
    let second = world.another_tenant("Second tenant").await;
    let mine = accepted(world.ask(&operator, InventorySync).await);
    let theirs = accepted(world.ask_in(&world.owner, &second, ConnectionCheck).await);
    let old = ended_run(&world, Some(&world.tenant), 5).await;
    let tenantless = ended_run(&world, None, 4).await;
    let show = async |filter: RunFilter| all(&world, &world.owner, &filter).await;
    let base = RunFilter::default;

    assert_eq!(show(base()).await, [theirs, mine, old, tenantless]);
    let tenants = vec![second.id()];
    assert_eq!(show(RunFilter { tenants, ..base() }).await, [theirs]);
    let states = vec!["queued"];
    assert_eq!(show(RunFilter { states, ..base() }).await, [theirs, mine]);
    let states = vec!["failed", "blocked"];
    assert_eq!(
        show(RunFilter { states, ..base() }).await,
        [old, tenantless]
    );
    let operations = vec![InventorySync];
    assert_eq!(
        show(RunFilter {
            operations,
            ..base()
        })
        .await,
        [mine]
    );
    let initiators = vec![operator.user_id()];
    assert_eq!(
        show(RunFilter {
            initiators,
            ..base()
        })
        .await,
        [mine]
    );
    let by_system = RunFilter {
        by_system: true,
        ..base()
    };
    assert_eq!(show(by_system).await, [old, tenantless]);
    let run = Some(old);
    assert_eq!(show(RunFilter { run, ..base() }).await, [old]);
    let run = Some(RunId::from_uuid(Uuid::now_v7()));
    assert!(show(RunFilter { run, ..base() }).await.is_empty());
    let since = Some(Timestamp(5));
    assert_eq!(
        show(RunFilter { since, ..base() }).await,
        [theirs, mine, old]
    );
    let tenants = vec![TenantId::from_uuid(Uuid::now_v7())];
    assert!(show(RunFilter { tenants, ..base() }).await.is_empty());
    let both = RunFilter {
        states: vec!["queued"],
        operations: vec![ConnectionCheck],
        tenants: vec![world.tenant.id()],
        ..base()
    };
    assert!(show(both).await.is_empty(), "filters are joined by and");

    let named = async |text| {
        world
            .store
            .initiators_named(&world.workspace, text)
            .await
            .unwrap()
    };
    assert_eq!(named("operator").await, [operator.user_id()]);
    assert_eq!(named("50%_\\").await, [operator.user_id()]);
    assert!(named("5%r").await.is_empty(), "wildcards are plain text");
    assert!(named("_____").await.is_empty());
}

pub async fn a_name_finds_tenants_and_people_alike(db: Arc<Database>) {
    let world = World::new(&db).await;
    let operator = world.operator("operator").await;
    let second = world.another_tenant("Second tenant").await;
    let theirs = accepted(world.ask(&operator, InventorySync).await);
    let here = accepted(world.ask_in(&world.owner, &second, InventorySync).await);
    let old = ended_run(&world, Some(&second), 5).await;
    let elsewhere = ended_run(&world, Some(&world.tenant), 6).await;
    let named = |tenants: &[TenantId], people: &[domain::ids::UserId]| RunFilter {
        named: Some(Named {
            tenants: tenants.to_vec(),
            people: people.to_vec(),
        }),
        ..RunFilter::default()
    };
    let (second, operator) = (second.id(), operator.user_id());
    let show = async |filter: RunFilter| all(&world, &world.owner, &filter).await;
    assert_eq!(
        show(named(&[second], &[operator])).await,
        [here, theirs, old]
    );
    assert_eq!(show(named(&[second], &[])).await, [here, old]);
    assert_eq!(show(named(&[], &[operator])).await, [theirs]);
    assert!(show(named(&[], &[])).await.is_empty());
    // The other filters narrow both halves.
    let mine = RunFilter {
        initiators: vec![world.owner.user_id()],
        ..named(&[second], &[operator])
    };
    assert_eq!(show(mine).await, [here]);
    let by_system = RunFilter {
        by_system: true,
        ..named(&[second], &[operator])
    };
    assert_eq!(show(by_system).await, [old]);
    let tenants = vec![world.tenant.id()];
    let one = RunFilter {
        tenants,
        ..named(&[second], &[operator])
    };
    assert_eq!(show(one).await, [theirs]);
    let running = RunFilter {
        states: vec!["running"],
        ..RunFilter::default()
    };
    assert!(show(running).await.is_empty());
    let every = [here, theirs, elsewhere, old];
    assert_eq!(show(RunFilter::default()).await, every);
}

pub async fn v17_hidden_types_stay_hidden(db: Arc<Database>) {
    let world = World::new(&db).await;
    let second = world.another_tenant("Second tenant").await;
    let reader = world
        .person("reader", Some(Role::Owner), Some(Role::Readonly))
        .await;
    world
        .store
        .tenant_role_set(&world.owner, &second, reader.user_id(), Role::Operator)
        .await
        .unwrap();
    let hidden = accepted(world.ask(&world.owner, InventorySync).await);
    let shown = accepted(world.ask_in(&world.owner, &second, InventorySync).await);
    let old = ended_run(&world, Some(&world.tenant), 5).await;
    assert_eq!(
        all(&world, &reader, &RunFilter::default()).await,
        [shown, old]
    );
    let run = Some(hidden);
    let filter = RunFilter {
        run,
        ..RunFilter::default()
    };
    assert!(all(&world, &reader, &filter).await.is_empty());
    let access = world.store.run(&reader, hidden).await.unwrap();
    assert!(
        access.require_view().is_err(),
        "entitled, without the capability: 403"
    );
}

pub async fn v02_runs_of_other_tenants_never_show(db: Arc<Database>) {
    let world = World::new(&db).await;
    let second = world.another_tenant("Second tenant").await;
    let operator = world.operator("operator").await;
    let (stranger, foreign_workspace, foreign) = strangers(&world.store).await;
    let mine = accepted(world.ask(&operator, InventorySync).await);
    let theirs = accepted(world.ask_in(&world.owner, &second, InventorySync).await);
    let others = accepted(world.ask_in(&stranger, &foreign, InventorySync).await);
    assert_eq!(all(&world, &operator, &RunFilter::default()).await, [mine]);
    for tenants in [vec![second.id()], vec![foreign.id()]] {
        let filter = RunFilter {
            tenants,
            ..RunFilter::default()
        };
        assert!(all(&world, &operator, &filter).await.is_empty());
    }
    for run in [theirs, others] {
        let filter = RunFilter {
            run: Some(run),
            ..RunFilter::default()
        };
        assert!(all(&world, &operator, &filter).await.is_empty());
    }
    // Accesses of two workspaces mixed up show nothing of either's neighbour.
    let page = world
        .store
        .runs(
            &stranger,
            &foreign_workspace,
            &[foreign, second],
            &RunFilter::default(),
            10,
        )
        .await
        .unwrap();
    let seen: BTreeSet<_> = page.rows.iter().map(|row| row.id).collect();
    assert_eq!(seen, BTreeSet::from([others]));
}
