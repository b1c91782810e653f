//! Attacks on the wall by raw SQL, and the rows they are made against.

use domain::{ids::RunId, operation::OperationType::InventorySync};
use uuid::Uuid;

use crate::{
    bulk,
    database::Database,
    forgeries,
    world::{World, accepted, strangers},
};

/// What has to hold an attack off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Holds on every connection.
    Always,
    /// A foreign key: on SQLite it holds on connections that asked for it.
    ForeignKey,
    /// Only PostgreSQL has such a statement.
    PostgresAlone,
    /// Only SQLite has such a statement.
    SqliteAlone,
}

use Guard::Always;

pub struct Attack {
    pub name: &'static str,
    pub guard: Guard,
    pub statement: String,
}

/// A decision row as raw SQL writes it.
pub fn decision(
    db: &Database,
    ws: &str,
    scope: &str,
    run: RunId,
    attempt: i64,
    ok: bool,
) -> String {
    let (verdict, reason) = if ok {
        ("allowed", "null")
    } else {
        ("denied", "'missing_capability'")
    };
    format!(
        "insert into run_decisions (workspace_id, scope_id, run_id, attempt, verdict, reason_code, decided_at)
         values ({ws}, {scope}, {}, {attempt}, '{verdict}', {reason}, 1)",
        db.id(run.as_uuid())
    )
}

/// Runs in every state that is attacked.
pub struct Targets {
    pub undecided: String,
    pub decided_later: String,
    pub denied: String,
    pub allowed: String,
    pub running: String,
    pub second_attempt: String,
    pub completed: String,
    /// A bulk run with a part that is at work.
    pub bulk: String,
    /// One that has asked for nothing yet.
    pub unasked_bulk: String,
    pub completed_id: RunId,
    pub undecided_id: RunId,
    pub allowed_id: RunId,
    pub ws: String,
    pub tenant: String,
    pub other_tenant: String,
    pub foreign_ws: String,
    pub foreign_tenant: String,
    pub stranger: String,
    pub owner: String,
}

pub async fn targets(world: &World) -> Targets {
    let db = &world.db;
    let user = world.owner.user_id();
    let (ws, tenant) = world.owner_ids();
    let other_tenant = world.another_tenant("Second tenant").await;
    let (stranger, foreign_ws, foreign_tenant) = strangers(&world.store).await;

    let bulk = bulk_at_work(world, "Third tenant", true).await;
    let unasked_bulk = bulk_at_work(world, "Fourth tenant", false).await;
    let finished = world.running(&world.owner, InventorySync).await;
    let completed_id = finished.key().run_id;
    world.succeed(finished).await;
    let first = world
        .running(&world.owner, InventorySync)
        .await
        .key()
        .run_id;
    world.expire(first).await;
    world.rescue().await.unwrap();
    let running = world.start_one().await.key().run_id;
    let second_attempt = {
        let draft = store::RunDraft {
            operation: InventorySync,
            tenant: &other_tenant,
            retry_of: None,
        };
        world.store.run_request(&world.owner, draft).await.unwrap();
        let run = world.start_one().await.key().run_id;
        world.expire(run).await;
        world.rescue().await.unwrap();
        run
    };
    let raw = async || world.raw_run("inventory.sync", user).await;
    let (undecided, later, denied, allowed) = (raw().await, raw().await, raw().await, raw().await);
    db.raw
        .run(&decision(db, &ws, &tenant, later, 2, true))
        .await;
    db.raw
        .run(&decision(db, &ws, &tenant, denied, 1, false))
        .await;
    db.raw
        .run(&decision(db, &ws, &tenant, allowed, 1, true))
        .await;
    let id = |run: RunId| db.id(run.as_uuid());
    Targets {
        undecided: id(undecided),
        decided_later: id(later),
        denied: id(denied),
        allowed: id(allowed),
        running: id(running),
        second_attempt: id(second_attempt),
        completed: id(completed_id),
        bulk: id(bulk),
        unasked_bulk: id(unasked_bulk),
        completed_id,
        undecided_id: undecided,
        allowed_id: allowed,
        ws,
        tenant,
        other_tenant: db.id(other_tenant.id().as_uuid()),
        foreign_ws: db.id(foreign_ws.id().as_uuid()),
        foreign_tenant: db.id(foreign_tenant.id().as_uuid()),
        stranger: db.id(stranger.user_id().as_uuid()),
        owner: db.id(user.as_uuid()),
    }
}

/// A bulk run over one tenant that is at work, and its part too if it has `asked` for it.
async fn bulk_at_work(world: &World, tenant: &str, asked: bool) -> RunId {
    let tenant = world.another_tenant(tenant).await;
    accepted(bulk::ask(world, &world.owner, &[tenant]).await);
    let bulk = world.start_one().await;
    if asked {
        world.store.bulk_ask(&bulk, 1).await.unwrap();
        world.start_one().await;
    }
    bulk.key().run_id
}

/// The start of a run as raw SQL writes it.
pub fn starting(run: &str, attempt: &str) -> String {
    format!(
        "update operation_runs set status = 'running', started_attempt = {attempt},
           started_at = coalesce(started_at, 1) where id = {run}"
    )
}

