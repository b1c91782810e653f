//! `inventory.sync`: complete reads, honest partial ones, and nothing forgotten by mistake (P-05, B-05).

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use domain::{run::RunOutcome, views::RunView};
use graph_sandbox::{FaultKind, JournalEntry};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{
    play::on_both,
    world::{SYNC, World},
};

on_both! {
    p05_a_sync_reads_every_page_of_every_kind,
    p05_objects_are_forgotten_after_complete_reads_alone,
    b05_one_failing_kind_makes_it_partial,
    b05_a_refused_sign_in_fails_and_skips_the_rest,
    p01_a_link_elsewhere_is_not_followed,
    p05_the_inventory_page_walks_all_objects,
    p05_small_kinds_are_asked_for_together_and_fail_alone,
}

/// Every kind, in the order in which they are read.
const KINDS: [&str; 19] = [
    "groups",
    "device_configurations",
    "compliance_policies",
    "settings_catalog",
    "conditional_access",
    "directory_roles",
    "enrollment_configurations",
    "powershell_scripts",
    "shell_scripts",
    "health_scripts",
    "assignment_filters",
    "scope_tags",
    "notification_templates",
    "intune_roles",
    "reusable_settings",
    "app_protection",
    "autopilot_profiles",
    "managed_devices",
    "named_locations",
];
const ALL: u64 = KINDS.len() as u64;

/// The sandbox may grant no permission for scripts: then they are left out, and that is said.
fn left_out(view: &RunView) -> u64 {
    let skipped = view.items.iter().filter(|item| item.outcome == "skipped");
    skipped
        .map(|item| {
            assert!(item.key.ends_with("_scripts"), "{}", item.key);
            let reason = item.reason_code.as_deref();
            assert_eq!(reason, Some("provider_permission_denied"));
        })
        .count() as u64
}

