//! What a schedule shows of its slots, and what their runs say of it.

use std::sync::Arc;

use domain::{
    capability::Role,
    reason::ReasonDetail,
    run::{AuthorityMode, RunOutcome},
    schedule::{ScheduleState, SkipReason},
    time::DAY,
    views::{Execution, ExecutionView},
    waiting::WaitingFor,
};
use operations::{ScheduleForm, tidy};
use store::conformance::{presence_lost, slot_comes};

use crate::{
    play::on_both,
    world::{SYNC, World},
};

use super::form;

on_both! {
    r12_a_schedule_shows_its_executions_from_the_canonical_runs,
    l13_a_slot_refused_by_a_change_says_what_changed,
    l13_a_run_of_the_system_claims_no_membership,
    r12_a_run_by_hand_is_no_slot,
    v15_the_page_says_what_was_removed_and_why,
    r06_the_page_says_that_a_clock_was_ahead,
    r06_a_step_of_the_upkeep_that_fails_keeps_no_later_one_from_being_done,
    l08_a_person_starts_the_run_of_a_slot_again,
}

async fn r12_a_schedule_shows_its_executions_from_the_canonical_runs(world: Arc<World>) {
    let owner = &world.owner;
    let id = world.nightly().await;
    let empty = world.schedule(owner, &id).await;
    assert!(empty.history.is_empty());
    let next = empty.next.unwrap();
    assert!(next.there.ends_with(" 02:30 Europe/Berlin"), "{next:?}");
    assert!(next.here.unwrap().ends_with("Asia/Tokyo"));

    let at = world.slot(&id).await;
    let queued = world.schedule(owner, &id).await.history.remove(0);
    let Execution::Run {
        run_id,
        state,
        waits: Some(WaitingFor::NoWorker),
        by: None,
    } = queued.execution
    else {
        panic!("{queued:?}");
    };
    assert_eq!((queued.at.at, state.outcome), (at, RunOutcome::Pending));
    // The next slot comes while it is still queued.
    world.slot(&id).await;
    world.pool().drain().await.unwrap();
    let history = world.schedule(owner, &id).await.history;
    assert_eq!(history.len(), 2);
    let skipped = Execution::Skipped {
        reason: SkipReason::StillActive,
        run_id: Some(run_id),
    };
    assert_eq!(history[0].execution, skipped);
    let Execution::Run { state, .. } = &history[1].execution else {
        panic!("{history:?}");
    };
    assert_eq!(state.outcome, RunOutcome::Succeeded);

    let run = world.view(run_id).await;
    assert_eq!(
        (run.authority, &*run.initiator),
        (AuthorityMode::SystemAuthority, "System")
    );
    let schedule = run.schedule.unwrap();
    assert_eq!(
        (schedule.name.as_str(), schedule.id),
        ("Nightly", Some(id.parse().unwrap()))
    );
    assert!(schedule.slot.unwrap().ends_with("Europe/Berlin"));
    // A deleted schedule still has its name on the runs it made, and no page.
    let tenant = world.sites[0].id();
    world
        .services
        .schedule_delete(owner, &tenant, &id)
        .await
        .unwrap();
    let schedule = world.view(run_id).await.schedule.unwrap();
    assert_eq!((schedule.name.as_str(), schedule.id), ("Nightly", None));
}

async fn l13_a_slot_refused_by_a_change_says_what_changed(world: Arc<World>) {
    let (services, owner) = (&world.services, &world.owner);
    let tenant = world.sites[0].id();
    let id = world.nightly().await;
    let earlier = ScheduleForm {
        time: "01:15".to_owned(),
        ..form()
    };
    let refused_after = async || {
        world.pool().drain().await.unwrap();
        let Execution::Run { run_id, .. } = world.schedule(owner, &id).await.history[0].execution
        else {
            panic!("a run");
        };
        world.view(run_id).await
    };
    world.slot(&id).await;
    services
        .schedule_change(owner, &tenant, &id, 1, &earlier)
        .await
        .unwrap();
    let edited = refused_after().await;
    assert_eq!(edited.state.outcome, RunOutcome::Blocked);
    let detail = edited.decisions[0].reason_detail.as_deref();
    assert_eq!(detail, Some(ReasonDetail::ScheduleRevisionStale.as_str()));
    let told = edited.explanation.unwrap();
    assert!(
        told.sentence
            .contains("\u{201c}Every day at 01:15 in Europe/Berlin\u{201d}"),
        "{told:?}"
    );
    assert!(told.next_step.contains("next slot"), "{told:?}");
    assert!(edited.started_at.is_none());

    world.slot(&id).await;
    services.schedule_pause(owner, &tenant, &id).await.unwrap();
    let paused = refused_after().await;
    assert!(
        paused
            .explanation
            .unwrap()
            .sentence
            .contains("The schedule Nightly was paused")
    );
    assert_eq!(
        world.schedule(owner, &id).await.state,
        ScheduleState::Paused
    );
}

