//! Changes that are not seen in the object itself: the settings of catalog policies, which are a collection of their
//! own, and the assignments of Autopilot profiles, which are made one by one.

use std::sync::Arc;

use domain::{ids::RunId, run::RunOutcome};
use graph_sandbox::{Fault, FaultKind, JournalEntry};
use serde_json::{Value, json};
use store::{LabEffect, LabWrite};

use crate::{
    meddling::Meddle,
    play::on_both,
    world::World,
    write_crashes::{crash_in, states},
    write_effects::{LOST, control, is_asked, meets},
    writes::{ask_for, effects_of, laboratory},
};

on_both! {
    i05_a_catalog_policy_whose_answer_was_lost_is_found_with_its_settings,
    i05_settings_whose_answer_was_lost_are_read_back,
    i05_settings_that_were_not_taken_are_sent_again,
    i05_settings_that_somebody_changed_are_asked_of_a_person,
    i05_settings_that_cannot_be_read_back_are_asked_of_a_person,
    i05_an_assignment_whose_answer_was_lost_is_found_beside_others,
    i05_an_assignment_that_was_not_taken_is_made_once,
    i05_a_crash_around_settings_is_looked_at,
    i05_a_crash_around_one_assignment_is_looked_at,
    i05_one_assignment_is_taken_away_beside_others,
    i05_assignments_of_policies_about_apps_are_made_under_their_own_type,
}

const POLICIES: &str = "/deviceManagement/configurationPolicies";
const APPS: &str = "/deviceAppManagement/";
const PROFILES: &str = "/deviceManagement/windowsAutopilotDeploymentProfiles";

/// The world as a laboratory, whose application may change profiles too.
async fn prepared(world: &World) -> World {
    let world = laboratory(world).await;
    let tenant = &world.sites[0].seed.tenant_id;
    for role in ["ServiceConfig", "Apps"] {
        let role = format!("DeviceManagement{role}.ReadWrite.All");
        assert!(world.sandbox.grant(tenant, &role));
    }
    world
}

/// What was sent to be changed for a run.
fn sent(world: &World, run: RunId) -> Vec<JournalEntry> {
    let mut asked = world.asked_for(run);
    asked.retain(|entry| {
        let is_change = ["POST", "PUT", "PATCH", "DELETE"].contains(&entry.method.as_str());
        let is_about = |path: &str| entry.path.contains(path);
        is_change && (is_about("/deviceManagement/") || is_about(APPS))
    });
    asked
}

/// How many changes were sent, and how many took effect; none twice (I5).
fn counts(world: &World, run: RunId) -> (usize, usize) {
    let sent = sent(world, run);
    (sent.len(), effects_of(&sent))
}

fn hits(world: &World, path: &str, kind: FaultKind) {
    let mut fault = Fault::everywhere(kind);
    fault.route = Some(path.to_owned());
    fault.count = Some(1);
    world.sandbox.faults().add(fault).unwrap();
}

/// The answer to the first of two such changes is lost in each way, and both are made once.
async fn is_found(world: &World, effect: LabEffect, path: &str) {
    for kind in LOST {
        hits(world, path, kind.clone());
        let run = ask_for(world, &world.owner, 2, effect).await;
        world.pool().drain().await.unwrap();
        let view = world.view(run).await;
        assert_eq!(
            view.state.outcome,
            RunOutcome::Succeeded,
            "{kind:?}: {view:#?}"
        );
        assert_eq!(counts(world, run), (2, 2), "{kind:?} was sent again");
        assert_eq!(states(world, run).await, ["done", "done"]);
        assert!(view.questions.is_empty());
    }
}

async fn i05_a_catalog_policy_whose_answer_was_lost_is_found_with_its_settings(world: Arc<World>) {
    let world = prepared(&world).await;
    is_found(&world, LabEffect::CreateCatalog, POLICIES).await;
}

async fn i05_settings_whose_answer_was_lost_are_read_back(world: Arc<World>) {
    let world = prepared(&world).await;
    is_found(&world, LabEffect::Settings, POLICIES).await;
}

