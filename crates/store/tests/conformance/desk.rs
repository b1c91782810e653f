//! Requests that come together: one transaction, and each is answered as if it had come alone.

use std::sync::{Arc, Mutex};

use domain::{
    capability::Role, lifecycle::TenantLifecycle, operation::OperationType, reason::ReasonCode,
};
use sqlx::{Postgres, Sqlite, Transaction};
use store::{
    Requested, RunDraft, Scope, StoreError, TenantAccess,
    conformance::{Border, with_border},
};
use tokio::sync::Semaphore;

use crate::{
    database::{Database, Dialect, Raw},
    world::{World, accepted},
};

use OperationType::{ConnectionCheck, InventorySync};

/// Somebody who keeps a request in the tenant waiting, until they are dropped or let go.
enum Holder {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Holder {
    async fn of(db: &Database, tenant: &TenantAccess) -> Self {
        match &db.raw {
            Raw::Sqlite(pool) => Self::Sqlite(pool.begin_with("begin immediate").await.unwrap()),
            Raw::Postgres(pool) => {
                let mut tx = pool.begin_with("begin").await.unwrap();
                let held = sqlx::query("select 1 from tenants where id = $1 for update");
                let held = held.bind(tenant.id().as_uuid()).execute(&mut *tx).await;
                assert_eq!(held.unwrap().rows_affected(), 1);
                Self::Postgres(tx)
            }
        }
    }

    async fn lets_go(self) {
        match self {
            Self::Sqlite(tx) => tx.rollback().await.unwrap(),
            Self::Postgres(tx) => tx.rollback().await.unwrap(),
        }
    }
}

async fn ask(
    world: &World,
    scope: &Scope,
    tenant: &TenantAccess,
    operation: OperationType,
) -> Result<Requested, StoreError> {
    let draft = RunDraft {
        operation,
        tenant,
        retry_of: None,
    };
    world.store.run_request(scope, draft).await
}

/// How many transactions some work begins and commits; none begins before all of it has come.
#[derive(Clone)]
struct Transactions {
    count: Arc<Mutex<(usize, usize)>>,
    has_come: Arc<Semaphore>,
}

impl Transactions {
    fn new() -> Self {
        Self {
            count: Arc::default(),
            has_come: Arc::new(Semaphore::new(0)),
        }
    }

    async fn of<T>(&self, work: impl Future<Output = T>) -> T {
        let all = self.clone();
        let border: Border = Arc::new(move |name| {
            let mut count = all.count.lock().unwrap();
            count.0 += usize::from(name == "begin");
            count.1 += usize::from(name == "commit");
            let has_come = Arc::clone(&all.has_come);
            Box::pin(async move {
                if name == "begin" {
                    drop(has_come.acquire().await.unwrap());
                }
            })
        });
        with_border(border, work).await
    }

    /// Everybody is there.
    async fn all_have_come(&self) {
        self.has_come.add_permits(1);
    }