/// Asks the sandbox's control API, in process.
async fn control(world: &World, method: &str, path: &str, body: &Value) -> Value {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer = world.sandbox.router().oneshot(request).await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// How many objects of each kind the provider holds.
async fn there(world: &World, site: usize) -> BTreeMap<String, u64> {
    let path = format!(
        "/_sandbox/tenants/{}/state",
        world.sites[site].seed.tenant_id
    );
    let state = control(world, "GET", &path, &json!({})).await;
    KINDS
        .iter()
        .filter_map(|kind| {
            let path = graph::contract(kind).unwrap().path.known().unwrap();
            let count = state["counts"][path].as_u64().filter(|count| *count > 0)?;
            Some(((*kind).to_owned(), count))
        })
        .collect()
}

/// How many objects of each kind are in the inventory.
async fn here(world: &World, site: usize) -> BTreeMap<String, u64> {
    let tenant = world.access(site).await;
    let counts = world
        .services
        .store()
        .inventory_counts(&tenant)
        .await
        .unwrap();
    counts
        .into_iter()
        .map(|(kind, count, _)| (kind, u64::try_from(count).unwrap()))
        .collect()
}

fn count(view: &RunView, label: &str) -> u64 {
    let found = view.counts.iter().find(|(name, _)| name == label);
    found.map_or(0, |(_, count)| *count)
}

fn outcomes(view: &RunView) -> Vec<(&str, &str)> {
    let items = view.items.iter();
    items.map(|item| (&*item.key, &*item.outcome)).collect()
}

async fn external_ids(world: &World, site: usize, kind: &str) -> Vec<String> {
    let tenant = world.sites[site].id();
    let mut ids = Vec::new();
    let mut after: Option<(String, String)> = None;
    loop {
        let border = after.as_ref().map(|(name, id)| (&**name, &**id));
        let page = world
            .services
            .inventory_page(&world.owner, &tenant, Some(kind), border)
            .await
            .unwrap();
        ids.extend(page.objects.into_iter().map(|object| object.external_id));
        after = page.next;
        if after.is_none() {
            return ids;
        }
    }
}

async fn p05_a_sync_reads_every_page_of_every_kind(world: Arc<World>) {
    for site in [0, 1] {
        let view = world.work(site, SYNC).await;
        assert_eq!(view.state.outcome, RunOutcome::Succeeded);
        let expected = there(&world, site).await;
        assert_eq!(here(&world, site).await, expected);
        assert_eq!(count(&view, "Objects"), expected.values().sum::<u64>());
        let (processed, succeeded) = (count(&view, "Processed"), count(&view, "Succeeded"));
        assert_eq!((processed, succeeded), (ALL, ALL - left_out(&view)));
        assert_eq!(view.progress, Some((ALL, ALL)));
        for item in &view.items {
            let there = expected.get(&item.key).copied().unwrap_or(0);
            let objects = if item.outcome == "succeeded" {
                there
            } else {
                0
            };
            assert_eq!(item.objects, Some(i64::try_from(objects).unwrap()));
        }
        let asked = world.asked_for(view.id);
        let tenant = &world.sites[site].seed.tenant_id;
        assert!(
            asked
                .iter()
                .all(|entry| entry.tenant_id.as_ref() == Some(tenant))
        );
    }
    assert!(
        here(&world, 1).await["groups"] > 100,
        "more than one page here"
    );
}

async fn p05_objects_are_forgotten_after_complete_reads_alone(world: Arc<World>) {
    world.work(0, SYNC).await;
    let gone = external_ids(&world, 0, "groups").await[0].clone();
    let path = format!("/_sandbox/tenants/{}/mutate", world.sites[0].seed.tenant_id);
    let delete = json!({ "collection": "groups", "op": "delete", "id": gone });
    control(&world, "POST", &path, &delete).await;
    let fresh =
        json!({ "collection": "groups", "op": "create", "body": { "displayName": "Fresh" } });
    let fresh = control(&world, "POST", &path, &fresh).await["id"]
        .as_str()
        .unwrap()
        .to_owned();

    let fault = FaultKind::Status {
        status: 500,
        retry_after: None,
    };
    world.break_for(0, "/groups", fault);
    world.work(0, SYNC).await;
    let kept = external_ids(&world, 0, "groups").await;
    assert!(kept.contains(&gone), "an incomplete read forgets nothing");
    world.sandbox.faults().clear();

    world.work(0, SYNC).await;
    let after = external_ids(&world, 0, "groups").await;
    assert!(!after.contains(&gone) && after.contains(&fresh));
    assert_eq!(here(&world, 0).await, there(&world, 0).await);
}

async fn b05_one_failing_kind_makes_it_partial(world: Arc<World>) {
    let status = |status| FaultKind::Status {
        status,
        retry_after: None,
    };
    for (fault, reason) in [
        (status(403), "provider_permission_denied"),
        (status(500), "provider_error"),
        (FaultKind::InvalidJson, "provider_invalid_response"),
    ] {
        world.break_for(0, "/deviceManagement/deviceCompliancePolicies", fault);
        let view = world.work(0, SYNC).await;
        assert_eq!(
            view.state.outcome,
            RunOutcome::PartiallySucceeded,
            "{reason}"
        );
        let done = count(&view, "Succeeded") + count(&view, "Skipped");
        assert_eq!((done, count(&view, "Failed")), (ALL - 1, 1));
        let failed = view
            .items
            .iter()
            .find(|item| item.outcome == "failed")
            .unwrap();
        assert_eq!(failed.key, "compliance_policies");
        assert_eq!(failed.reason_code.as_deref(), Some(reason));
        assert_eq!(view.failures.len(), 1);
        assert_eq!(view.failures[0].code, "inventory.compliance_policies");
        assert_eq!(view.failures[0].reason_code, reason);
        world.sandbox.faults().clear();
    }
}

async fn b05_a_refused_sign_in_fails_and_skips_the_rest(world: Arc<World>) {
    world.break_for(0, "", FaultKind::WrongSecret);
    let view = world.work(0, SYNC).await;
    assert_eq!(view.state.outcome, RunOutcome::Failed);
    let expected: Vec<_> = KINDS
        .iter()
        .map(|kind| match *kind {
            "groups" => (*kind, "failed"),
            _ => (*kind, "skipped"),
        })
        .collect();
    assert_eq!(outcomes(&view), expected);
    assert_eq!(
        (count(&view, "Failed"), count(&view, "Skipped")),
        (1, ALL - 1)
    );
    assert_eq!(view.failures[0].reason_code, "provider_auth_failed");
    assert_eq!(world.asked_for(view.id).len(), 1, "no storm of sign-ins");
}

async fn p01_a_link_elsewhere_is_not_followed(world: Arc<World>) {
    for fault in [FaultKind::ForeignNextLink, FaultKind::LoopNextLink] {
        world.break_for(1, "/groups", fault);
        let view = world.work(1, SYNC).await;
        assert_eq!(view.state.outcome, RunOutcome::PartiallySucceeded);
        assert_eq!(view.failures[0].reason_code, "provider_invalid_response");
        world.sandbox.faults().clear();
    }
}

async fn p05_the_inventory_page_walks_all_objects(world: Arc<World>) {
    world.work(1, SYNC).await;
    let mut ids = external_ids(&world, 1, "groups").await;
    let expected = there(&world, 1).await["groups"];
    assert_eq!(ids.len() as u64, expected);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len() as u64, expected, "each once");
    let tenant = world.sites[1].id();
    let page = world
        .services
        .inventory_page(&world.owner, &tenant, None, None)
        .await;
    let kinds = page.unwrap().kinds;
    assert_eq!(kinds.len(), there(&world, 1).await.len());
    let unknown = world
        .services
        .inventory_page(&world.owner, &tenant, Some("cats"), None);
    assert_eq!(
        unknown.await.unwrap_err(),
        domain::error::ApiError::NotFound
    );
}

