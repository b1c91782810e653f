//! What a person may not know of answers as what does not exist (V-02, V-16, V-17).

use std::{pin::Pin, sync::Arc};

use domain::{capability::Role, error::ApiError, views::OperationsQuery};
use operations::{Scope, Services};
use uuid::Uuid;

use crate::{
    play::on_both,
    world::{CHECK, SYNC, World},
};

on_both! {
    v02_unknown_malformed_and_foreign_ids_answer_alike,
    v16_a_member_of_the_workspace_knows_no_tenant_of_it,
    v17_readonly_views_checks_and_not_syncs,
    v17_who_asked_for_a_run_reads_how_it_went,
    v17_nobody_without_a_membership_sees_the_list,
    v02_foreign_things_stand_in_no_list,
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), ApiError>> + Send + 'a>>;
type Ask = for<'a> fn(&'a Services, &'a Scope, &'a str) -> Answer<'a>;

macro_rules! ask {
    (|$services:ident, $scope:ident, $id:ident| $call:expr) => {
        |$services, $scope, $id| Box::pin(async move { $call.await.map(drop) })
    };
}

const ABOUT_TENANTS: &[(&str, Ask)] = &[
    (
        "tenant_page",
        ask!(|s, p, id| s.tenant_page(p, id, None, None)),
    ),
    (
        "inventory_page",
        ask!(|s, p, id| s.inventory_page(p, id, None, None)),
    ),
    ("start", ask!(|s, p, id| s.start(p, id, SYNC))),
    (
        "start unknown operation",
        ask!(|s, p, id| s.start(p, id, "nonsense")),
    ),
    ("archive", ask!(|s, p, id| s.archive(p, id, "Elsewhere"))),
    ("pause the queue", ask!(|s, p, id| s.queue_pause(p, id))),
    ("resume the queue", ask!(|s, p, id| s.queue_resume(p, id))),
    ("reactivate", ask!(|s, p, id| s.reactivate(p, id))),
    (
        "connection_enable",
        ask!(|s, p, id| s.connection_enable(p, id)),
    ),
    (
        "connection_disable",
        ask!(|s, p, id| s.connection_disable(p, id)),
    ),
    (
        "tenant_settings_page",
        ask!(|s, p, id| s.tenant_settings_page(p, id)),
    ),
    (
        "tenant_change",
        ask!(|s, p, id| s.tenant_change(p, id, "Renamed", "")),
    ),
    ("tenant_onboard", ask!(|s, p, id| s.tenant_onboard(p, id))),
    ("tenant_activate", ask!(|s, p, id| s.tenant_activate(p, id))),
    ("connection_page", ask!(|s, p, id| s.connection_page(p, id))),
    (
        "connection_create",
        ask!(|s, p, id| s.connection_create(p, id, "", "", &String::new().into())),
    ),
    (
        "connection_change",
        ask!(|s, p, id| s.connection_change(p, id, "", "")),
    ),
    (
        "credential_rotate",
        ask!(|s, p, id| s.credential_rotate(p, id, &String::new().into())),
    ),
    ("select_tenant", ask!(|s, p, id| s.select_tenant(p, id))),
    ("members_page", ask!(|s, p, id| s.members_page(p, Some(id)))),
    (
        "member_add",
        ask!(|s, p, id| s.member_add(p, Some(id), "olivia@example.test", "owner")),
    ),
    (
        "member_set_role",
        ask!(|s, p, id| s.member_set_role(p, Some(id), id, "owner")),
    ),
    (
        "member_remove",
        ask!(|s, p, id| s.member_remove(p, Some(id), id)),
    ),
    ("operations_page", |s, p, id| {
        Box::pin(async move {
            let query = OperationsQuery {
                tenant: id.to_owned(),
                ..OperationsQuery::default()
            };
            s.operations_page(p, &query, None).await.map(drop)
        })
    }),
];

const ABOUT_RUNS: &[(&str, Ask)] = &[
    ("run_page", ask!(|s, p, id| s.run_page(p, id, None))),
    ("run_export", ask!(|s, p, id| s.run_export(p, id))),
    ("retry", ask!(|s, p, id| s.retry(p, id))),
    ("cancel", ask!(|s, p, id| s.cancel(p, id))),
];

const ABOUT_OTHERS: &[(&str, Ask)] = &[
    (
        "select_workspace",
        ask!(|s, p, id| s.select_workspace(p, id)),
    ),
    (
        "member_set_role",
        ask!(|s, p, id| s.member_set_role(p, None, id, "owner")),
    ),
    (
        "member_remove",
        ask!(|s, p, id| s.member_remove(p, None, id)),
    ),
    (
        "invitation_withdraw",
        ask!(|s, p, id| s.invitation_withdraw(p, id)),
    ),
    ("session_revoke", ask!(|s, p, id| s.session_revoke(p, id))),
];

