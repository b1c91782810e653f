//! The rules of the engine as questions: an installation in order answers none, a damaged one names the run.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    capability::Role,
    intent::IntentState,
    operation::OperationType::{ConnectionCheck, InventorySync},
    run::RunOutcome,
};
use store::{GrantsOf, WorkedOutcome};

use crate::{
    bulk::ask,
    database::{Database, Dialect},
    intents::{DONE, laboratory, open, writing},
    inventory::object,
    world::{World, accepted, end, worker},
};

async fn nothing_is_broken(world: &World) {
    assert_eq!(world.store.violations().await.unwrap(), []);
}

/// The names of the rules that are broken.
async fn broken(world: &World) -> BTreeSet<String> {
    let violations = world.store.violations().await.unwrap();
    violations.into_iter().map(|it| it.rule).collect()
}

pub async fn the_life_of_runs_breaks_no_rule(db: Arc<Database>) {
    let world = World::new(&db).await;
    let operator = world.operator("operator").await;
    let running = world.running(&operator, InventorySync).await;
    nothing_is_broken(&world).await;
    world.expire(running.key().run_id).await;
    world.rescue().await.unwrap();
    nothing_is_broken(&world).await;
    let again = world.start_one().await;
    nothing_is_broken(&world).await;
    world.succeed(again).await;
    world.sync(&operator).await;
    let owner = &world.owner;
    let user = operator.user_id();
    let role = Role::Readonly;
    let set = world
        .store
        .tenant_role_set(owner, &world.tenant, user, role);
    set.await.unwrap();
    world.store.runs_start(worker(), 5).await.unwrap();
    world.sync_by_system().await;
    let by_system = world.start_one().await;
    assert_eq!(world.store.runs_active().await.unwrap().len(), 1);
    let failed = end(WorkedOutcome::Failed);
    world.store.run_finish(&by_system, &failed).await.unwrap();
    nothing_is_broken(&world).await;
    assert!(world.store.runs_active().await.unwrap().is_empty());

    let made = world
        .store
        .decisions_made(world.workspace.id())
        .await
        .unwrap();
    let said: Vec<bool> = made.iter().map(|made| made.decision.allowed).collect();
    assert_eq!(said, [true, true, false, true]);
    let of = GrantsOf {
        workspace: world.workspace.id(),
        user,
        tenant: world.tenant.id(),
    };
    let now = world.store.grants_now(of).await.unwrap();
    let refused = &made[2].decision.evidence;
    assert_eq!(refused.user_version, Some(now.user.0));
    let membership = now.tenant_membership.unwrap();
    assert_eq!(refused.tenant_membership_version, Some(membership.0));
    assert_eq!(membership.1, "readonly");
    assert!(made[2].sequence < now.sequence);
    let changes = world
        .store
        .changes_made(world.workspace.id())
        .await
        .unwrap();
    let lowered = changes.last().unwrap();
    assert_eq!(
        (&*lowered.action, lowered.subject, &lowered.detail["role"]),
        (
            "tenant_membership.role_set",
            user.as_uuid(),
            &"readonly".into()
        )
    );
    assert!(made[1].sequence < lowered.sequence && lowered.sequence < made[2].sequence);
    let attempts = world
        .store
        .attempts_made(world.workspace.id())
        .await
        .unwrap();
    assert_eq!(attempts.len(), 3);
    let ends = world.store.ends_made(world.workspace.id()).await.unwrap();
    let mut outcomes: Vec<_> = ends.iter().map(|(_, outcome)| outcome.as_str()).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["blocked", "failed", "succeeded"]);
    assert!(attempts.iter().all(|attempt| attempt.ended_at.is_some()));
}

/// Takes away what keeps a table's rows as they are; the database is thrown away afterwards.
pub async fn open_the_wall(db: &Database, table: &str) {
    let raw = &db.raw;
    match db.dialect {
        Dialect::Sqlite => {
            let named = format!(
                "select name from sqlite_master where type = 'trigger' and tbl_name = '{table}'"
            );
            for trigger in raw.texts(&named).await {
                raw.run(&format!("drop trigger {trigger}")).await;
            }
            raw.run("pragma foreign_keys = off").await;
        }
        Dialect::Postgres => {
            let sql = format!("alter table {table} disable trigger all");
            raw.run(&sql).await;
        }
    }
}

