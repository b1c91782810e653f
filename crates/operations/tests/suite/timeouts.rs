//! What took too long: a run that only reads is tried again, with pauses and a bounded number of times (L-08).

use std::{sync::Arc, time::Duration};

use domain::run::RunOutcome;
use graph_sandbox::{Fault, FaultKind};

use crate::{
    play::{on_both, on_postgres},
    world::{SYNC, World},
};

on_both! {
    l08_a_run_that_only_reads_and_takes_too_long_is_tried_again,
}

async fn l08_a_run_that_only_reads_and_takes_too_long_is_tried_again(world: Arc<World>) {
    let mut hang = Fault::everywhere(FaultKind::Hang);
    hang.route = Some("/groups".to_owned());
    hang.count = Some(1);
    world.sandbox.faults().add(hang).unwrap();
    let run = world.ask(&world.owner, 0, SYNC).await;
    let pool = world.pool().with_longest_run(Duration::from_secs(10));
    assert_eq!(pool.drain().await.unwrap(), 2);
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    assert_eq!(view.attempt, 2);
    assert_eq!(world.told(&world.owner, run).await, 1);
}

#[test]
fn l08_a_statement_that_was_broken_off_is_tried_again() {
    on_postgres(|world| {
        Box::pin(async move {
            let store = world.services.store();
            store::conformance::break_off(store, "inventory_items", 2)
                .await
                .unwrap();
            let run = world.ask(&world.owner, 0, SYNC).await;
            // Two tries meet it, the third one does not.
            assert_eq!(world.pool().drain().await.unwrap(), 3);
            let view = world.view(run).await;
            assert_eq!(view.state.outcome, RunOutcome::Succeeded);
            assert_eq!(world.told(&world.owner, run).await, 1);
        })
    });
}

#[test]
fn l08_a_database_that_breaks_off_each_try_is_named() {
    on_postgres(|world| {
        Box::pin(async move {
            let store = world.services.store();
            store::conformance::break_off(store, "inventory_items", 1000)
                .await
                .unwrap();
            let run = world.ask(&world.owner, 0, SYNC).await;
            assert_eq!(world.pool().drain().await.unwrap(), 4);
            let view = world.view(run).await;
            assert_eq!(view.state.outcome, RunOutcome::Failed);
            assert_eq!(view.failures[0].reason_code, "database_busy");
            assert!(view.failures[0].next_step.is_some());
        })
    });
}