async fn i05_settings_that_were_not_taken_are_sent_again(world: Arc<World>) {
    let world = prepared(&world).await;
    let (run, view) = meets(&world, LabEffect::Settings, Meddle::Unsent).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{view:#?}");
    assert_eq!(counts(&world, run), (2, 2));
    assert_eq!(states(&world, run).await, ["failed", "done", "done"]);
}

async fn i05_settings_that_somebody_changed_are_asked_of_a_person(world: Arc<World>) {
    let world = prepared(&world).await;
    for effect in [LabEffect::Settings, LabEffect::CreateCatalog] {
        let (sandbox, tenant) = (world.sandbox.clone(), world.sites[0].seed.tenant_id.clone());
        let changed = Meddle::Lost(Box::new(move |id| {
            // Of a policy that was made the id is not told; it is the one with the run's name.
            let path = format!("/_sandbox/tenants/{tenant}/state?collection={POLICIES}");
            let state = control(&sandbox, "GET", path, "");
            let all = state["entities"].as_array().unwrap();
            let is_meant = |one: &&Value| {
                let name = one["name"].as_str().unwrap();
                one["id"] == id || (id.is_empty() && name.starts_with("Item 0 of run"))
            };
            let meant = all.iter().find(is_meant).unwrap();
            let mut settings = meant["settings"].clone();
            settings.as_array_mut().unwrap().pop();
            let body = json!({"collection": POLICIES, "op": "patch", "id": meant["id"],
                "body": {"settings": settings}});
            let path = format!("/_sandbox/tenants/{tenant}/mutate");
            control(&sandbox, "POST", path, &body.to_string());
        }));
        let (run, view) = meets(&world, effect, changed).await;
        is_asked(&world, &view, "provider_object_changed").await;
        assert_eq!(counts(&world, run), (2, 2), "{effect:?}");
    }
}

async fn i05_settings_that_cannot_be_read_back_are_asked_of_a_person(world: Arc<World>) {
    let world = prepared(&world).await;
    let path = |id: &str| format!("{POLICIES}/{id}/settings");
    let unreadable = Meddle::unreadable(world.sandbox.clone(), path);
    let (run, view) = meets(&world, LabEffect::Settings, unreadable).await;
    is_asked(&world, &view, "provider_error").await;
    assert_eq!(counts(&world, run), (2, 2));
}

async fn i05_an_assignment_whose_answer_was_lost_is_found_beside_others(world: Arc<World>) {
    let world = prepared(&world).await;
    is_found(&world, LabEffect::AssignOne, PROFILES).await;
    // What somebody else assigns meanwhile is neither in the way nor touched.
    let (sandbox, tenant) = (world.sandbox.clone(), world.sites[0].seed.tenant_id.clone());
    let beside = Meddle::Lost(Box::new(move |id| {
        let path = format!("/_sandbox/tenants/{tenant}/state?collection={PROFILES}");
        let state = control(&sandbox, "GET", path, "");
        let all = state["entities"].as_array().unwrap();
        let own = all.iter().find(|one| one["id"] == id).unwrap();
        let mut assignments = own["assignments"].clone();
        let everybody = "#microsoft.graph.allLicensedUsersAssignmentTarget";
        assignments
            .as_array_mut()
            .unwrap()
            .push(json!({"id": "x", "target": {"@odata.type": everybody}}));
        let body = json!({"collection": PROFILES, "op": "patch", "id": id,
            "body": {"assignments": assignments}});
        let path = format!("/_sandbox/tenants/{tenant}/mutate");
        control(&sandbox, "POST", path, &body.to_string());
    }));
    let (run, view) = meets(&world, LabEffect::AssignOne, beside).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{view:#?}");
    assert_eq!(counts(&world, run), (2, 2));
}

async fn i05_an_assignment_that_was_not_taken_is_made_once(world: Arc<World>) {
    let world = prepared(&world).await;
    let (run, view) = meets(&world, LabEffect::AssignOne, Meddle::Unsent).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{view:#?}");
    assert_eq!(counts(&world, run), (2, 2));
    assert_eq!(states(&world, run).await, ["failed", "done", "done"]);
    let posted = sent(&world, run);
    assert!(
        posted
            .iter()
            .all(|entry| entry.path.ends_with("/assignments"))
    );
}

/// A worker that dies on either side of the first of so many changes.
async fn is_looked_at(world: &World, effect: LabEffect, changes: usize) {
    for (meddle, first) in [
        (Meddle::StopsAfter, None),
        (Meddle::StopsBefore, Some("failed")),
    ] {
        let run = crash_in(world, &world.owner, effect, meddle).await;
        world.pool().drain().await.unwrap();
        let view = world.view(run).await;
        assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{view:#?}");
        assert_eq!(counts(world, run), (changes, changes));
        let done = std::iter::repeat_n("done", changes);
        let expected: Vec<_> = first.into_iter().chain(done).collect();
        assert_eq!(states(world, run).await, expected);
    }
}

async fn i05_a_crash_around_settings_is_looked_at(world: Arc<World>) {
    let world = prepared(&world).await;
    is_looked_at(&world, LabEffect::Settings, 3).await;
}

async fn i05_a_crash_around_one_assignment_is_looked_at(world: Arc<World>) {
    let world = prepared(&world).await;
    // There are two profiles: the third item finds what the first has made.
    is_looked_at(&world, LabEffect::AssignOne, 2).await;
}

/// The profiles as the sandbox holds them.
fn profiles(world: &World) -> Vec<Value> {
    let tenant = &world.sites[0].seed.tenant_id;
    let path = format!("/_sandbox/tenants/{tenant}/state?collection={PROFILES}");
    let state = control(&world.sandbox, "GET", path, "");
    state["entities"].as_array().unwrap().clone()
}

/// Assigns every profile to all devices, and to the group that the seed of a trial names.
fn assign_profiles(world: &World) {
    let writes = LabWrite {
        seed: 11,
        ..LabWrite::default()
    };
    let group = json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget",
        "groupId": writes.seed_group()});
    let devices = json!({"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"});
    let assignments = json!([{"id": "g", "target": group}, {"id": "d", "target": devices}]);
    let tenant = &world.sites[0].seed.tenant_id;
    for profile in profiles(world) {
        let body = json!({"collection": PROFILES, "op": "patch", "id": profile["id"],
            "body": {"assignments": assignments}});
        let path = format!("/_sandbox/tenants/{tenant}/mutate");
        control(&world.sandbox, "POST", path, &body.to_string());
    }
}

fn only_the_other_is_left(world: &World) {
    for profile in profiles(world) {
        let left = profile["assignments"].as_array().unwrap();
        let ids: Vec<_> = left.iter().map(|one| &one["id"]).collect();
        assert_eq!(ids, ["d"], "{profile:#}");
    }
}

async fn i05_one_assignment_is_taken_away_beside_others(world: Arc<World>) {
    let world = prepared(&world).await;
    for kind in LOST {
        assign_profiles(&world);
        hits(&world, PROFILES, kind.clone());
        let run = ask_for(&world, &world.owner, 2, LabEffect::UnassignOne).await;
        world.pool().drain().await.unwrap();
        let view = world.view(run).await;
        assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{view:#?}");
        assert_eq!(counts(&world, run), (2, 2), "{kind:?} was sent again");
        only_the_other_is_left(&world);
    }
    assign_profiles(&world);
    let (run, view) = meets(&world, LabEffect::UnassignOne, Meddle::Unsent).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{view:#?}");
    assert_eq!(counts(&world, run), (2, 2));
    assert_eq!(states(&world, run).await, ["failed", "done", "done"]);
    // A worker that dies on either side of the first of them.
    for (meddle, expected) in [
        (Meddle::StopsAfter, &["done", "done"][..]),
        (Meddle::StopsBefore, &["failed", "done", "done"]),
    ] {
        assign_profiles(&world);
        let run = crash_in(&world, &world.owner, LabEffect::UnassignOne, meddle).await;
        world.pool().drain().await.unwrap();
        let view = world.view(run).await;
        assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{view:#?}");
        assert_eq!(counts(&world, run), (2, 2));
        assert_eq!(states(&world, run).await, expected);
        only_the_other_is_left(&world);
    }
    // What is not there is not sent for.
    let run = ask_for(&world, &world.owner, 2, LabEffect::UnassignOne).await;
    world.pool().drain().await.unwrap();
    assert_eq!(counts(&world, run), (0, 0));
}

async fn i05_assignments_of_policies_about_apps_are_made_under_their_own_type(world: Arc<World>) {
    let world = prepared(&world).await;
    is_found(&world, LabEffect::AssignApp, APPS).await;
    let (run, view) = meets(&world, LabEffect::AssignApp, Meddle::Unsent).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{view:#?}");
    assert_eq!(counts(&world, run), (2, 2));
    let posted = sent(&world, run);
    let assigned = |kind: &str| {
        let path = format!("{APPS}{kind}ManagedAppProtections/");
        let mut paths = posted.iter().map(|entry| &entry.path);
        paths.any(|sent| sent.contains(&path) && sent.ends_with("/assign"))
    };
    assert!(assigned("ios") && assigned("android"), "{posted:#?}");
    is_looked_at(&world, LabEffect::AssignApp, 3).await;
}