/// A run with more columns than a queued one has.
pub fn born(world: &World, columns: &str, values: &str) -> String {
    let id = RunId::from_uuid(Uuid::now_v7());
    world
        .raw_run_sql(id, "inventory.sync", world.owner.user_id())
        .replace(
            "queued_at, updated_at)",
            &format!("queued_at, updated_at, {columns})"),
        )
        .replace("1, 1)", &format!("1, 1, {values})"))
}

/// Every attack.
pub fn attacks(world: &World, t: &Targets) -> Vec<Attack> {
    let mut all = starts(world, t);
    all.extend(changes(t));
    all.extend(forgeries::histories(world, t));
    all.extend(forgeries::owners(world, t));
    all
}

/// One attack.
pub fn attack(name: &'static str, guard: Guard, statement: String) -> Attack {
    Attack {
        name,
        guard,
        statement,
    }
}

/// Turning a run `running` without its own allowing decision.
fn starts(world: &World, t: &Targets) -> Vec<Attack> {
    let db = &world.db;
    vec![
        attack("start without a decision", Always, starting(&t.undecided, "attempt")),
        attack("start with another attempt's decision", Always, starting(&t.decided_later, "attempt")),
        attack("start as another attempt", Always, starting(&t.decided_later, "2")),
        attack("start after a denial", Always, starting(&t.denied, "attempt")),
        attack("start a rescued run by its old decision", Always, starting(&t.second_attempt, "1")),
        attack("start a rescued run without a decision", Always, starting(&t.second_attempt, "attempt")),
        attack(
            "start without saying which attempt",
            Always,
            starting(&t.allowed, "null"),
        ),
        attack(
            "a decision of another scope",
            Always,
            decision(db, &t.ws, &t.other_tenant, t.undecided_id, 1, true),
        ),
        attack(
            "a decision of another workspace",
            Always,
            decision(db, &t.foreign_ws, &t.tenant, t.undecided_id, 1, true),
        ),
        attack(
            "a decision about no run",
            Always,
            decision(db, &t.ws, &t.tenant, RunId::from_uuid(Uuid::now_v7()), 1, true),
        ),
        attack(
            "born running",
            Always,
            born(world, "status, started_attempt, started_at", "'running', 1, 1"),
        ),
        attack(
            "born with a started attempt",
            Always,
            born(
                world,
                "status, outcome, started_attempt, started_at, completed_at",
                "'completed', 'succeeded', 1, 1, 1",
            ),
        ),
        attack(
            "succeeded without running",
            Always,
            format!(
                "update operation_runs set status = 'completed', outcome = 'succeeded', started_at = 1,
                   completed_at = 1 where id = {}",
                t.undecided
            ),
        ),
        attack(
            "succeeded between two attempts",
            Always,
            format!(
                "update operation_runs set status = 'completed', outcome = 'succeeded', completed_at = 1 where id = {}",
                t.second_attempt
            ),
        ),
    ]
}

/// Changes of a run that no life of a run has.
fn changes(t: &Targets) -> Vec<Attack> {
    let set = |name, what: &str, run: &str| {
        let statement = format!("update operation_runs set {what} where id = {run}");
        attack(name, Always, statement)
    };
    vec![
        set(
            "a completed run's outcome",
            "outcome = 'failed'",
            &t.completed,
        ),
        set(
            "a completed run's counts",
            "summary_counts = '{\"total\":1}'",
            &t.completed,
        ),
        set(
            "a completed run reopened",
            "status = 'queued', outcome = 'pending', completed_at = null, started_attempt = null",
            &t.completed,
        ),
        set(
            "back to the queue as the same attempt",
            "status = 'queued', started_attempt = null",
            &t.running,
        ),
        set("an attempt going down", "attempt = 1", &t.second_attempt),
        set(
            "a running attempt going up",
            "attempt = attempt + 1",
            &t.running,
        ),
        set(
            "moved to another tenant",
            &format!("tenant_id = {}", t.other_tenant),
            &t.undecided,
        ),
        set("moved out of its tenant", "tenant_id = null", &t.undecided),
        set(
            "moved to another workspace",
            &format!(
                "workspace_id = {}, tenant_id = {}",
                t.foreign_ws, t.foreign_tenant
            ),
            &t.undecided,
        ),
        set(
            "given another id",
            &format!("id = {}", t.stranger),
            &t.undecided,
        ),
        set(
            "given to another person",
            &format!("user_id = {}", t.stranger),
            &t.undecided,
        ),
        set(
            "made the system's",
            "authority_mode = 'system_authority', user_id = null",
            &t.undecided,
        ),
        set(
            "made another operation",
            "type = 'provider.connection.check'",
            &t.undecided,
        ),
        set(
            "asking for less",
            "required_capability = 'operations.view'",
            &t.undecided,
        ),
        set("started earlier than it was", "started_at = 1", &t.running),
        set("an unknown status", "status = 'paused'", &t.undecided),
        set(
            "blocked without a refusal",
            "status = 'completed', outcome = 'blocked', completed_at = 1",
            &t.running,
        ),
        set(
            "a bulk blocked though a part of it is at work",
            "status = 'completed', outcome = 'blocked', completed_at = 1",
            &t.bulk,
        ),
        set(
            "a bulk blocked before it asked for its items",
            "status = 'completed', outcome = 'blocked', completed_at = 1",
            &t.unasked_bulk,
        ),
        set(
            "over without an outcome",
            "status = 'completed', completed_at = 1",
            &t.undecided,
        ),
    ]
}
