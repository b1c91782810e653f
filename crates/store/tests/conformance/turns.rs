//! Whose turn it is: tenants one after the other, limits, and people before the system.

use std::{collections::BTreeMap, sync::Arc};

use domain::{ids::TenantId, operation::OperationType::InventorySync};
use policy::Running;
use store::{QueueSettings, Store, TenantAccess, WaitingRun};

use crate::{
    database::{Database, Dialect},
    world::{World, worker},
};

impl World {
    /// Puts runs of a tenant into the queue, however many.
    pub async fn queue(&self, tenant: &TenantAccess, count: usize) {
        let run = WaitingRun {
            workspace_id: self.workspace.id(),
            tenant_id: tenant.id(),
            operation: InventorySync,
            initiator: (self.owner.user_id(), "owner".to_owned()),
        };
        for batch in vec![run; count].chunks(2_000) {
            self.store.seed_waiting_runs(batch).await.unwrap();
        }
    }

    /// A run of the tenants, at most so many, as one process's claim takes them.
    async fn start(&self, free: i64) -> Vec<Running> {
        let started = self.store.runs_start(worker(), free).await.unwrap();
        assert!(started.refused.is_empty());
        started.running
    }

    async fn queue_sql(&self, sql: &str, tenant: &TenantAccess) {
        let tenant = self.db.id(tenant.id().as_uuid());
        self.db
            .raw
            .run(&format!("{sql} where scope_id = {tenant}"))
            .await;
    }

    /// How many runs of each tenant are under way.
    async fn under_way(&self, tenant: &TenantAccess) -> i64 {
        let tenant = self.db.id(tenant.id().as_uuid());
        let sql = format!(
            "select count(*) from run_queue where status = 'running' and scope_id = {tenant}"
        );
        self.db.raw.int(&sql).await.unwrap()
    }
}

fn tenants_of(running: &[Running]) -> Vec<TenantId> {
    running.iter().filter_map(Running::tenant_id).collect()
}

pub async fn ten_thousand_runs_of_a_tenant_let_another_tenants_run_go_first(db: Arc<Database>) {
    let world = World::new(&db).await;
    world.queue(&world.tenant, 10_000).await;
    let limit = usize::try_from(QueueSettings::default().tenant_limit).unwrap();
    let (before, after) = (
        world.another_tenant("Before").await,
        world.another_tenant("After").await,
    );
    for single in [&before, &after] {
        // What is under way already does not matter, and neither does how much is taken at once.
        for free in [1, 4, 100] {
            world.queue(single, 1).await;
            let mut batches = 0;
            loop {
                batches += 1;
                let running = world.start(free).await;
                assert!(running.len() <= limit + 1);
                let found = tenants_of(&running).contains(&single.id());
                for running in running {
                    world.succeed(running).await;
                }
                if found {
                    break;
                }
            }
            assert!(batches <= 2, "{batches} batches of {free}");
        }
    }
}

pub async fn tenants_take_turns(db: Arc<Database>) {
    let world = World::new(&db).await;
    let mut tenants = vec![world.tenant.clone()];
    for number in 2..=5 {
        tenants.push(world.another_tenant(&format!("Tenant {number}")).await);
    }
    for tenant in &tenants {
        world.queue(tenant, 6).await;
    }
    assert!(world.store.runs_waiting().await.unwrap());
    let mut taken: BTreeMap<TenantId, usize> = BTreeMap::new();
    let mut all = Vec::new();
    // One at a time, none ended: nobody has a second one before everybody has a first one.
    for round in 1..=3 {
        for _ in &tenants {
            let mut running = world.start(1).await;
            assert_eq!(running.len(), 1);
            *taken.entry(tenants_of(&running)[0]).or_default() += 1;
            all.append(&mut running);
        }
        let each: Vec<_> = taken.values().copied().collect();
        assert_eq!(each, [round; 5], "{taken:?}");
    }
    // A large claim goes to all of them too, and takes every run once.
    all.extend(world.start(100).await);
    assert_eq!(all.len(), 30);
    let runs: std::collections::BTreeSet<_> = all.iter().map(|it| it.key().run_id).collect();
    assert_eq!(runs.len(), 30);
    assert!(world.start(100).await.is_empty());
    assert!(!world.store.runs_waiting().await.unwrap());
}

