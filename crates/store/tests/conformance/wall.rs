//! The wall: what the database refuses to somebody who goes past the program.

use std::sync::Arc;

use crate::{
    attacks::{
        Attack,
        Guard::{Always, ForeignKey, PostgresAlone, SqliteAlone},
        attacks, born, decision, starting, targets,
    },
    database::{Database, Dialect, Raw},
    world::World,
};

/// A refusal must come from a constraint or a trigger: a mistyped attack proves nothing.
fn is_constraint(dialect: Dialect, error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|e| e.code());
    let code = code.as_deref().unwrap_or_default();
    match dialect {
        Dialect::Sqlite => code.parse::<u32>().is_ok_and(|code| code & 0xff == 19),
        Dialect::Postgres => code.starts_with("23"),
    }
}

async fn everything(db: &Database) -> Vec<String> {
    let mut all = Vec::new();
    for query in [
        "select status || outcome || attempt || type || summary_counts from operation_runs order by id",
        "select verdict || attempt from run_decisions order by run_id, attempt",
        "select action || detail from audit_log order by workspace_id, sequence",
        "select role from tenant_memberships order by tenant_id, user_id",
        "select status || attempt from run_queue order by run_id",
    ] {
        all.extend(db.raw.texts(query).await);
    }
    all
}

pub async fn d02_every_attack_by_raw_sql_is_refused(db: Arc<Database>) {
    let world = World::new(&db).await;
    let targets = targets(&world).await;
    let attacks = attacks(&world, &targets);
    let before = everything(&db).await;
    for attack in &attacks {
        let possible = match attack.guard {
            PostgresAlone => db.dialect == Dialect::Postgres,
            SqliteAlone => db.dialect == Dialect::Sqlite,
            Always | ForeignKey => true,
        };
        if possible {
            refused(&db, &db.raw, attack).await;
        }
    }
    if db.dialect == Dialect::Sqlite {
        let unasked = Raw::sqlite(&db.url, false).await;
        assert_eq!(unasked.int("pragma foreign_keys").await, Some(0));
        for attack in &attacks {
            if matches!(attack.guard, Always | SqliteAlone) {
                refused(&db, &unasked, attack).await;
            }
        }
        unasked.close().await;
    }
    assert_eq!(everything(&db).await, before);
    let verdicts = world.store.audit_verify().await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken_at.is_none()));
}

async fn refused(db: &Database, raw: &Raw, attack: &Attack) {
    match raw.try_run(&attack.statement).await {
        Ok(rows) => panic!("{}: went through, {rows} rows", attack.name),
        Err(error) => assert!(
            is_constraint(db.dialect, &error),
            "{}: {error}",
            attack.name
        ),
    }
}

/// The other half of the proof: the wall lets the four changes of R-03 through.
pub async fn the_regular_life_of_a_run_passes_the_wall(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (ws, tenant) = world.owner_ids();
    let run_id = world.raw_run("inventory.sync", world.owner.user_id()).await;
    let run = db.id(run_id.as_uuid());
    let go = async |statement: String| assert_eq!(db.raw.run(&statement).await, 1, "{statement}");
    let set = |what: &str| format!("update operation_runs set {what} where id = {run}");
    for attempt in 1..=2 {
        go(decision(&db, &ws, &tenant, run_id, attempt, true)).await;
        go(starting(&run, "attempt")).await;
        go(set("summary_counts = '{\"total\":1}'")).await;
        go(set(
            "status = 'queued', started_attempt = null, attempt = attempt + 1",
        ))
        .await;
    }
    go(decision(&db, &ws, &tenant, run_id, 3, false)).await;
    go(set(
        "status = 'completed', outcome = 'partially_succeeded', completed_at = 9",
    ))
    .await;
    for (outcome, class) in [
        ("blocked", "'capability_denied'"),
        ("cancelled", "null"),
        ("failed", "null"),
    ] {
        let values = format!("'completed', '{outcome}', 2");
        go(born(&world, "status, outcome, completed_at", &values)).await;
        let run = world.raw_run("inventory.sync", world.owner.user_id()).await;
        let run = db.id(run.as_uuid());
        go(format!(
            "update operation_runs set status = 'completed', outcome = '{outcome}', denial_class = {class},
               completed_at = 2 where id = {run}"
        ))
        .await;
    }
}