async fn alike(world: &World, scope: &Scope, asks: &[(&str, Ask)], foreign: &str) {
    let unknown = Uuid::now_v7().to_string();
    let loud = foreign.to_uppercase();
    let bare = foreign.replace('-', "");
    let sly = format!("{foreign}' or '1'='1");
    for (name, ask) in asks {
        for id in [&*unknown, foreign, &*bare, &*sly, "x", "../admin", "\u{0}"] {
            let answer = ask(&world.services, scope, id).await;
            assert_eq!(answer, Err(ApiError::NotFound), "{name}({id:?})");
        }
        let answer = ask(&world.services, scope, &loud).await;
        assert_eq!(answer, Err(ApiError::NotFound), "{name}({loud})");
    }
}

async fn v02_unknown_malformed_and_foreign_ids_answer_alike(world: Arc<World>) {
    let (outsider, elsewhere) = world.other_workspace().await;
    let elsewhere = elsewhere.to_string();
    let run = world
        .services
        .start(&outsider, &elsewhere, CHECK)
        .await
        .unwrap();
    world.pool().drain().await.unwrap();
    let run = run.run_id.to_string();
    let foreign_workspace = {
        let header = world.services.header(&outsider).await.unwrap();
        header.workspace.unwrap().id.to_string()
    };
    // An owner here is nobody there.
    alike(&world, &world.owner, ABOUT_TENANTS, &elsewhere).await;
    alike(&world, &world.owner, ABOUT_RUNS, &run).await;
    alike(&world, &world.owner, ABOUT_OTHERS, &foreign_workspace).await;
    let stranger = outsider.user_id().to_string();
    alike(&world, &world.owner, &ABOUT_OTHERS[1..], &stranger).await;
    // What is theirs answers them.
    assert!(world.services.run_page(&outsider, &run, None).await.is_ok());
}

async fn v16_a_member_of_the_workspace_knows_no_tenant_of_it(world: Arc<World>) {
    let mira = world.person("mira", Role::Owner, None).await;
    let run = world.work(0, CHECK).await.id.to_string();
    alike(&world, &mira, ABOUT_TENANTS, &world.sites[0].id()).await;
    alike(&world, &mira, ABOUT_RUNS, &run).await;
    assert!(
        world
            .services
            .tenants_page(&mira)
            .await
            .unwrap()
            .rows
            .is_empty()
    );
    assert!(
        world
            .services
            .header(&mira)
            .await
            .unwrap()
            .tenants
            .is_empty()
    );
    // A member of one tenant knows nothing of the next one.
    let dana = world.operator("dana").await;
    alike(&world, &dana, ABOUT_TENANTS, &world.sites[1].id()).await;
}

async fn v17_readonly_views_checks_and_not_syncs(world: Arc<World>) {
    let ravi = world
        .person("ravi", Role::Readonly, Some(Role::Readonly))
        .await;
    let check = world.work(0, CHECK).await;
    let sync = world.work(0, SYNC).await;
    let seen = world.seen_by(&ravi, check.id).await;
    assert!(seen.report.is_some(), "V-07");
    let refused = world
        .services
        .run_page(&ravi, &sync.id.to_string(), None)
        .await;
    let capability = "View inventory".to_owned();
    let forbidden = ApiError::Forbidden { capability };
    assert_eq!(refused.unwrap_err(), forbidden.clone());
    let refused = world.services.run_export(&ravi, &sync.id.to_string()).await;
    assert_eq!(refused.unwrap_err(), forbidden.clone());
    let export = world
        .services
        .run_export(&ravi, &check.id.to_string())
        .await;
    assert_eq!(export.unwrap().id, check.id);
    let refused = world.services.retry(&ravi, &sync.id.to_string()).await;
    assert_eq!(refused.unwrap_err(), forbidden.clone());
    let tenant = world.sites[0].id();
    let refused = world
        .services
        .inventory_page(&ravi, &tenant, None, None)
        .await;
    assert_eq!(refused.unwrap_err(), forbidden);
    let list = world
        .services
        .operations_page(&ravi, &OperationsQuery::default(), None)
        .await;
    let rows = crate::world::changed(list).rows;
    assert_eq!(
        rows.iter().map(|row| row.id).collect::<Vec<_>>(),
        [check.id]
    );
}