    fn begun_and_committed(&self) -> (usize, usize) {
        *self.count.lock().unwrap()
    }
}

pub async fn r07_requests_that_come_together_are_answered_each_as_if_alone(db: Arc<Database>) {
    let world = World::new(&db).await;
    let owner = &world.owner;
    let reader = world
        .person("reader", Some(Role::Owner), Some(Role::Readonly))
        .await;
    let stranger = world.operator("stranger").await;
    let user = stranger.user_id();
    let leaves = world.store.tenant_member_remove(owner, &world.tenant, user);
    leaves.await.unwrap();
    let [held, twice, busy, archived] = [
        world.another_tenant("Held").await,
        world.another_tenant("Twice").await,
        world.another_tenant("Busy").await,
        world.another_tenant("Archived").await,
    ];
    let lifecycle = TenantLifecycle::Archived;
    let archive = world
        .store
        .tenant_lifecycle_set(owner, &archived, lifecycle);
    archive.await.unwrap();

    let transactions = Transactions::new();
    // The first one is a group of its own, which begins when all others have come.
    let together = transactions.of(async {
        tokio::join!(
            biased;
            ask(&world, owner, &held, InventorySync),
            ask(&world, owner, &twice, InventorySync),
            ask(&world, owner, &twice, InventorySync),
            ask(&world, owner, &busy, ConnectionCheck),
            ask(&world, owner, &busy, InventorySync),
            ask(&world, owner, &archived, InventorySync),
            ask(&world, &reader, &world.tenant, InventorySync),
            ask(&world, &stranger, &world.tenant, InventorySync),
            transactions.all_have_come(),
        )
    });
    let (first, once, again, check, sync, blocked, forbidden, unknown, ()) = together.await;
    accepted(first.unwrap());
    let run = accepted(once.unwrap());
    assert_eq!(again.unwrap(), Requested::Deduped(run));
    match (check.unwrap(), sync.unwrap()) {
        (Requested::Accepted(first), Requested::ScopeBusy(way))
        | (Requested::ScopeBusy(way), Requested::Accepted(first)) => assert_eq!(first, way),
        other => panic!("{other:?}"),
    }
    let Requested::Blocked(blocked, ReasonCode::TenantNotOperable) = blocked.unwrap() else {
        panic!("an archived tenant");
    };
    assert!(matches!(forbidden.unwrap(), Requested::Forbidden(_)));
    assert!(matches!(unknown, Err(StoreError::NotFound)), "{unknown:?}");
    // The last one looks at what stood in the way of two of the group, and writes nothing.
    assert_eq!(transactions.begun_and_committed(), (3, 2));

    let count = "select count(*) from operation_runs";
    assert_eq!(db.raw.int(count).await, Some(4));
    assert_eq!(db.raw.int("select count(*) from run_queue").await, Some(3));
    assert_eq!(world.audited("run.requested", run).await, 1);
    assert_eq!(world.audited("run.blocked", blocked).await, 1);
    assert_eq!(world.count("run_decisions", blocked).await, 1);
    assert_eq!(world.count("notifications", blocked).await, 1);
    world.chains_hold().await;
}

pub async fn r07_a_request_that_fails_takes_no_other_with_it(db: Arc<Database>) {
    let world = World::new(&db).await;
    let owner = &world.owner;
    let [held, odd, well] = [
        world.another_tenant("Held").await,
        world.another_tenant("Odd").await,
        world.another_tenant("Well").await,
    ];
    let id = db.id(odd.id().as_uuid());
    let refuses = match &db.raw {
        Raw::Sqlite(_) => format!(
            "create trigger odd before insert on operation_runs when new.tenant_id = {id}
             begin select raise(abort, 'odd'); end"
        ),
        Raw::Postgres(_) => {
            format!("alter table operation_runs add constraint odd check (tenant_id <> {id})")
        }
    };
    db.raw.run(&refuses).await;
    let transactions = Transactions::new();
    let together = transactions.of(async {
        tokio::join!(
            biased;
            ask(&world, owner, &held, InventorySync),
            ask(&world, owner, &odd, InventorySync),
            ask(&world, owner, &well, InventorySync),
            transactions.all_have_come(),
        )
    });
    let (first, fails, goes_on, ()) = together.await;
    accepted(first.unwrap());
    assert!(matches!(fails, Err(StoreError::Database(_))), "{fails:?}");
    let run = accepted(goes_on.unwrap());
    // The first one, both together, and each of them by itself.
    assert_eq!(transactions.begun_and_committed(), (4, 2));
    assert_eq!(world.audited("run.requested", run).await, 1);
    assert_eq!(db.raw.int("select count(*) from run_queue").await, Some(2));
    world.chains_hold().await;
}

pub async fn r07_all_are_told_that_nothing_can_be_written(db: Arc<Database>) {
    let mut world = World::new(&db).await;
    let writable = std::mem::replace(&mut world.store, db.read_only().await);
    let (owner, tenant) = (&world.owner, &world.tenant);
    let transactions = Transactions::new();
    let together = transactions.of(async {
        tokio::join!(
            biased;
            ask(&world, owner, tenant, InventorySync),
            ask(&world, owner, tenant, InventorySync),
            ask(&world, owner, tenant, ConnectionCheck),
            transactions.all_have_come(),
        )
    });
    let (first, second, third, ()) = together.await;
    for told in [first, second, third] {
        assert!(matches!(told, Err(StoreError::NotWritable(_))), "{told:?}");
    }
    assert_eq!(transactions.begun_and_committed(), (2, 0));
    world.store.close().await;
    writable.close().await;
}

pub async fn who_has_gone_before_their_group_begins_asks_for_nothing(db: Arc<Database>) {
    let world = World::new(&db).await;
    let owner = &world.owner;
    let [held, left] = [
        world.another_tenant("Held").await,
        world.another_tenant("Left").await,
    ];
    let holder = Holder::of(&db, &held).await;
    let leaves = async {
        looks_and_goes(&world, &left).await;
        holder.lets_go().await;
    };
    let (first, ()) = tokio::join!(biased; ask(&world, owner, &held, InventorySync), leaves);
    accepted(first.unwrap());
    let next = ask(&world, owner, &world.tenant, InventorySync).await;
    accepted(next.unwrap());
    let count = "select count(*) from operation_runs";
    assert_eq!(db.raw.int(count).await, Some(2));
}

/// Looks at a request once, and goes.
async fn looks_and_goes(world: &World, tenant: &TenantAccess) {
    tokio::select! {
        biased;
        answer = ask(world, &world.owner, tenant, InventorySync) => panic!("{answer:?}"),
        () = std::future::ready(()) => {}
    }
}

pub async fn who_goes_with_the_turn_takes_it_from_nobody(db: Arc<Database>) {
    let world = World::new(&db).await;
    let [gone, other] = [
        world.another_tenant("Gone").await,
        world.another_tenant("Other").await,
    ];
    let holder = Holder::of(&db, &gone).await;
    looks_and_goes(&world, &gone).await;
    let asked = ask(&world, &world.owner, &other, InventorySync);
    let (asked, ()) = tokio::join!(biased; asked, holder.lets_go());
    accepted(asked.unwrap());
    world.chains_hold().await;
}

pub async fn who_goes_in_the_middle_of_a_group_breaks_it_off_for_nobody(db: Arc<Database>) {
    let world = World::new(&db).await;
    let owner = &world.owner;
    let [held, gone, other] = [
        world.another_tenant("Held").await,
        world.another_tenant("Gone").await,
        world.another_tenant("Other").await,
    ];
    let [all_there, is_written, has_gone] = [(); 3].map(|()| Arc::new(Semaphore::new(0)));
    let (begins, commits, goes_on) = (all_there.clone(), is_written.clone(), has_gone.clone());
    let groups = Arc::new(Mutex::new(0));
    let begun = Arc::clone(&groups);
    let border: Border = Arc::new(move |name| {
        *begun.lock().unwrap() += usize::from(name == "begin");
        let is_second = *begun.lock().unwrap() == 2;
        let (begins, commits, goes_on) = (begins.clone(), commits.clone(), goes_on.clone());
        Box::pin(async move {
            if name == "begin" {
                drop(begins.acquire().await.unwrap());
            } else if name == "commit" && is_second {
                commits.add_permits(1);
                drop(goes_on.acquire().await.unwrap());
            }
        })
    });
    // The second one has the turn when the first one's group is over, and takes the third one with it.
    let goes = async {
        tokio::select! {
            biased;
            answer = ask(&world, owner, &gone, InventorySync) => panic!("{answer:?}"),
            _ = is_written.acquire() => {}
        }
        has_gone.add_permits(1);
    };
    let come = async { all_there.add_permits(1) };
    let together = with_border(border, async {
        tokio::join!(
            biased;
            ask(&world, owner, &held, InventorySync),
            goes,
            ask(&world, owner, &other, InventorySync),
            come,
        )
    });
    let (first, (), third, ()) = together.await;
    accepted(first.unwrap());
    accepted(third.unwrap());
    assert_eq!(*groups.lock().unwrap(), 2);
    // What was begun for somebody who is gone is there, too: they find it when they come back.
    let count = "select count(*) from operation_runs";
    assert_eq!(db.raw.int(count).await, Some(3));
    world.chains_hold().await;
}

/// On SQLite whoever writes holds everybody up.
pub async fn who_waits_for_a_lock_holds_nobody_else_up(db: Arc<Database>) {
    if db.dialect == Dialect::Sqlite {
        return;
    }
    let world = World::new(&db).await;
    let owner = &world.owner;
    let [held, stuck, well, later] = [
        world.another_tenant("Held").await,
        world.another_tenant("Stuck").await,
        world.another_tenant("Well").await,
        world.another_tenant("Later").await,
    ];
    let [first, second] = [Holder::of(&db, &held).await, Holder::of(&db, &stuck).await];
    let others = async {
        // In one group with the one that is stuck, and in the next one.
        accepted(ask(&world, owner, &well, InventorySync).await.unwrap());
        accepted(ask(&world, owner, &later, InventorySync).await.unwrap());
        second.lets_go().await;
    };
    // More of them than are asked for by themselves at once.
    let press = || ask(&world, owner, &stuck, InventorySync);
    let stuck_ones = async { tokio::join!(biased; press(), press(), press(), press(), press()) };
    let (before, waits, (), ()) = tokio::join!(
        biased;
        ask(&world, owner, &held, InventorySync),
        stuck_ones,
        others,
        first.lets_go(),
    );
    accepted(before.unwrap());
    let run = accepted(waits.0.unwrap());
    for waits in [waits.1, waits.2, waits.3, waits.4] {
        assert_eq!(waits.unwrap(), Requested::Deduped(run));
    }

    // Alone in its group, it is waited for no longer than a turn.
    let third = Holder::of(&db, &world.tenant).await;
    let free = world.another_tenant("Free").await;
    let other = async {
        accepted(ask(&world, owner, &free, InventorySync).await.unwrap());
        third.lets_go().await;
    };
    let alone = ask(&world, owner, &world.tenant, InventorySync);
    let (waits, ()) = tokio::join!(biased; alone, other);
    accepted(waits.unwrap());
    world.chains_hold().await;
}
