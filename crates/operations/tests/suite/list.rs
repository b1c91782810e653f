//! The operations list: filters, pages, search, and words that mean nothing.

use std::sync::Arc;

use domain::{
    error::ApiError,
    ids::RunId,
    views::{Live, OperationsQuery, OperationsView},
};
use graph_sandbox::FaultKind;
use operations::{SampleDirectory, Scope};

use crate::{
    play::on_both,
    world::{CHECK, SYNC, World, changed},
};

on_both! {
    v08_the_list_is_about_the_selected_tenant,
    filters_narrow_the_list,
    search_finds_ids_tenants_and_people,
    words_that_mean_nothing_are_refused,
    every_row_comes_once_over_all_pages,
    v14_a_poll_with_nothing_new_is_unchanged,
}

async fn page(world: &World, scope: &Scope, query: OperationsQuery) -> OperationsView {
    changed(world.services.operations_page(scope, &query, None).await)
}

fn ids(view: &OperationsView) -> Vec<RunId> {
    view.rows.iter().map(|row| row.id).collect()
}

fn all() -> OperationsQuery {
    OperationsQuery {
        tenant: "all".to_owned(),
        ..OperationsQuery::default()
    }
}

async fn v08_the_list_is_about_the_selected_tenant(world: Arc<World>) {
    let here = world.work(0, CHECK).await.id;
    let there = world.work(1, CHECK).await.id;
    let query = OperationsQuery::default();
    let view = page(&world, &world.owner, query.clone()).await;
    assert_eq!((view.scope, view.rows.len()), (None, 2));
    let services = &world.services;
    services
        .select_tenant(&world.owner, &world.sites[1].id())
        .await
        .unwrap();
    let token = services
        .sign_in(
            world.owner.email(),
            crate::world::OWNER_PASSWORD,
            "192.0.2.1",
            crate::world::request(),
        )
        .await
        .unwrap();
    // A selection is one session's: another one starts without.
    let scope = world.resolve(&token).await;
    assert_eq!(ids(&page(&world, &scope, query.clone()).await).len(), 2);
    services
        .select_tenant(&scope, &world.sites[1].id())
        .await
        .unwrap();
    let scope = world.resolve(&token).await;
    let view = page(&world, &scope, query.clone()).await;
    assert_eq!(view.scope.as_ref().unwrap().id, world.sites[1].id);
    assert_eq!(ids(&view), [there]);
    assert_eq!(ids(&page(&world, &scope, all()).await), [there, here]);
    let named = OperationsQuery {
        tenant: world.sites[0].id(),
        ..query.clone()
    };
    assert_eq!(ids(&page(&world, &scope, named).await), [here]);
    // Viewing a run of another tenant says so and moves nothing (V-03, V-04).
    let seen = world.seen_by(&scope, here).await;
    assert_eq!(seen.banner[0].kind, "context_mismatch");
    let scope = world.resolve(&token).await;
    assert_eq!(scope.selected_tenant(), Some(world.sites[1].id));
    // Archived tenants are not selected any more.
    let name = world.access(1).await.name().to_owned();
    services
        .archive(&world.owner, &world.sites[1].id(), &name)
        .await
        .unwrap();
    let scope = world.resolve(&token).await;
    assert_eq!(page(&world, &scope, query).await.scope, None);
    let refused = services.select_tenant(&scope, &world.sites[1].id()).await;
    assert_eq!(refused.unwrap_err().status(), 409);
}

async fn filters_narrow_the_list(world: Arc<World>) {
    let dana = world.operator("dana").await;
    let good = world.work(0, CHECK).await.id;
    world.break_for(0, "", FaultKind::WrongSecret);
    let failed = world.work(0, SYNC).await.id;
    world.sandbox.faults().clear();
    let hers = world.ask(&dana, 0, CHECK).await;
    let mine = |word: &str| OperationsQuery {
        initiator: word.to_owned(),
        ..all()
    };
    let state = |word: &str| OperationsQuery {
        state: word.to_owned(),
        ..all()
    };
    for (query, expected) in [
        (all(), vec![hers, failed, good]),
        (state("all"), vec![hers, failed, good]),
        (state("failed"), vec![failed]),
        (state("succeeded"), vec![good]),
        (state("active"), vec![hers]),
        (state("queued"), vec![hers]),
        (state("running"), vec![]),
        (
            OperationsQuery {
                operation: SYNC.to_owned(),
                ..all()
            },
            vec![failed],
        ),
        (mine("mine"), vec![failed, good]),
        (mine("any"), vec![hers, failed, good]),
        (mine("system"), vec![]),
        (
            OperationsQuery {
                since: "1h".to_owned(),
                ..all()
            },
            vec![hers, failed, good],
        ),
        (
            OperationsQuery {
                sort: "oldest".to_owned(),
                ..all()
            },
            vec![good, failed, hers],
        ),
        (
            OperationsQuery {
                q: "dana".to_owned(),
                ..mine("mine")
            },
            vec![],
        ),
        (
            OperationsQuery {
                q: "olivia".to_owned(),
                ..mine("mine")
            },
            vec![failed, good],
        ),
    ] {
        let view = page(&world, &world.owner, query.clone()).await;
        assert_eq!(ids(&view), expected, "{query:?}");
        // The tabs count the same, whatever else is filtered.
        let counts: Vec<_> = view
            .tabs
            .iter()
            .map(|tab| (&*tab.state, tab.count))
            .collect();
        assert_eq!(
            counts,
            [
                ("active", 1),
                ("blocked", 0),
                ("failed", 1),
                ("indeterminate", 0)
            ]
        );
    }
}

