//! Writing to the provider: every change set out for first, sent once, and looked at when its answer is lost.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use domain::{
    capability::Role,
    error::ApiError,
    ids::RunId,
    run::RunOutcome,
    views::{ItemView, RunView},
};
use graph::{ApprovalStatus, ClientSettings};
use graph_sandbox::{Fault, FaultKind, JournalEntry};
use operations::{MasterKey, Passwords, Scope, Services};
use store::{LabEffect, LabWrite, Store};

use crate::{
    meddling::{Meddle, Meddling},
    play::on_both,
    world::{SETTINGS, Site, World, patience, until},
};

on_both! {
    i05_every_change_is_made_once_and_its_intent_comes_first,
    l10_authority_lost_in_the_middle_of_five_hundred_stops_within_one_item,
    i05_an_answer_that_was_lost_is_looked_up_and_not_sent_again,
    i05_a_change_that_was_not_taken_is_sent_again_under_a_new_intent,
    a_change_that_is_forbidden_is_not_sent_again,
    what_cannot_be_read_back_is_asked_of_a_person,
    a_changed_object_is_asked_of_a_person,
    b05_what_is_approved_is_sent_again_and_made_once,
    b05_what_waits_for_approval_is_neither_done_nor_failed,
}

pub const CONFIGURATIONS: &str = "/deviceManagement/deviceConfigurations";
const READ_WRITE: &str = "DeviceManagementConfiguration.ReadWrite.All";

/// The world as a laboratory, whose first tenant lets its application write.
pub async fn laboratory(world: &World) -> World {
    let marked = store::conformance::made_laboratory(world.services.store()).await;
    let tenant = &world.sites[0].seed.tenant_id;
    assert!(world.sandbox.grant(tenant, READ_WRITE));
    let again = |site: &Site| Site {
        id: site.id,
        seed: site.seed.clone(),
    };
    World {
        url: world.url.clone(),
        services: Services::new(
            marked.unwrap(),
            Passwords::new().unwrap(),
            MasterKey::of([7; 32]),
        ),
        sandbox: world.sandbox.clone(),
        endpoints: world.endpoints.clone(),
        owner: world.owner.clone(),
        workspace: world.workspace.clone(),
        sites: world.sites.iter().map(again).collect(),
    }
}

pub async fn ask(world: &World, scope: &Scope, items: u32) -> RunId {
    ask_for(world, scope, items, LabEffect::Update).await
}

pub async fn ask_for(world: &World, scope: &Scope, items: u32, effect: LabEffect) -> RunId {
    let store: &Store = world.services.store();
    let tenant = world.access(0).await;
    let writes = LabWrite {
        items,
        seed: 11,
        effect,
        resumes: None,
    };
    store
        .lab_write_request(scope, &tenant, writes)
        .await
        .unwrap()
}

pub fn hits(world: &World, count: u64, kind: FaultKind) {
    let mut fault = Fault::everywhere(kind);
    fault.route = Some(CONFIGURATIONS.to_owned());
    fault.count = Some(count);
    world.sandbox.faults().add(fault).unwrap();
}

/// What was sent to be changed for a run.
pub fn sent(world: &World, run: RunId) -> Vec<JournalEntry> {
    let mut asked = world.asked_for(run);
    asked.retain(|entry| {
        let is_change = entry.method == "PATCH" || entry.method == "POST";
        is_change && entry.path.contains(CONFIGURATIONS)
    });
    asked
}

/// How many changes took effect, each named by its body; none may have done so twice (I5).
pub fn effects(world: &World, run: RunId) -> usize {
    effects_of(&sent(world, run))
}

/// The same of these changes.
pub fn effects_of(sent: &[JournalEntry]) -> usize {
    let mut effects: BTreeMap<_, u32> = BTreeMap::new();
    for entry in sent {
        if entry.write.is_some() {
            *effects.entry((&entry.path, &entry.body_hash)).or_default() += 1;
        }
    }
    assert!(effects.values().all(|times| *times == 1), "{effects:?}");
    effects.len()
}

