//! The bell, and who hears it.

use std::sync::Arc;

use domain::{capability::Role, operation::OperationType::InventorySync};

use crate::{database::Database, world::World};

pub async fn notifications_go_with_the_tenant(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
    let operator = world.operator("operator").await;
    let user = operator.user_id();
    let running = world.running(&operator, InventorySync).await;
    let run = running.key().run_id;
    world.succeed(running).await;

    let bell = store.notifications(&operator).await.unwrap();
    assert_eq!(bell.len(), 1);
    assert_eq!(bell[0].run_id, run);
    assert_eq!(bell[0].target_name, "First tenant");
    assert!(bell[0].read_at.is_none() && bell[0].state.is_over());
    assert!(
        store.notifications(owner).await.unwrap().is_empty(),
        "the initiator alone"
    );
    assert_eq!(store.notifications_unread(&operator).await.unwrap(), 1);

    store
        .tenant_member_remove(owner, tenant, user)
        .await
        .unwrap();
    assert!(store.notifications(&operator).await.unwrap().is_empty());
    assert_eq!(store.notifications_unread(&operator).await.unwrap(), 0);

    store
        .tenant_role_set(owner, tenant, user, Role::Readonly)
        .await
        .unwrap();
    assert_eq!(store.notifications_unread(&operator).await.unwrap(), 1);
    store.notifications_read(&operator).await.unwrap();
    assert_eq!(store.notifications_unread(&operator).await.unwrap(), 0);
    assert!(
        store.notifications(&operator).await.unwrap()[0]
            .read_at
            .is_some()
    );
}