pub async fn what_is_damaged_is_named(db: Arc<Database>) {
    let world = World::new(&db).await;
    let operator = world.operator("operator").await;
    let first = world.running(&operator, InventorySync).await;
    let run = first.key().run_id;
    let page = [object("1", "One")];
    let kept = world.store.inventory_store(&first, "group", &page);
    kept.await.unwrap();
    world.expire(run).await;
    world.rescue().await.unwrap();
    world.succeed(world.start_one().await).await;
    let access = world.store.run(&operator, run).await.unwrap();
    assert_eq!(access.run().state.outcome, RunOutcome::Succeeded);
    let waiting = world.running(&operator, ConnectionCheck).await.key().run_id;
    let tenant = world.another_tenant("Second tenant").await;
    accepted(world.ask_in(&world.owner, &tenant, InventorySync).await);
    let third = world.start_one().await;
    let (id, other) = (db.id(run.as_uuid()), db.id(waiting.as_uuid()));
    let third_id = db.id(third.key().run_id.as_uuid());
    world.succeed(third).await;
    nothing_is_broken(&world).await;
    let third = third_id;
    // What is damaged here is refused even by an index.
    db.raw.run("drop index operation_runs_one_a_slot").await;
    for table in [
        "operation_runs",
        "inventory_items",
        "run_decisions",
        "run_attempts",
        "run_queue",
        "audit_log",
        "notifications",
    ] {
        open_the_wall(&db, table).await;
    }
    let owner = db.id(world.owner.user_id().as_uuid());
    let mut damages = vec![
        (
            "I4 running only",
            format!("delete from run_decisions where run_id = {other}"),
        ),
        (
            "I9 only the last",
            format!("update run_attempts set ended_by = 'finished' where run_id = {id}"),
        ),
        (
            "I9 one attempt after",
            format!("update run_attempts set started_at = 1 where run_id = {id} and attempt = 2"),
        ),
        (
            "I3 queue and ledger",
            format!("update run_queue set attempt = attempt + 1 where run_id = {other}"),
        ),
        (
            "I6 one entry of the end",
            format!("delete from audit_log where run_id = {id} and action = 'run.completed'"),
        ),
        (
            "I6 one entry a lost",
            format!("delete from audit_log where run_id = {id} and action = 'run.rescued'"),
        ),
        ("I6 the audit log is", String::new()),
        ("I6 an entry of the gate", String::new()),
        ("I4 begun only after", String::new()),
        (
            "I6 one entry of the request",
            format!("delete from audit_log where run_id = {id} and action = 'run.requested'"),
        ),
        (
            "I6 one entry a start",
            format!("delete from audit_log where run_id = {id} and action = 'run.started'"),
        ),
        (
            "I4 what was worked off",
            format!("delete from run_decisions where run_id = {id} and attempt = 2"),
        ),
        (
            "I4 what is refused",
            format!(
                "update run_decisions set verdict = 'denied', reason_code = 'x' where run_id = {id}"
            ),
        ),
        (
            "I10 one run a slot",
            format!(
                "update operation_runs set schedule_id = {id}, slot_at = 5 where id in ({id}, {other})"
            ),
        ),
        (
            "I4 blocked by the gate",
            format!(
                "update operation_runs set outcome = 'blocked', blocked_phase = 'start' where id = {third}"
            ),
        ),
        (
            "I8 objects are written",
            format!("update inventory_items set last_run_id = {third}"),
        ),
        (
            "I7 nobody else",
            format!("update notifications set user_id = {owner} where run_id = {id}"),
        ),
        ("I7 one notification", String::new()),
    ];
    // SQLite has an index there.
    if db.dialect == Dialect::Postgres {
        open_the_wall(&db, "run_outcomes").await;
        let forgotten = format!("delete from run_outcomes where run_id = {id}");
        damages.push(("I9 a run is listed", forgotten));
    }
    for (_, damage) in damages.iter().filter(|(_, damage)| !damage.is_empty()) {
        assert!(db.raw.run(damage).await > 0, "{damage}");
    }
    let broken = broken(&world).await;
    for (rule, _) in &damages {
        assert!(
            broken.iter().any(|name| name.starts_with(rule)),
            "{rule} in {broken:#?}"
        );
    }
}

