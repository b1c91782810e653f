//! A revocation at the same time as a run's checkpoints: the audit sequence tells what a checkpoint had to see.

use std::sync::Arc;

use store::Asked;
use tokio::sync::Barrier;

use crate::{
    database::Database,
    race::{decided, last_change, step_aside},
    revocations::{KINDS, Site},
    world::World,
};

const ROUNDS: usize = 160;

pub async fn l10_a_revocation_before_a_checkpoint_is_always_seen(db: Arc<Database>) {
    let world = Arc::new(World::new(&db).await);
    let site = Arc::new(Site::first(&world).await);
    // A second process, with connections of its own.
    let elsewhere = db.another_store().await;
    let (mut allowed, mut overtaken) = (0, 0);
    for round in 0..ROUNDS {
        let kind = KINDS[round % KINDS.len()];
        let running = world
            .running(
                &site.operator,
                domain::operation::OperationType::InventorySync,
            )
            .await;
        let run = running.key().run_id;
        let earlier = last_change(&db, kind, &site).await;
        let before = kind.version(&world, &site).await;
        let line = Arc::new(Barrier::new(2));
        let revoking = {
            let (world, site, line) = (world.clone(), site.clone(), line.clone());
            tokio::spawn(async move {
                line.wait().await;
                step_aside(&world.store, round / 4 % 14).await;
                kind.revoke(&world.store, &world, &site).await;
            })
        };
        line.wait().await;
        loop {
            let has_answered = revoking.is_finished();
            // In the log before the checkpoint began: then it must not be overlooked.
            let is_revoked = last_change(&db, kind, &site).await != earlier;
            match elsewhere.checkpoint(&running).await.unwrap() {
                Asked::GoOn(_) => {
                    assert!(!is_revoked, "round {round}: {kind:?} was overlooked");
                    assert!(!has_answered, "round {round}: {kind:?} came to nothing");
                    allowed += 1;
                }
                Asked::Refused(_) => {
                    overtaken += usize::from(!is_revoked);
                    break;
                }
                Asked::CancelRequested => panic!("nobody asked for that"),
            }
        }
        revoking.await.unwrap();
        let revoked = last_change(&db, kind, &site).await.unwrap();
        let refused = decided(&db, run).await;
        assert!(
            revoked < refused,
            "round {round}: refused for what came later"
        );
        let access = world.store.run(&world.owner, run).await.unwrap();
        let decisions = world.store.run_decisions(&access).await.unwrap();
        assert_eq!(decisions.len(), 2, "round {round}");
        assert_eq!(kind.read(&decisions[0].evidence), before);
        assert_ne!(
            kind.read(&decisions[1].evidence),
            before,
            "round {round}: {kind:?} read the row from before"
        );
        kind.restore(&world, &site).await;
    }
    println!(
        "{:?}: {ROUNDS} rounds, {allowed} checkpoints allowed before their revocation, {overtaken} refusals with it on its way",
        db.dialect
    );
    elsewhere.close().await;
    let verdicts = world.store.audit_verify().await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken_at.is_none()));
}