async fn l13_a_run_of_the_system_claims_no_membership(world: Arc<World>) {
    let id = world.nightly().await;
    world.slot(&id).await;
    world.pool().drain().await.unwrap();
    let Execution::Run { run_id, .. } =
        world.schedule(&world.owner, &id).await.history[0].execution
    else {
        panic!("a run");
    };
    let decision = world.view(run_id).await.decisions.remove(0);
    let labels = decision.checks.iter().map(|check| check.label.clone());
    let told: Vec<_> = labels.chain(decision.at_execution.clone()).collect();
    for line in &told {
        let line = line.to_lowercase();
        assert!(
            !line.contains("member") && !line.contains("initiator"),
            "{line}"
        );
    }
    assert!(
        told.iter().any(|line| line.contains("The system's list")),
        "{told:?}"
    );
    // A person's run does claim them.
    let own = world.work(0, SYNC).await.decisions.remove(0);
    assert!(
        own.at_execution
            .contains(&"Tenant membership: there.".to_owned())
    );
    assert_eq!(
        own.checks[1].label,
        "The initiator is a member of the tenant"
    );
}

async fn r12_a_run_by_hand_is_no_slot(world: Arc<World>) {
    let services = &world.services;
    let tenant = world.sites[0].id();
    let id = world.nightly().await;
    services
        .connection_disable(&world.owner, &tenant)
        .await
        .unwrap();
    let at = world.slot(&id).await;
    world.pool().drain().await.unwrap();
    services
        .connection_enable(&world.owner, &tenant)
        .await
        .unwrap();
    let by_hand = services
        .schedule_run_now(&world.owner, &tenant, &id)
        .await
        .unwrap();
    world.pool().drain().await.unwrap();

    let list = services.schedules_page(&world.owner, &tenant, None).await;
    let last = list.unwrap().rows.remove(0).last;
    let Execution::Run { state, .. } = &last[0].execution else {
        panic!("{last:?}");
    };
    assert_eq!(
        (last.len(), last[0].at.at, state.outcome),
        (1, at, RunOutcome::Blocked),
        "the last slot is the last slot"
    );
    let history = world.schedule(&world.owner, &id).await.history;
    let told: Vec<_> = history
        .iter()
        .map(|line| line.execution.is_by_hand())
        .collect();
    assert_eq!(told, [true, false]);
    let Execution::Run { run_id, state, .. } = &history[0].execution else {
        panic!("{history:?}");
    };
    assert_eq!(
        (*run_id, state.outcome),
        (by_hand.run_id, RunOutcome::Succeeded)
    );
}

async fn v15_the_page_says_what_was_removed_and_why(world: Arc<World>) {
    let run = world.work(0, SYNC).await;
    assert!(!run.items.is_empty() && run.redactions.is_empty());
    let store = world.services.store();
    // Ninety days are not over.
    assert_eq!(tidy(store, 90).await.unwrap().items, 0);
    let removed = tidy(store, -1).await.unwrap();
    assert_eq!(removed.items, u64::try_from(run.items.len()).unwrap());
    let after = world.view(run.id).await;
    assert!(after.items.is_empty());
    assert_eq!(
        (after.state, after.decisions.len(), after.counts),
        (run.state, 1, run.counts)
    );
    let note = &after.redactions[0];
    assert!(
        note.starts_with(&format!("{} items of this run went on ", run.items.len())),
        "{note}"
    );
    assert!(
        note.contains("The run, its decisions and its audit entries stay."),
        "{note}"
    );
}

