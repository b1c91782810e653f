//! Authority that is lost while a run is at work (L-10): it stops at the next border, and says so.

use std::sync::Arc;

use domain::{run::RunOutcome, views::RunView};
use graph_sandbox::FaultKind;

use crate::{
    play::on_both,
    world::{SYNC, World, until},
};

on_both! {
    l10_a_slow_run_stops_when_its_authority_is_gone,
}

fn outcomes(view: &RunView) -> Vec<(&str, &str)> {
    view.items
        .iter()
        .map(|item| (&*item.key, &*item.outcome))
        .collect()
}

async fn l10_a_slow_run_stops_when_its_authority_is_gone(world: Arc<World>) {
    let dana = world.operator("dana").await;
    // Longer than a leave for a call is good for: the next border asks the database again.
    let slow = FaultKind::Delay { delay_ms: 5_200 };
    world.break_for(0, "/deviceManagement/deviceConfigurations", slow);
    let run = world.ask(&dana, 0, SYNC).await;
    let revoking = async {
        let asked = || async {
            let asked = world.asked_for(run);
            asked
                .iter()
                .any(|entry| entry.path.ends_with("deviceConfigurations"))
        };
        until("the call that is slow", asked).await;
        let (tenant, user) = (world.sites[0].id(), dana.user_id().to_string());
        let removed = world
            .services
            .member_remove(&world.owner, Some(&tenant), &user);
        removed.await.unwrap();
        world.asked_for(run).len()
    };
    let pool = world.pool();
    let (drained, calls) = tokio::join!(pool.drain(), revoking);
    assert_eq!(drained.unwrap(), 1);
    assert_eq!(world.asked_for(run).len(), calls, "no call came after it");

    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::PartiallySucceeded);
    assert_eq!(view.blocked_phase.as_deref(), Some("checkpoint"));
    assert_eq!(
        outcomes(&view),
        [
            ("groups", "succeeded"),
            ("device_configurations", "succeeded"),
            ("compliance_policies", "blocked"),
        ],
        "what was done stays done and listed"
    );
    let told: Vec<_> = view
        .decisions
        .iter()
        .map(|d| (&*d.phase, d.allowed, d.reason_code.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("checkpoint", false, Some("tenant_not_entitled")),
            ("start", true, None)
        ]
    );
    let refused = view.explanation.unwrap();
    assert!(refused.sentence.contains("dana"), "{}", refused.sentence);
    let label = "Authorisation decided again while it was running: refused";
    assert!(view.timeline.iter().any(|step| step.label == label));
    assert_eq!(world.told(&dana, run).await, 0, "not entitled any more");
    // Nothing is left for anybody to do about it.
    assert_eq!(world.pool().drain().await.unwrap(), 0);
}
