//! Versions of scopes: every change of what belongs to a scope moves its own, and no other's.

use std::sync::Arc;

use domain::{
    capability::Role, lifecycle::TenantLifecycle, operation::OperationType::ConnectionCheck,
    summary::SummaryCounts, time::Timestamp, verification::VerificationReport,
};
use store::{InventoryObject, ItemOutcome, TenantAccess, WorkedOutcome};

use crate::{
    database::Database,
    world::{World, accepted, end},
};

async fn version(world: &World, tenant: &TenantAccess) -> i64 {
    let moment = world.store.version_of_tenant(tenant).await.unwrap();
    moment.version
}

pub async fn v14_every_change_in_a_scope_moves_its_version(db: Arc<Database>) {
    let world = World::new(&db).await;
    let other = world.another_tenant("Other tenant").await;
    let operator = world.operator("operator").await;
    let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
    let untouched = version(&world, &other).await;
    let mut before = version(&world, tenant).await;
    let mut moved = async |what: &str| {
        let after = version(&world, tenant).await;
        assert!(after > before, "{what}");
        assert_eq!(version(&world, &other).await, untouched, "{what}");
        before = after;
    };
    let run = accepted(world.ask(owner, ConnectionCheck).await);
    moved("a request").await;
    let running = world.start_one().await;
    moved("a start").await;
    let item = ItemOutcome {
        position: 0,
        key: "step",
        label: "Step",
        outcome: "running",
        reason_code: None,
        message: None,
        objects: None,
    };
    let counts = SummaryCounts::default();
    store.run_progress(&running, &item, &counts).await.unwrap();
    moved("progress").await;
    let object = InventoryObject {
        external_id: "1".to_owned(),
        display_name: "Object".to_owned(),
        odata_type: None,
    };
    store
        .inventory_store(&running, "group", &[object])
        .await
        .unwrap();
    moved("objects").await;
    store.inventory_forget(&running, "policy").await.unwrap();
    moved("objects that are gone").await;
    let report = VerificationReport::of("check", Timestamp(1), vec![], String::new());
    store.report_store(&running, &report).await.unwrap();
    moved("a report").await;
    world.expire(run).await;
    world.rescue().await.unwrap();
    moved("a rescue").await;
    let running = world.start_one().await;
    moved("a second start").await;
    store
        .run_finish(&running, &end(WorkedOutcome::Failed))
        .await
        .unwrap();
    moved("an end").await;
    let user = operator.user_id();
    store
        .tenant_role_set(owner, tenant, user, Role::Readonly)
        .await
        .unwrap();
    moved("a role").await;
    store
        .tenant_member_remove(owner, tenant, user)
        .await
        .unwrap();
    moved("a member who is gone").await;
    store
        .connection_disable(owner, tenant, world.connection)
        .await
        .unwrap();
    moved("a connection switched off").await;
    store
        .connection_enable(owner, tenant, world.connection)
        .await
        .unwrap();
    moved("a connection switched on").await;
    store
        .credential_store(owner, tenant, world.connection, vec![4])
        .await
        .unwrap();
    moved("a credential").await;
    world.lifecycle(TenantLifecycle::Archived).await;
    moved("an archived tenant").await;
    world.ask(owner, ConnectionCheck).await;
    moved("a start that was refused").await;

    // What a list and a run's page ask for holds the workspace's own rows too.
    let all = [tenant.clone(), other.clone()];
    let list = store
        .version_of_tenants(&world.workspace, &all)
        .await
        .unwrap();
    let access = store.run(owner, run).await.unwrap();
    let page = store.version_of_run(&access).await.unwrap();
    let workspace = &world.workspace;
    store
        .workspace_role_set(owner, workspace, user, Role::Manager)
        .await
        .unwrap();
    let later = store.version_of_tenants(workspace, &all).await.unwrap();
    assert!(later.version > list.version && later.now >= list.now);
    let later = store.version_of_run(&access).await.unwrap();
    assert!(later.version > page.version);
}