pub async fn what_is_damaged_of_a_write_is_named(db: Arc<Database>) {
    let world = laboratory(&db).await;
    let running = writing(&world).await;
    let key = running.key();
    let done = open(&world, &running, "done").await;
    let closed = world.store.intent_close(&running, done, &DONE);
    closed.await.unwrap();
    open(&world, &running, "one").await;
    let held = world.store.runs_held().await.unwrap();
    let held: Vec<_> = held.iter().map(|held| (held.run, held.attempt)).collect();
    assert_eq!(held, [(key.run_id, key.attempt)]);
    let made = world.store.intents_made(world.workspace.id()).await;
    let [_, intent] = &made.unwrap()[..] else {
        panic!("two intents");
    };
    assert_eq!((intent.run, intent.attempt), (key.run_id, key.attempt));
    assert_eq!((&*intent.op_key, &*intent.target), ("one", "target"));
    assert_eq!((intent.state, intent.closed_at), (IntentState::Open, None));
    nothing_is_broken(&world).await;
    // Whatever the handler says, nobody knows.
    let succeeded = end(WorkedOutcome::Succeeded);
    world.store.run_finish(&running, &succeeded).await.unwrap();
    nothing_is_broken(&world).await;

    for table in ["operation_runs", "write_intents"] {
        open_the_wall(&db, table).await;
    }
    let run = db.id(key.run_id.as_uuid());
    for damage in [
        format!("update operation_runs set outcome = 'succeeded' where id = {run}"),
        format!("update write_intents set attempt = 9 where run_id = {run}"),
    ] {
        assert!(db.raw.run(&damage).await > 0, "{damage}");
    }
    let found = broken(&world).await;
    for rule in ["I1 an intent is of", "I5 what nobody knows"] {
        assert!(
            found.iter().any(|name| name.starts_with(rule)),
            "{rule} in {found:#?}"
        );
    }
    let damage = format!("update operation_runs set outcome = 'blocked' where id = {run}");
    assert_eq!(db.raw.run(&damage).await, 1);
    let rule = "I5 a run that has written is not blocked";
    assert!(broken(&world).await.contains(rule));
}

pub async fn what_is_damaged_of_a_bulk_is_named(db: Arc<Database>) {
    let world = World::new(&db).await;
    let second = world.another_tenant("Second tenant").await;
    let tenants = [world.tenant.clone(), second];
    accepted(ask(&world, &world.owner, &tenants).await);
    let bulk = world.start_one().await;
    let parent = bulk.key().run_id;
    world.store.bulk_ask(&bulk, 10).await.unwrap();
    let started = world.store.runs_start(worker(), 10).await.unwrap();
    for part in started.running {
        nothing_is_broken(&world).await;
        world.succeed(part).await;
    }
    world.succeed(bulk).await;
    nothing_is_broken(&world).await;
    let parts = world.store.parts_made(world.workspace.id()).await.unwrap();
    assert_eq!(parts.len(), 2);
    for part in &parts {
        assert_eq!(part.parent, parent);
        assert!(part.over_at.is_some());
    }

    open_the_wall(&db, "bulk_items").await;
    let part = db.id(parts[0].run.as_uuid());
    let damage = format!("update bulk_items set run_id = null where run_id = {part}");
    assert!(db.raw.run(&damage).await > 0, "{damage}");
    let broken = broken(&world).await;
    for rule in ["I10 each item of a bulk", "I10 a part of a bulk"] {
        assert!(
            broken.iter().any(|name| name.starts_with(rule)),
            "{rule} in {broken:#?}"
        );
    }
}