async fn search_finds_ids_tenants_and_people(world: Arc<World>) {
    let dana = world.operator("dana").await;
    let here = world.ask(&dana, 0, CHECK).await;
    let there = world.work(1, CHECK).await.id;
    let find = |q: &str| OperationsQuery {
        q: q.to_owned(),
        ..all()
    };
    let tenant = world.sites[1].seed.display_name.to_uppercase();
    for (q, expected) in [
        (here.to_string(), vec![here]),
        (tenant, vec![there]),
        ("DAN".to_owned(), vec![here]),
        ("  dana ".to_owned(), vec![here]),
        ("%".to_owned(), vec![]),
        ("d_na".to_owned(), vec![]),
        ("' or 1=1 --".to_owned(), vec![]),
        ("no such thing".to_owned(), vec![]),
    ] {
        let view = page(&world, &world.owner, find(&q)).await;
        let found: Vec<_> = ids(&view)
            .into_iter()
            .filter(|id| [here, there].contains(id))
            .collect();
        assert_eq!(found, expected, "{q}");
    }
}

async fn words_that_mean_nothing_are_refused(world: Arc<World>) {
    let query = OperationsQuery::default;
    let word = || "nonsense".to_owned();
    for (query, field) in [
        (
            OperationsQuery {
                state: word(),
                ..query()
            },
            "state",
        ),
        (
            OperationsQuery {
                operation: word(),
                ..query()
            },
            "operation",
        ),
        (
            OperationsQuery {
                initiator: word(),
                ..query()
            },
            "initiator",
        ),
        (
            OperationsQuery {
                since: word(),
                ..query()
            },
            "since",
        ),
        (
            OperationsQuery {
                sort: word(),
                ..query()
            },
            "sort",
        ),
        (
            OperationsQuery {
                after: word(),
                ..query()
            },
            "after",
        ),
        (
            OperationsQuery {
                after: "1_x".to_owned(),
                ..query()
            },
            "after",
        ),
    ] {
        let answer = world
            .services
            .operations_page(&world.owner, &query, None)
            .await;
        assert!(
            matches!(answer, Err(ApiError::Invalid { field: f, .. }) if f == field),
            "{field}"
        );
    }
    let foreign = OperationsQuery {
        tenant: word(),
        ..query()
    };
    let answer = world
        .services
        .operations_page(&world.owner, &foreign, None)
        .await;
    assert_eq!(answer.unwrap_err(), ApiError::NotFound);
}

async fn every_row_comes_once_over_all_pages(world: Arc<World>) {
    // The history of the sample is long enough for several pages.
    let directories: Vec<_> = (0..6)
        .map(|n| SampleDirectory {
            name: format!("Directory {n}"),
            entra_tenant_id: format!("directory {n}"),
            client_id: world.sites[0].seed.client_id.clone(),
            client_secret: "unused".to_owned(),
        })
        .collect();
    let accounts = world.services.make_sample(&directories, 3).await.unwrap();
    let account = &accounts[0];
    let token = world
        .services
        .sign_in(
            &account.email,
            &account.password,
            "192.0.2.1",
            crate::world::request(),
        )
        .await
        .unwrap();
    let scope = world.resolve(&token).await;
    for sort in ["newest", "oldest"] {
        let (mut seen, mut after, mut times) = (Vec::new(), String::new(), Vec::new());
        loop {
            let query = OperationsQuery {
                sort: sort.to_owned(),
                after,
                ..all()
            };
            let view = page(&world, &scope, query).await;
            assert!(view.rows.len() <= 50);
            times.extend(view.rows.iter().map(|row| row.queued_at));
            seen.extend(ids(&view));
            match view.next {
                Some(next) => after = next,
                None => break,
            }
        }
        assert!(seen.len() > 150, "{} rows", seen.len());
        assert!(times.is_sorted() || times.iter().rev().is_sorted());
        let rows = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), rows, "each once, {sort}");
    }
}

async fn v14_a_poll_with_nothing_new_is_unchanged(world: Arc<World>) {
    let services = &world.services;
    let run = world.ask(&world.owner, 0, CHECK).await;
    let list = page(&world, &world.owner, all()).await;
    let view = world.view(run).await;
    let tenant = world.sites[0].id();
    let home = changed(
        services
            .tenant_page(&world.owner, &tenant, None, None)
            .await,
    );
    let poll = services
        .operations_page(&world.owner, &all(), Some(&list.version))
        .await;
    assert!(matches!(poll.unwrap(), Live::Unchanged { .. }));
    let poll = services
        .run_page(&world.owner, &run.to_string(), Some(&view.version))
        .await;
    assert!(matches!(poll.unwrap(), Live::Unchanged { .. }));
    let poll = services
        .tenant_page(&world.owner, &tenant, None, Some(&home.version))
        .await;
    assert!(matches!(poll.unwrap(), Live::Unchanged { .. }));
    world.pool().drain().await.unwrap();
    let poll = services
        .operations_page(&world.owner, &all(), Some(&list.version))
        .await;
    assert_ne!(changed(poll).version, list.version);
    let poll = services
        .run_page(&world.owner, &run.to_string(), Some(&view.version))
        .await;
    assert_ne!(changed(poll).version, view.version);
    let poll = services
        .tenant_page(&world.owner, &tenant, None, Some(&home.version))
        .await;
    assert_ne!(changed(poll).version, home.version);
}