pub async fn limits_hold_while_several_claim_at_once(db: Arc<Database>) {
    let world = World::new(&db).await;
    let second = world.another_tenant("Second").await;
    let settings = QueueSettings {
        tenant_limit: 5,
        connection_limit: 3,
        ..QueueSettings::default()
    };
    world.queue(&world.tenant, 60).await;
    world.queue(&second, 60).await;
    let connection = db.id(world.connection.as_uuid());
    let uses = format!("update run_queue set connection_id = {connection}");
    world.queue_sql(&uses, &world.tenant).await;
    let processes = match db.dialect {
        Dialect::Sqlite => 2,
        Dialect::Postgres => 4,
    };
    let claims: Vec<_> = futures_of(&world, processes, settings).await;
    let started: usize = claims.iter().sum();
    assert_eq!(
        world.under_way(&world.tenant).await,
        3,
        "the connection's limit"
    );
    assert_eq!(world.under_way(&second).await, 5, "the tenant's limit");
    assert_eq!(started, 8);
}

/// Processes that claim at once, each until it finds nothing more to take; answers how many runs each took.
async fn futures_of(world: &World, processes: usize, settings: QueueSettings) -> Vec<usize> {
    let mut tasks = Vec::new();
    for _ in 0..processes {
        let store: Store = world.db.another_store().await.with_queue(settings);
        tasks.push(tokio::spawn(async move {
            let mut started = 0;
            // Often enough that everybody looks again after the others have committed.
            for _ in 0..20 {
                let claimed = store.runs_start(worker(), 4).await.unwrap();
                started += claimed.running.len();
            }
            store.close().await;
            started
        }));
    }
    let mut started = Vec::new();
    for task in tasks {
        started.push(task.await.unwrap());
    }
    started
}

pub async fn a_tenant_leaves_the_last_slot_to_the_others(db: Arc<Database>) {
    let world = World::new(&db).await;
    world.queue(&world.tenant, 50).await;
    let sparing = async |free| {
        let started = world.store.runs_start_sparing(worker(), free, 1).await;
        started.unwrap().running
    };
    assert_eq!(sparing(4).await.len(), 3);
    assert_eq!(
        sparing(1).await.len(),
        0,
        "the last one is not for this tenant"
    );
    let second = world.another_tenant("Second").await;
    world.queue(&second, 2).await;
    let running = sparing(1).await;
    assert_eq!(tenants_of(&running), [second.id()]);
}

pub async fn people_go_first_and_what_waits_long_is_not_forgotten(db: Arc<Database>) {
    let world = World::new(&db).await;
    let system = world.another_tenant("Of the system").await;
    world.queue(&system, 8).await;
    world
        .queue_sql("update run_queue set priority = 1", &system)
        .await;
    world.queue(&world.tenant, 8).await;
    let mut order = Vec::new();
    for _ in 0..8 {
        let running = world.start(1).await;
        order.extend(tenants_of(&running));
        for running in running {
            world.succeed(running).await;
        }
    }
    assert_eq!(order, [world.tenant.id(); 8], "people go first");

    // The system's have waited for longer than anybody has to: every fourth start is theirs.
    let long_ago = "update run_queue set available_at = 1";
    world.queue_sql(long_ago, &system).await;
    world.queue(&world.tenant, 16).await;
    let mut aged = 0;
    for _ in 0..16 {
        let running = world.start(1).await;
        aged += tenants_of(&running)
            .iter()
            .filter(|it| **it == system.id())
            .count();
        for running in running {
            world.succeed(running).await;
        }
    }
    assert_eq!(aged, 4);
    // With nobody else there they need not wait at all.
    let rest = world.start(100).await;
    assert_eq!(rest.len(), 4 + 4);
}