async fn b05_what_is_approved_is_sent_again_and_made_once(world: Arc<World>) {
    let world = laboratory(&world).await;
    let run = ask(&world, &world.owner, 4).await;
    let pool = world.pool_of(Meddling::approving(ApprovalStatus::Approved));
    pool.drain().await.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{view:#?}");
    assert_eq!(of_items(&view, "succeeded"), 4);
    assert_eq!((sent(&world, run).len(), effects(&world, run)), (4, 4));
}

async fn b05_what_waits_for_approval_is_neither_done_nor_failed(world: Arc<World>) {
    let world = laboratory(&world).await;
    for (status, outcome, of_run, reason) in [
        (
            ApprovalStatus::Waiting,
            "awaiting_provider_approval",
            RunOutcome::PartiallySucceeded,
            "awaiting_provider_approval",
        ),
        (
            ApprovalStatus::Rejected,
            "failed",
            RunOutcome::Failed,
            "provider_approval_refused",
        ),
    ] {
        let run = ask(&world, &world.owner, 3).await;
        let pool = world.pool_of(Meddling::approving(status));
        pool.with_approval_wait(Duration::ZERO)
            .drain()
            .await
            .unwrap();
        let view = world.view(run).await;
        assert_eq!(view.state.outcome, of_run, "{view:#?}");
        assert_eq!(of_items(&view, outcome), 3);
        let reasons: Vec<_> = view.failures.iter().map(|it| &*it.reason_code).collect();
        assert_eq!(reasons, [reason]);
        let why = |item: &ItemView| item.reason_code.as_deref() == Some(reason);
        assert!(view.items.iter().all(why));
        assert!(sent(&world, run).is_empty(), "nothing was changed");
        assert!(view.questions.is_empty(), "and nothing is in doubt");
    }
}

pub fn of_items(view: &RunView, outcome: &str) -> usize {
    let is = |item: &&ItemView| item.outcome == outcome;
    view.items.iter().filter(is).count()
}

async fn i05_every_change_is_made_once_and_its_intent_comes_first(world: Arc<World>) {
    let world = laboratory(&world).await;
    let run = ask(&world, &world.owner, 12).await;
    world.pool().drain().await.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{view:#?}");
    assert_eq!(of_items(&view, "succeeded"), 12);
    assert_eq!((sent(&world, run).len(), effects(&world, run)), (12, 12));
    assert!(
        sent(&world, run)
            .iter()
            .all(|entry| entry.status == Some(204))
    );
    let refused = world.sandbox.journal().since(0);
    assert!(refused.iter().all(|entry| entry.status < Some(400)));
    assert!(view.questions.is_empty());
}

async fn l10_authority_lost_in_the_middle_of_five_hundred_stops_within_one_item(world: Arc<World>) {
    let world = laboratory(&world).await;
    let dana = world.operator("dana").await;
    let run = ask(&world, &dana, 500).await;
    let revoking = async {
        let some = || async { sent(&world, run).len() >= 20 };
        until("some of the changes", some).await;
        let (tenant, user) = (world.sites[0].id(), dana.user_id().to_string());
        let removed = world
            .services
            .member_remove(&world.owner, Some(&tenant), &user);
        removed.await.unwrap();
        sent(&world, run).len()
    };
    let pool = world.pool();
    let (drained, by_then) = tokio::join!(pool.drain(), revoking);
    drained.unwrap();
    let all = sent(&world, run).len();
    assert!(all < 500);
    assert!(
        all <= by_then + 1,
        "{all} changes, of which {by_then} before the revocation was answered"
    );
    assert_eq!(effects(&world, run), all);
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::PartiallySucceeded);
    assert_eq!(view.blocked_phase.as_deref(), Some("checkpoint"));
    assert_eq!(of_items(&view, "succeeded"), all, "done items stay done");
    assert_eq!(view.decisions[0].phase, "checkpoint");
    assert!(view.questions.is_empty());
}

async fn i05_an_answer_that_was_lost_is_looked_up_and_not_sent_again(world: Arc<World>) {
    let world = laboratory(&world).await;
    let hasty = ClientSettings {
        header_timeout: Duration::from_millis(1_500),
        ..patience()
    };
    for kind in [
        FaultKind::StatusAfterCommit { status: 504 },
        FaultKind::StatusAfterCommit { status: 500 },
        FaultKind::ResetAfterCommit,
        FaultKind::HangAfterCommit,
    ] {
        hits(&world, 1, kind.clone());
        let run = ask(&world, &world.owner, 3).await;
        let pool = world.pool_with(hasty.clone(), SETTINGS);
        pool.drain().await.unwrap();
        let view = world.view(run).await;
        assert_eq!(view.state.outcome, RunOutcome::Succeeded, "{kind:?}");
        assert_eq!(sent(&world, run).len(), 3, "{kind:?} was sent again");
        assert_eq!(effects(&world, run), 3);
        assert!(view.questions.is_empty());
    }
}

async fn i05_a_change_that_was_not_taken_is_sent_again_under_a_new_intent(world: Arc<World>) {
    let world = laboratory(&world).await;
    let run = ask(&world, &world.owner, 2).await;
    let client = Meddling::once(Meddle::Unsent);
    world.pool_of(client).drain().await.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    assert_eq!((sent(&world, run).len(), effects(&world, run)), (2, 2));
    let states = store::conformance::intent_states(world.services.store(), run).await;
    assert_eq!(states.unwrap(), ["failed", "done", "done"]);
}

async fn a_change_that_is_forbidden_is_not_sent_again(world: Arc<World>) {
    let world = laboratory(&world).await;
    world.break_for(
        0,
        CONFIGURATIONS,
        FaultKind::RemoveRole {
            role: READ_WRITE.to_owned(),
        },
    );
    let run = ask(&world, &world.owner, 2).await;
    world.pool().drain().await.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Failed);
    assert_eq!(view.failures[0].reason_code, "provider_permission_denied");
    assert!(view.failures[0].message.contains(READ_WRITE));
    assert_eq!((sent(&world, run).len(), effects(&world, run)), (2, 0));
    // What it did before is not known to be whole: nobody writes it again blindly.
    let offered = view.follow_ups.retry.as_ref();
    assert!(offered.is_none_or(|it| it.disabled_because.is_some()));
    let again = world.services.retry(&world.owner, &run.to_string()).await;
    let refused = again.unwrap_err();
    assert_eq!(refused.status(), 409);
    assert!(
        format!("{refused:?}").contains("This run writes to the provider"),
        "{refused:?}"
    );
}

