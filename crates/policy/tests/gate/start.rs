//! L-03: a `Running` exists only for what the ledger turned, and only after its commit.

use domain::{
    ids::{RunId, ScopeId},
    operation::OperationType,
};
use policy::{Facts, Permit, RunKey, Running, Started, start};

use crate::{
    facts::{CONNECTION, OTHER, TENANT, id, sync_by_person, with},
    ledger::{Broken, STEPS, Scripted, Step, at_once},
};

/// Fails to compile when the type has the trait.
macro_rules! lacks {
    ($type:ty: $($trait:path),+) => {$(
        const _: fn() = || {
            trait Ambiguous<A> {
                fn item() {}
            }
            struct Has;
            impl<T> Ambiguous<()> for T {}
            impl<T: $trait> Ambiguous<Has> for T {}
            let _ = <$type as Ambiguous<_>>::item;
        };
    )+};
}
lacks!(Running: Clone, Default, From<Permit>);
lacks!(Permit: Clone, Default, Into<Running>);

fn allowed(run: u32) -> Facts {
    with(sync_by_person(), |facts| facts.run.id = id(run))
}

fn refused(run: u32) -> Facts {
    with(allowed(run), |facts| facts.actor = None)
}

fn key(facts: &Facts) -> RunKey {
    RunKey {
        run_id: facts.run.id,
        attempt: facts.run.attempt,
        workspace_id: facts.run.workspace_id,
        scope_id: facts.run.scope_id,
    }
}

fn keys(batch: &[Facts]) -> Vec<RunKey> {
    batch.iter().map(key).collect()
}

fn running(started: &Started) -> Vec<RunKey> {
    started.running.iter().map(Running::key).collect()
}

#[test]
fn l03_what_turned_is_running_and_knows_what_it_may_touch() {
    let batch = [allowed(10)];
    let ledger = Scripted {
        turned: keys(&batch),
        ..Scripted::default()
    };
    let started = at_once(start(ledger, &batch)).expect("nothing breaks");
    let [run] = started.running.as_slice() else {
        panic!("one run");
    };
    assert_eq!(run.key(), key(&batch[0]));
    assert_eq!(run.operation(), OperationType::InventorySync);
    assert_eq!(run.tenant_id(), Some(id(TENANT)));
    assert_eq!(run.connection_id(), Some(id(CONNECTION)));
    assert!(started.refused.is_empty());
}

#[test]
fn l03_a_lost_claim_is_not_running() {
    let batch = [allowed(10), allowed(11), allowed(12)];
    let ledger = Scripted {
        turned: vec![key(&batch[1])],
        ..Scripted::default()
    };
    let started = at_once(start(ledger, &batch)).expect("nothing breaks");
    assert_eq!(running(&started), [key(&batch[1])]);
}

#[test]
fn l03_a_refused_run_is_never_running_whatever_the_ledger_says() {
    let batch = [refused(10), allowed(11)];
    let ledger = Scripted {
        turned: keys(&batch),
        ended: vec![key(&batch[0])],
        ..Scripted::default()
    };
    let asked = ledger.asked.clone();
    let started = at_once(start(ledger, &batch)).expect("nothing breaks");
    assert_eq!(running(&started), [key(&batch[1])]);
    assert_eq!(
        started
            .refused
            .iter()
            .map(|end| end.key)
            .collect::<Vec<_>>(),
        [key(&batch[0])]
    );
    let (permitted, denied) = (vec![key(&batch[1])], vec![key(&batch[0])]);
    assert_eq!(
        *asked.lock().expect("one thread"),
        [
            (Step::Record, permitted.clone(), denied.clone()),
            (Step::SetRunning, permitted, vec![]),
            (Step::SetRefused, vec![], denied),
            (Step::Commit, vec![], vec![]),
        ],
        "every decision is recorded first, and the commit is last"
    );
}

#[test]
fn l03_another_attempt_or_scope_is_another_key() {
    let batch = [allowed(10)];
    let own = key(&batch[0]);
    let others = [
        RunKey { attempt: 2, ..own },
        RunKey {
            run_id: id::<RunId>(OTHER),
            ..own
        },
        RunKey {
            scope_id: id::<ScopeId>(OTHER),
            ..own
        },
        RunKey {
            workspace_id: id(OTHER),
            ..own
        },
    ];
    let ledger = Scripted {
        turned: others.to_vec(),
        ..Scripted::default()
    };
    let started = at_once(start(ledger, &batch)).expect("nothing breaks");
    assert!(started.running.is_empty());
}

#[test]
fn l03_one_attempt_never_runs_twice() {
    // The same claim twice in one batch, and a ledger that says so twice.
    let batch = [allowed(10), allowed(10)];
    let ledger = Scripted {
        turned: keys(&batch),
        ..Scripted::default()
    };
    let started = at_once(start(ledger, &batch)).expect("nothing breaks");
    assert_eq!(running(&started), [key(&batch[0])]);
}

#[test]
fn l03_an_error_at_any_step_starts_nothing() {
    let batch = [allowed(10), refused(11)];
    for (at, step) in STEPS.into_iter().enumerate() {
        let ledger = Scripted {
            turned: keys(&batch),
            ended: keys(&batch),
            breaks_at: Some(step),
            ..Scripted::default()
        };
        let asked = ledger.asked.clone();
        assert_eq!(at_once(start(ledger, &batch)).err(), Some(Broken(step)));
        let steps: Vec<_> = asked
            .lock()
            .expect("one thread")
            .iter()
            .map(|(step, ..)| *step)
            .collect();
        assert_eq!(steps, STEPS[..=at], "nothing is asked after an error");
    }
}

#[test]
fn l03_an_empty_batch_starts_nothing() {
    let started = at_once(start(Scripted::default(), &[])).expect("nothing breaks");
    assert!(started.running.is_empty() && started.refused.is_empty());
}