/// What was asked of Graph for a run: requests, and how often each first page was asked for inside of one.
fn asked(world: &World, view: &RunView) -> (Vec<String>, BTreeMap<String, usize>) {
    let asked = world.asked_for(view.id);
    let (parts, whole): (Vec<JournalEntry>, _) = asked
        .into_iter()
        .partition(|entry| entry.in_batch.is_some());
    let mut inside = BTreeMap::new();
    for part in parts {
        *inside.entry(part.path).or_default() += 1;
    }
    let whole = whole
        .into_iter()
        .filter(|entry| !entry.path.contains("/oauth2/"));
    (whole.map(|entry| entry.path).collect(), inside)
}

async fn p05_small_kinds_are_asked_for_together_and_fail_alone(world: Arc<World>) {
    let view = world.work(0, SYNC).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    let (whole, inside) = asked(&world, &view);
    assert_eq!(
        whole,
        [
            "/v1.0/groups",
            "/beta/deviceManagement/deviceConfigurations",
            "/beta/deviceManagement/deviceCompliancePolicies",
            "/beta/deviceManagement/configurationPolicies",
            "/v1.0/identity/conditionalAccess/policies",
            "/v1.0/$batch",
            "/beta/$batch",
            // Its second page.
            "/v1.0/deviceManagement/managedDevices",
            "/v1.0/identity/conditionalAccess/namedLocations",
        ]
    );
    assert_eq!(inside.len(), KINDS.len() - 6);
    assert!(inside.values().all(|times| *times == 1), "{inside:?}");
    let objects = here(&world, 0).await;

    // One that is throttled is asked for again, and no other is.
    let tags = "/beta/deviceManagement/roleScopeTags";
    let throttled = FaultKind::Status {
        status: 429,
        retry_after: Some("0".to_owned()),
    };
    let mut fault = graph_sandbox::Fault::everywhere(throttled);
    fault.route = Some(tags.to_owned());
    fault.count = Some(1);
    world.sandbox.faults().add(fault).unwrap();
    let view = world.work(0, SYNC).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    let (whole, inside) = asked(&world, &view);
    assert_eq!(
        whole.iter().filter(|path| *path == "/beta/$batch").count(),
        2
    );
    assert_eq!(inside.values().sum::<usize>(), KINDS.len() - 6 + 1);
    assert_eq!(inside[tags], 2);
    world.sandbox.faults().clear();

    // One that fails fails alone.
    let fault = FaultKind::Status {
        status: 500,
        retry_after: None,
    };
    world.break_for(0, tags, fault);
    let view = world.work(0, SYNC).await;
    assert_eq!(view.state.outcome, RunOutcome::PartiallySucceeded);
    let failed: Vec<_> = outcomes(&view)
        .into_iter()
        .filter(|(_, outcome)| *outcome == "failed")
        .collect();
    assert_eq!(failed, [("scope_tags", "failed")]);
    world.sandbox.faults().clear();

    // What cannot be had together is had one by one.
    for fault in [FaultKind::InvalidJson, FaultKind::Truncate] {
        world.break_for(0, "/beta/$batch", fault);
        let view = world.work(0, SYNC).await;
        assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{view:#?}");
        let (whole, _) = asked(&world, &view);
        assert!(whole.iter().any(|path| path == tags), "{whole:?}");
        world.sandbox.faults().clear();
    }
    assert_eq!(here(&world, 0).await, objects);
}
