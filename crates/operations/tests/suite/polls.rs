//! Polls: nothing that a page shows changes without its version, and access is asked for every time.

use std::{fmt::Debug, sync::Arc};

use domain::{
    capability::Role,
    error::ApiError,
    ids::RunId,
    summary::SummaryCounts,
    time::{HOUR, Timestamp},
    views::{Live, OperationsQuery, OperationsView, Polled, RunView, TenantView},
};
use graph_sandbox::FaultKind;
use operations::Scope;
use store::ItemOutcome;
use uuid::Uuid;

use crate::{
    play::on_both,
    world::{CHECK, SYNC, World, changed},
};

on_both! {
    v14_nothing_that_is_shown_changes_without_its_version,
    v14_what_moves_elsewhere_is_no_news,
    v14_an_unchanged_poll_is_small_and_tells_the_time,
    v02_an_access_change_is_seen_by_the_next_poll,
}

fn all() -> OperationsQuery {
    OperationsQuery {
        tenant: "all".to_owned(),
        ..OperationsQuery::default()
    }
}

fn queries() -> Vec<OperationsQuery> {
    let words = |state: &str, q: &str, since: &str| OperationsQuery {
        state: state.to_owned(),
        q: q.to_owned(),
        since: since.to_owned(),
        ..all()
    };
    vec![
        all(),
        OperationsQuery::default(),
        words("blocked", "", ""),
        words("active", "", ""),
        words("", "olivia", ""),
        words("", "dana", "24h"),
    ]
}

/// What one page shows, and what the next poll names.
struct Shown<T> {
    view: T,
    version: String,
}

impl<T: Polled + Clone + PartialEq + Debug> Shown<T> {
    fn first(view: T) -> Self {
        let version = view.version().to_owned();
        Self { view, version }
    }

    /// Takes a poll's answer; `fresh` is the same page as somebody sees it who asks for the first time.
    fn follow(&mut self, poll: Live<T>, fresh: T, bare: fn(T) -> T, what: &str) {
        match poll {
            Live::Unchanged { version, .. } => self.version = version,
            Live::Changed(view) => *self = Self::first(view),
        }
        assert_eq!(bare(self.view.clone()), bare(fresh), "{what}");
    }
}

fn bare_list(mut view: OperationsView) -> OperationsView {
    (view.version, view.as_of) = (String::new(), Timestamp(0));
    view
}

fn bare_run(mut view: RunView) -> RunView {
    (view.version, view.as_of) = (String::new(), Timestamp(0));
    view
}

fn bare_tenant(mut view: TenantView) -> TenantView {
    (view.version, view.as_of) = (String::new(), Timestamp(0));
    view
}

/// Everything a person watches at once.
struct Watch {
    scope: Scope,
    lists: Vec<(OperationsQuery, Shown<OperationsView>)>,
    run: (RunId, Shown<RunView>),
    tenant: Shown<TenantView>,
}

impl Watch {
    async fn begin(world: &World, scope: &Scope, run: RunId) -> Self {
        let services = &world.services;
        let mut lists = Vec::new();
        for query in queries() {
            let view = services.operations_page(scope, &query, None).await;
            lists.push((query, Shown::first(changed(view))));
        }
        let site = world.sites[0].id();
        let tenant = services.tenant_page(scope, &site, None, None);
        Self {
            scope: scope.clone(),
            lists,
            run: (run, Shown::first(world.seen_by(scope, run).await)),
            tenant: Shown::first(changed(tenant.await)),
        }
    }

    async fn look(&mut self, world: &World, what: &str) {
        let (services, scope) = (&world.services, &self.scope);
        for (query, shown) in &mut self.lists {
            let fresh = changed(services.operations_page(scope, query, None).await);
            let poll = services
                .operations_page(scope, query, Some(&shown.version))
                .await;
            let what = format!("{what}: {query:?}");
            shown.follow(poll.unwrap(), fresh, bare_list, &what);
        }
        let (run, shown) = &mut self.run;
        let fresh = world.seen_by(scope, *run).await;
        let poll = services
            .run_page(scope, &run.to_string(), Some(&shown.version))
            .await;
        shown.follow(poll.unwrap(), fresh, bare_run, what);
        let tenant = world.sites[0].id();
        let fresh = changed(services.tenant_page(scope, &tenant, None, None).await);
        let poll = services
            .tenant_page(scope, &tenant, None, Some(&self.tenant.version))
            .await;
        self.tenant.follow(poll.unwrap(), fresh, bare_tenant, what);
    }
}

