//! The chain of the audit log, and what breaks it.

use std::sync::Arc;

use domain::{capability::Role, ids::RunId, operation::OperationType::InventorySync};

use crate::{
    database::Database,
    world::{World, worker},
};

async fn broken_at(db: &Database) -> Option<i64> {
    let verdicts = db.store.audit_verify().await.unwrap();
    assert_eq!(verdicts.len(), 1);
    verdicts[0].broken_at
}

/// What somebody does who owns the database file; the database is thrown away afterwards.
async fn without_triggers(db: &Database) {
    for statement in match db.dialect {
        crate::database::Dialect::Sqlite => [
            "drop trigger audit_log_no_update",
            "drop trigger audit_log_no_delete",
        ],
        crate::database::Dialect::Postgres => [
            "drop trigger audit_log_frozen on audit_log",
            "drop trigger audit_log_whole on audit_log",
        ],
    } {
        db.raw.run(statement).await;
    }
}

/// The entries of a run in their order; those of the gate with its verdict.
async fn entries(world: &World, run: RunId) -> Vec<String> {
    let id = world.db.id(run.as_uuid());
    let query = format!(
        "select action || ' ' || detail from audit_log where run_id = {id} order by sequence"
    );
    let told = world.db.raw.texts(&query).await;
    let verdict = |entry: &str| {
        let (action, detail) = entry.split_once(' ').unwrap();
        let detail: serde_json::Value = serde_json::from_str(detail).unwrap();
        let decision = detail.get("decision").unwrap_or(&detail);
        match decision.get("allowed").and_then(serde_json::Value::as_bool) {
            Some(allowed) => format!("{action} allowed={allowed}"),
            None => action.to_owned(),
        }
    };
    told.iter().map(|entry| verdict(entry)).collect()
}

pub async fn l15_every_step_of_a_run_leaves_one_entry(db: Arc<Database>) {
    let world = World::new(&db).await;
    let running = world.running(&world.owner, InventorySync).await;
    let run = running.key().run_id;
    world.succeed(running).await;
    assert_eq!(
        entries(&world, run).await,
        ["run.requested", "run.started allowed=true", "run.completed"]
    );

    let operator = world.operator("operator").await;
    let refused = world.sync(&operator).await;
    let (owner, tenant) = (&world.owner, &world.tenant);
    let user = operator.user_id();
    let lowered = world
        .store
        .tenant_role_set(owner, tenant, user, Role::Readonly);
    lowered.await.unwrap();
    world.store.runs_start(worker(), 10).await.unwrap();
    assert_eq!(
        entries(&world, refused).await,
        ["run.requested", "run.blocked allowed=false"]
    );

    let rescued = world.running(owner, InventorySync).await.key().run_id;
    world.expire(rescued).await;
    world.rescue().await.unwrap();
    let again = world.start_one().await;
    world.succeed(again).await;
    assert_eq!(
        entries(&world, rescued).await,
        [
            "run.requested",
            "run.started allowed=true",
            "run.rescued",
            "run.started allowed=true",
            "run.completed"
        ]
    );
}

pub async fn d03_the_chain_verifies_and_names_what_was_changed(db: Arc<Database>) {
    let world = World::new(&db).await;
    let running = world.running(&world.owner, InventorySync).await;
    world.succeed(running).await;
    assert_eq!(broken_at(&db).await, None);
    let count = db.raw.int("select count(*) from audit_log").await.unwrap();
    let head = db
        .raw
        .int("select sequence from audit_heads")
        .await
        .unwrap();
    assert_eq!(count, head);
    without_triggers(&db).await;

    let zero = db.bytes(&"00".repeat(32));
    let somebody = db.id(uuid::Uuid::now_v7());
    for (column, value) in [
        ("detail", "'{}'".to_owned()),
        ("at", "at + 1".to_owned()),
        ("action", "'run.blocked'".to_owned()),
        ("action", "'never.heard.of'".to_owned()),
        ("actor_name", "'somebody else'".to_owned()),
        ("actor_id", "null".to_owned()),
        ("subject_id", somebody.clone()),
        ("run_id", somebody.clone()),
        ("previous_hash", zero.clone()),
        ("hash", zero),
    ] {
        db.raw
            .run("create table kept as select * from audit_log where sequence = 4")
            .await;
        db.raw
            .run(&format!(
                "update audit_log set {column} = {value} where sequence = 4"
            ))
            .await;
        assert_eq!(broken_at(&db).await, Some(4), "{column} = {value}");
        db.raw
            .run(&format!(
                "update audit_log set {column} = (select {column} from kept) where sequence = 4"
            ))
            .await;
        db.raw.run("drop table kept").await;
        assert_eq!(broken_at(&db).await, None, "{column} is as it was");
    }

    // One entry more than the head knows of, one entry less, and one out of the middle.
    let copy = |sequence: &str| {
        format!(
            "insert into audit_log (workspace_id, scope_id, sequence, at, action, actor_id, actor_name, subject_id, detail, previous_hash, hash)
             select workspace_id, scope_id, {sequence}, at, action, actor_id, actor_name, subject_id, detail, previous_hash, hash
             from audit_log where sequence = 1"
        )
    };
    db.raw.run(&copy(&format!("{}", head + 1))).await;
    assert_eq!(broken_at(&db).await, Some(head + 1));
    db.raw
        .run(&format!("delete from audit_log where sequence > {head}"))
        .await;
    assert_eq!(broken_at(&db).await, None);
    db.raw
        .run(&format!("update audit_heads set sequence = {}", head - 1))
        .await;
    assert_eq!(broken_at(&db).await, Some(head), "an entry behind the head");
    db.raw
        .run(&format!("update audit_heads set sequence = {head}"))
        .await;
    db.raw
        .run(&format!("delete from audit_log where sequence = {head}"))
        .await;
    assert_eq!(broken_at(&db).await, Some(head));
    db.raw.run("delete from audit_log where sequence = 2").await;
    assert_eq!(broken_at(&db).await, Some(2));
}
