//! Workspaces and what they are called.

use std::sync::Arc;

use store::StoreError;

use crate::{database::Database, world::World};

pub async fn a_workspace_is_renamed_by_what_was_seen(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner) = (&world.store, &world.owner);
    store
        .workspace_rename(owner, &world.workspace, "Renamed")
        .await
        .unwrap();
    let now = store.workspace(owner, world.workspace.id()).await.unwrap();
    assert_eq!(now.name(), "Renamed");
    let stale = store
        .workspace_rename(owner, &world.workspace, "Again")
        .await;
    assert!(
        matches!(stale, Err(StoreError::Conflict)),
        "the name that was seen is gone"
    );
    let told = db
        .raw
        .texts("select detail from audit_log where action = 'workspace.renamed'")
        .await;
    assert_eq!(told, [r#"{"from":"First workspace","to":"Renamed"}"#]);
}
