//! What `doctor` looks at: the key, whether a database takes writes, what workers hold.

use std::sync::Arc;

use store::{StoreError, WorkerCard, WorkspaceAccess};

use crate::{
    database::Database,
    world::{World, strangers, worker},
};

pub async fn p02_the_first_words_about_the_key_stay(db: Arc<Database>) {
    let store = &db.store;
    assert_eq!(store.key_check().await.unwrap(), None);
    let kept = store.key_check_keep(vec![1, 2]).await.unwrap();
    assert_eq!(kept, [1, 2]);
    let kept = store.key_check_keep(vec![3]).await.unwrap();
    assert_eq!(kept, [1, 2], "another process was first");
    store.key_check_replace(vec![3]).await.unwrap();
    assert_eq!(store.key_check().await.unwrap(), Some(vec![3]));
}

pub async fn d03_another_key_is_told_in_every_workspace(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (_, elsewhere, _) = strangers(&world.store).await;
    world.store.key_check_keep(vec![1]).await.unwrap();
    let told = async |workspace: &WorkspaceAccess| {
        let id = db.id(workspace.id().as_uuid());
        let sql = format!(
            "select count(*) from audit_log where action = 'installation_key.adopted' and workspace_id = {id}
               and subject_id = {id} and actor_id is null and actor_name = 'Command line'"
        );
        db.raw.int(&sql).await.unwrap()
    };
    assert_eq!(told(&world.workspace).await, 0, "the first key is no other");
    world.store.key_check_replace(vec![2]).await.unwrap();
    for workspace in [&world.workspace, &elsewhere] {
        assert_eq!(told(workspace).await, 1);
    }
    world.chains_hold().await;
}

pub async fn p02_credentials_say_which_key_they_were_sealed_with(db: Arc<Database>) {
    let never = db.store.some_credential_opens(|_, _| true).await;
    assert_eq!(never.unwrap(), None, "there is none");
    let world = World::new(&db).await;
    let store = &world.store;
    let (owner, tenant) = (&world.owner, &world.tenant);
    store
        .credential_store(owner, tenant, world.connection, vec![7])
        .await
        .unwrap();
    for (sealed, opens) in [(7, true), (8, false)] {
        let opened = store.some_credential_opens(|connection, blob| {
            connection == world.connection && blob == [sealed]
        });
        assert_eq!(opened.await.unwrap(), Some(opens));
    }
}

pub async fn a_probe_of_writing_says_whether_it_can_and_leaves_nothing(db: Arc<Database>) {
    db.store.write_probe().await.unwrap();
    assert_eq!(db.store.workers().await.unwrap(), []);
    let store = db.read_only().await;
    let refused = store.write_probe().await;
    assert!(
        matches!(refused, Err(StoreError::NotWritable(_))),
        "{refused:?}"
    );
    store.close().await;
}

pub async fn a_worker_is_told_of_with_the_runs_it_holds(db: Arc<Database>) {
    let world = World::new(&db).await;
    let card = |host: &str| WorkerCard {
        id: worker(),
        host: host.to_owned(),
        slots: 2,
    };
    let (busy, idle) = (card("busy"), card("idle"));
    for card in [&busy, &idle] {
        world.store.worker_seen(card).await.unwrap();
    }
    world.sync(&world.owner).await;
    let started = world.store.runs_start(busy.id, 1).await.unwrap();
    assert_eq!(started.running.len(), 1);
    let holds = |workers: &[store::WorkerRow], id| {
        let found = workers.iter().find(|it| it.id == id).unwrap();
        found.holds
    };
    let workers = world.store.workers().await.unwrap();
    assert_eq!((holds(&workers, busy.id), holds(&workers, idle.id)), (1, 0));
}