async fn r06_a_step_of_the_upkeep_that_fails_keeps_no_later_one_from_being_done(world: Arc<World>) {
    let store = world.services.store();
    let id = world.nightly().await;
    let own = world.schedule(&world.owner, &id).await.next.unwrap();
    let far = own.at.plus(364 * DAY);
    slot_comes(store, id.parse().unwrap(), far).await.unwrap();
    presence_lost(store).await.unwrap();
    let faults = operations::Scheduler::new(store).upkeep().await;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("telling that workers are there: "));
    let page = world.schedule(&world.owner, &id).await;
    assert_eq!(page.next.unwrap().at, own.at);
}

async fn r06_the_page_says_that_a_clock_was_ahead(world: Arc<World>) {
    let store = world.services.store();
    let id = world.nightly().await;
    assert_eq!(world.schedule(&world.owner, &id).await.realigned, None);
    let own = world.schedule(&world.owner, &id).await.next.unwrap();
    let far = own.at.plus(364 * DAY);
    slot_comes(store, id.parse().unwrap(), far).await.unwrap();
    let scheduler = operations::Scheduler::new(store);
    assert_eq!(scheduler.upkeep().await, [""; 0]);
    let page = world.schedule(&world.owner, &id).await;
    assert_eq!(page.next.as_ref().unwrap().at, own.at);
    let told = page.realigned.unwrap();
    assert!(told.starts_with("The next slot lay on ") && told.contains("a clock was ahead"));
    assert!(told.contains(&own.there), "{told}");
}

async fn l08_a_person_starts_the_run_of_a_slot_again(world: Arc<World>) {
    let services = &world.services;
    let operator = world.operator("operator").await;
    let reader = world
        .person("reader", Role::Readonly, Some(Role::Readonly))
        .await;
    let id = world.nightly().await;
    world.slot(&id).await;
    let slot = world.schedule(&operator, &id).await.history[0].clone();
    let Execution::Run { run_id, .. } = slot.execution else {
        panic!("{slot:?}");
    };
    let run = run_id.to_string();
    let early = services.retry(&operator, &run).await;
    assert_eq!(early.unwrap_err().status(), 409, "not over");
    services.cancel(&operator, &run).await.unwrap();
    let offered = world.seen_by(&operator, run_id).await.follow_ups.retry;
    assert_eq!(offered.unwrap().disabled_because, None);
    let refused = services.retry(&reader, &run).await;
    assert_eq!(refused.unwrap_err().status(), 403);

    let again = services.retry(&operator, &run).await.unwrap();
    world.pool().drain().await.unwrap();
    let view = world.seen_by(&operator, again.run_id).await;
    assert_eq!(
        (view.state.outcome, view.authority, view.retry_of),
        (
            RunOutcome::Succeeded,
            AuthorityMode::ActorBound,
            Some(run_id)
        )
    );
    assert_eq!(view.initiator, "operator");
    assert_eq!(world.told(&operator, again.run_id).await, 1);
    // Among the executions of the schedule, and the slot's own stays what it was.
    let history = world.schedule(&operator, &id).await.history;
    assert_eq!(history.len(), 2);
    assert_eq!(
        world.view(run_id).await.state.outcome,
        RunOutcome::Cancelled
    );
    // It says whose run it is, and a try of that try leads to the same slot.
    let told = format!("The run of the slot of {}, started again by", slot.at.there);
    let said = |view: &ExecutionView| match &view.execution {
        Execution::Run { by: Some(how), .. } => how.in_words(),
        other => panic!("{other:?}"),
    };
    assert_eq!(said(&history[0]), format!("{told} operator."));
    let second = services.retry(&operator, &run).await.unwrap();
    let second = second.run_id.to_string();
    services.cancel(&operator, &second).await.unwrap();
    let third = services.retry(&world.owner, &second).await.unwrap();
    let third = third.run_id.to_string();
    services.cancel(&operator, &third).await.unwrap();
    let tenant = world.sites[0].id();
    let by_hand = services.schedule_run_now(&operator, &tenant, &id);
    by_hand.await.unwrap();
    let history = world.schedule(&operator, &id).await.history;
    assert_eq!(said(&history[0]), "Run now, by operator.");
    assert_eq!(said(&history[1]), format!("{told} Olivia."));
}