async fn v14_nothing_that_is_shown_changes_without_its_version(world: Arc<World>) {
    let services = &world.services;
    let store = services.store();
    let dana = world.operator("dana").await;
    let first = world.ask(&dana, 0, CHECK).await;
    let mut watches = [
        Watch::begin(&world, &world.owner, first).await,
        Watch::begin(&world, &dana, first).await,
    ];
    let mut look = async |what: &str| {
        for watch in &mut watches {
            watch.look(&world, what).await;
        }
    };
    look("nothing").await;
    world.ask(&world.owner, 1, CHECK).await;
    look("a request elsewhere").await;

    // One step of a run after the other, by a worker of the test's own.
    let worker = domain::ids::WorkerId::from_uuid(Uuid::now_v7());
    let started = store.runs_start(worker, 1).await.unwrap();
    look("a start").await;
    let running = &started.running[0];
    for outcome in ["running", "succeeded"] {
        let item = ItemOutcome {
            position: 0,
            key: "step",
            label: "Step",
            outcome,
            reason_code: None,
            message: None,
            objects: None,
        };
        let counts = SummaryCounts::default();
        store.run_progress(running, &item, &counts).await.unwrap();
        look("progress").await;
    }
    store.runs_hand_back(worker).await.unwrap();
    look("a run handed back").await;
    world.pool().drain().await.unwrap();
    look("ends").await;

    world.break_for(0, "", FaultKind::WrongSecret);
    let failed = world.work(0, SYNC).await.id;
    look("a failure").await;
    world.sandbox.faults().clear();
    services
        .retry(&world.owner, &failed.to_string())
        .await
        .unwrap();
    look("a retry").await;
    let tenant = world.sites[0].id();
    services
        .connection_disable(&world.owner, &tenant)
        .await
        .unwrap();
    look("a connection switched off").await;
    world.pool().drain().await.unwrap();
    look("a run that was blocked").await;
    let someone = dana.user_id().to_string();
    services
        .member_set_role(&world.owner, Some(&tenant), &someone, "readonly")
        .await
        .unwrap();
    look("a lowered role").await;
    services
        .member_set_role(&world.owner, None, &someone, "manager")
        .await
        .unwrap();
    look("a role in the workspace").await;
    let name = world.access(0).await.name().to_owned();
    services
        .archive(&world.owner, &tenant, &name)
        .await
        .unwrap();
    look("an archived tenant").await;
    let new = world
        .tenant(
            &world.owner,
            "New tenant",
            domain::lifecycle::TenantLifecycle::Active,
        )
        .await;
    look("a new tenant").await;
    let new = store.tenant(&world.owner, new).await.unwrap();
    store
        .tenant_role_set(&world.owner, &new, dana.user_id(), Role::Operator)
        .await
        .unwrap();
    look("a tenant opened to somebody").await;
    // The old selection of a session is a new premise for its next one.
    services
        .select_tenant(&world.owner, &world.sites[1].id())
        .await
        .unwrap();
    look("another selection").await;
}

async fn v14_what_moves_elsewhere_is_no_news(world: Arc<World>) {
    let services = &world.services;
    let over = world.work(0, CHECK).await;
    world.ask(&world.owner, 0, SYNC).await;
    let poll = services
        .run_page(&world.owner, &over.id.to_string(), Some(&over.version))
        .await;
    let Live::Unchanged { version, .. } = poll.unwrap() else {
        panic!("another run of the tenant changes nothing about this one");
    };
    assert_ne!(version, over.version, "the next poll is cheap again");
    // Runs of tenants that somebody may not see do not move that person's list at all.
    world.pool().drain().await.unwrap();
    let dana = world.operator("dana").await;
    let list = changed(services.operations_page(&dana, &all(), None).await);
    world.work(1, SYNC).await;
    let poll = services
        .operations_page(&dana, &all(), Some(&list.version))
        .await;
    let Live::Unchanged { version, .. } = poll.unwrap() else {
        panic!("a hidden tenant's run is no news");
    };
    assert_eq!(version, list.version);
}

async fn v14_an_unchanged_poll_is_small_and_tells_the_time(world: Arc<World>) {
    let services = &world.services;
    world.work(0, CHECK).await;
    let day = OperationsQuery {
        since: "24h".to_owned(),
        ..all()
    };
    for query in [all(), day] {
        let list = changed(services.operations_page(&world.owner, &query, None).await);
        assert_eq!(list.rows.len(), 1);
        let poll = services
            .operations_page(&world.owner, &query, Some(&list.version))
            .await
            .unwrap();
        let bytes = serde_json::to_vec(&poll).unwrap().len();
        assert!(bytes <= 300, "{bytes} bytes");
        let Live::Unchanged { as_of, .. } = poll else {
            panic!("nothing happened");
        };
        assert!(as_of >= list.as_of);
        // The run leaves a window of time by itself: past that moment, the same version holds no more.
        let until: Option<i64> = list.version.split('.').nth(2).map(|at| at.parse().unwrap());
        let leaves = list.rows[0].queued_at.plus(24 * HOUR);
        assert_eq!(until, (!query.since.is_empty()).then_some(leaves.0));
        if until.is_some() {
            let parts: Vec<_> = list.version.split('.').collect();
            let past = format!("{}.{}.{}", parts[0], "other", list.as_of.0 - 1);
            let poll = services
                .operations_page(&world.owner, &query, Some(&past))
                .await;
            assert_eq!(changed(poll).rows, list.rows);
        }
    }
}

async fn v02_an_access_change_is_seen_by_the_next_poll(world: Arc<World>) {
    let services = &world.services;
    let dana = world.operator("dana").await;
    let run = world.ask(&dana, 0, CHECK).await;
    let page = world.seen_by(&dana, run).await;
    let list = changed(services.operations_page(&dana, &all(), None).await);
    assert_eq!(list.rows.len(), 1);
    let (tenant, someone) = (world.sites[0].id(), dana.user_id().to_string());
    services
        .member_remove(&world.owner, Some(&tenant), &someone)
        .await
        .unwrap();
    let poll = services
        .run_page(&dana, &run.to_string(), Some(&page.version))
        .await;
    assert_eq!(poll.unwrap_err(), ApiError::NotFound);
    let poll = services
        .tenant_page(&dana, &tenant, None, Some("anything"))
        .await;
    assert_eq!(poll.unwrap_err(), ApiError::NotFound);
    let poll = services
        .operations_page(&dana, &all(), Some(&list.version))
        .await;
    let list = changed(poll);
    assert!(list.rows.is_empty() && list.tabs.iter().all(|tab| tab.count == 0));
    services
        .member_remove(&world.owner, None, &someone)
        .await
        .unwrap();
    let poll = services
        .operations_page(&dana, &all(), Some(&list.version))
        .await;
    assert_eq!(poll.unwrap_err(), ApiError::NotFound);
}