async fn v17_who_asked_for_a_run_reads_how_it_went(world: Arc<World>) {
    let services = &world.services;
    let dana = world.operator("dana").await;
    let other = world
        .person("ravi", Role::Readonly, Some(Role::Readonly))
        .await;
    let done = world.ask(&dana, 0, SYNC).await;
    world.pool().drain().await.unwrap();
    let (tenant, user) = (world.sites[0].id(), dana.user_id().to_string());
    let refused = world.ask(&dana, 0, SYNC).await;
    let lower = services.member_set_role(&world.owner, Some(&tenant), &user, "readonly");
    lower.await.unwrap();
    world.pool().drain().await.unwrap();

    // The bell leads here, and here is the answer.
    assert_eq!(world.told(&dana, refused).await, 1);
    let seen = world.seen_by(&dana, refused).await;
    assert_eq!(seen.state.word(), "blocked");
    let sentence = seen.explanation.unwrap().sentence;
    assert!(sentence.starts_with("dana no longer has \u{201c}Run inventory sync\u{201d}"));
    assert!(seen.follow_ups.retry.unwrap().disabled_because.is_some());
    assert!(seen.redactions[0].contains("\u{201c}View inventory\u{201d}"));
    // What a run read is not shown any more, though they asked for it.
    let seen = world.seen_by(&dana, done).await;
    assert_eq!(seen.state.word(), "succeeded");
    assert!(seen.items.is_empty() && seen.counts.is_empty() && seen.progress.is_none());
    assert!(!seen.is_exportable);
    assert!(!world.view(done).await.items.is_empty());
    let capability = "View inventory".to_owned();
    let forbidden = ApiError::Forbidden { capability };
    for run in [done, refused].map(|run| run.to_string()) {
        for (who, answer) in [
            ("export", services.run_export(&dana, &run).await.map(drop)),
            ("retry", services.retry(&dana, &run).await.map(drop)),
            ("cancel", services.cancel(&dana, &run).await.map(drop)),
            (
                "another",
                services.run_page(&other, &run, None).await.map(drop),
            ),
        ] {
            assert_eq!(answer, Err(forbidden.clone()), "{who}");
        }
    }
    // A run of the system was asked for by nobody, and the tenant comes before everything.
    let remove = services.member_remove(&world.owner, Some(&tenant), &user);
    remove.await.unwrap();
    let gone = services.run_page(&dana, &refused.to_string(), None).await;
    assert_eq!(gone.unwrap_err(), ApiError::NotFound);
}

async fn v17_nobody_without_a_membership_sees_the_list(world: Arc<World>) {
    let nobody = world.stranger("nobody").await;
    let query = OperationsQuery::default();
    let list = world.services.operations_page(&nobody, &query, None).await;
    assert_eq!(list.unwrap_err(), ApiError::NotFound);
    let header = world.services.header(&nobody).await.unwrap();
    assert!(header.workspace.is_none() && header.tenants.is_empty());
    assert!(!header.manages_members && !header.manages_settings);
    for answer in [
        world.services.tenants_page(&nobody).await.map(drop),
        world.services.members_page(&nobody, None).await.map(drop),
        world.services.clear_tenant(&nobody).await,
        world.services.workspace_page(&nobody).await.map(drop),
        world
            .services
            .workspace_rename(&nobody, "Mine")
            .await
            .map(drop),
        world.services.tenant_new_page(&nobody).await.map(drop),
        world
            .services
            .tenant_create(&nobody, "Mine", "")
            .await
            .map(drop),
        world
            .services
            .invitations_page(&nobody, None)
            .await
            .map(drop),
    ] {
        assert_eq!(answer, Err(ApiError::NotFound));
    }
    assert!(
        world
            .services
            .notifications_page(&nobody)
            .await
            .unwrap()
            .items
            .is_empty()
    );
}

async fn v02_foreign_things_stand_in_no_list(world: Arc<World>) {
    let (outsider, elsewhere) = world.other_workspace().await;
    let theirs = world
        .services
        .start(&outsider, &elsewhere.to_string(), CHECK)
        .await
        .unwrap();
    world.work(0, CHECK).await;
    world.pool().drain().await.unwrap();
    let ids = [
        theirs.run_id.to_string(),
        elsewhere.to_string(),
        outsider.user_id().to_string(),
    ];
    let (services, owner) = (&world.services, &world.owner);
    for q in ["", "elsewhere", "outsider", &*ids[0]] {
        let query = OperationsQuery {
            q: q.to_owned(),
            ..OperationsQuery::default()
        };
        let list = crate::world::changed(services.operations_page(owner, &query, None).await);
        let text = serde_json::to_string(&(&list.rows, &list.tenants, &list.tabs)).unwrap();
        assert!(ids.iter().all(|id| !text.contains(id.as_str())), "{q}");
    }
    for text in [
        serde_json::to_string(&services.tenants_page(owner).await.unwrap()).unwrap(),
        serde_json::to_string(&services.header(owner).await.unwrap()).unwrap(),
        serde_json::to_string(&services.members_page(owner, None).await.unwrap()).unwrap(),
        serde_json::to_string(&services.notifications_page(owner).await.unwrap()).unwrap(),
    ] {
        assert!(!text.to_lowercase().contains("elsewhere") && !text.contains("outsider"));
    }
}