/// The answer of the first change is lost, and the look at its object meets this.
async fn lost(world: &World, meanwhile: Meddle) -> RunView {
    let run = ask(world, &world.owner, 3).await;
    world
        .pool_of(Meddling::once(meanwhile))
        .drain()
        .await
        .unwrap();
    world.sandbox.faults().clear();
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Indeterminate);
    assert_eq!(of_items(&view, "indeterminate"), 1);
    assert_eq!(of_items(&view, "succeeded"), 2, "the others are done");
    assert_eq!(effects(world, run), 3);
    // Never tried again by itself, nor by a button.
    assert_eq!(world.pool().drain().await.unwrap(), 0);
    assert!(view.follow_ups.retry.is_none());
    assert_eq!(world.told(&world.owner, run).await, 1);
    view
}

async fn what_cannot_be_read_back_is_asked_of_a_person(world: Arc<World>) {
    let world = laboratory(&world).await;
    let sandbox = world.sandbox.clone();
    let unreadable = Meddle::Lost(Box::new(move |id| {
        let mut fault = Fault::everywhere(FaultKind::Status {
            status: 500,
            retry_after: None,
        });
        fault.route = Some(format!("{CONFIGURATIONS}/{id}"));
        fault.count = Some(1);
        sandbox.faults().add(fault).unwrap();
    }));
    let view = lost(&world, unreadable).await;
    let [question] = &view.questions[..] else {
        panic!("{:#?}", view.questions);
    };
    assert_eq!(question.reason_code.as_deref(), Some("provider_error"));
    assert!(question.sentence.contains("Microsoft Graph"));
    assert!(question.answers.is_some() && question.answer.is_none());
    answers(&world, &view).await;
}

/// The person who looked says what was found, and the outcome stays.
async fn answers(world: &World, view: &RunView) {
    let (run, question) = (view.id.to_string(), view.questions[0].id.to_string());
    let services = &world.services;
    let readonly = world
        .person("rita", Role::Readonly, Some(Role::Readonly))
        .await;
    let seen = world.seen_by(&readonly, view.id).await;
    let why = seen.questions[0].answers.clone().unwrap();
    assert!(
        why.disabled_because.is_some(),
        "shown, and not to be pressed"
    );
    let refused = services.write_resolve(&readonly, &run, &question, "applied");
    assert!(matches!(refused.await, Err(ApiError::Forbidden { .. })));
    let stranger = world.stranger("stranger").await;
    let hidden = services.write_resolve(&stranger, &run, &question, "applied");
    assert!(matches!(hidden.await, Err(ApiError::NotFound)));
    let dana = world.operator("dana").await;
    for (id, word) in [(&*question, "perhaps"), ("nothing", "applied")] {
        assert!(services.write_resolve(&dana, &run, id, word).await.is_err());
    }
    services
        .write_resolve(&dana, &run, &question, "applied")
        .await
        .unwrap();
    let again = services.write_resolve(&dana, &run, &question, "not_applied");
    assert!(matches!(again.await, Err(ApiError::Conflict { .. })));
    let after = world.view(view.id).await;
    assert_eq!(after.state.outcome, RunOutcome::Indeterminate);
    let told = after.questions[0].answer.as_deref().unwrap();
    assert!(
        told.contains("dana") && told.contains("was applied"),
        "{told}"
    );
    assert!(after.questions[0].answers.is_none());
    assert_ne!(after.version, view.version, "watchers see it");
}

async fn a_changed_object_is_asked_of_a_person(world: Arc<World>) {
    let world = laboratory(&world).await;
    let (sandbox, tenant) = (world.sandbox.clone(), world.sites[0].seed.tenant_id.clone());
    let changed = Meddle::Lost(Box::new(move |id| {
        assert!(sandbox.change(&tenant, CONFIGURATIONS, id, "description", "by hand"));
    }));
    let view = lost(&world, changed).await;
    let code = view.questions[0].reason_code.as_deref();
    assert_eq!(code, Some("provider_object_changed"));
}
