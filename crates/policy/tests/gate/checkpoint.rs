//! L-10: a run at work goes on only by the gate's word, and a refusal ends it before anybody hears of it.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use policy::{
    Checkpoint, CheckpointLedger, Facts, GoOn, LONGEST_UNASKED, Refusal, RunKey, Running, Step,
    checkpoint, start,
};

use domain::{ids::RunId, reason::ReasonCode, run::DecisionPhase};

use crate::{
    facts::{OTHER, id, sync_by_person, with},
    ledger::{Scripted, at_once},
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
lacks!(GoOn<'static>: Clone, Default);
lacks!(Step<'static>: Clone, Default);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Refused(ReasonCode),
    Commit,
}

/// A ledger whose answers are settled before.
#[derive(Default)]
struct Told {
    is_lost: Option<()>,
    breaks: Option<()>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl CheckpointLedger for Told {
    type Error = &'static str;

    async fn set_refused(&mut self, refusal: &Refusal) -> Result<bool, Self::Error> {
        let refused = Asked::Refused(refusal.code());
        self.asked.lock().expect("one thread").push(refused);
        Ok(self.is_lost.is_none())
    }

    async fn commit(self) -> Result<(), Self::Error> {
        self.asked.lock().expect("one thread").push(Asked::Commit);
        self.breaks.map_or(Ok(()), |()| Err("commit"))
    }
}

fn key(facts: &Facts) -> RunKey {
    RunKey {
        run_id: facts.run.id,
        attempt: facts.run.attempt,
        workspace_id: facts.run.workspace_id,
        scope_id: facts.run.scope_id,
    }
}

fn running() -> Running {
    let facts = sync_by_person();
    let ledger = Scripted {
        turned: vec![key(&facts)],
        ..Scripted::default()
    };
    let started = at_once(start(ledger, &[facts])).expect("nothing breaks");
    started.running.into_iter().next().expect("one run")
}

fn at_work() -> Facts {
    with(sync_by_person(), |facts| {
        facts.run.phase = DecisionPhase::Checkpoint;
    })
}

fn refused() -> Facts {
    with(at_work(), |facts| facts.actor = None)
}

#[test]
fn l10_leave_is_as_old_as_the_question() {
    let running = running();
    let asked = Instant::now();
    let ledger = Told::default();
    let heard = Arc::clone(&ledger.asked);
    let said = at_once(checkpoint(ledger, &running, &at_work(), asked));
    let Ok(Checkpoint::GoOn(go_on)) = said else {
        panic!("{said:?}");
    };
    assert_eq!(*heard.lock().expect("one thread"), [Asked::Commit]);
    assert_eq!(go_on.asked(), asked);
    let step = go_on.step();
    assert_eq!(step.running().key(), running.key());
    assert_eq!(step.time_left(asked), LONGEST_UNASKED);
    let later = asked + Duration::from_secs(14);
    assert_eq!(step.time_left(later), Duration::from_secs(1));
    assert_eq!(step.time_left(asked + LONGEST_UNASKED), Duration::ZERO);
    assert_eq!(step.time_left(asked + LONGEST_UNASKED * 2), Duration::ZERO);
}

#[test]
fn l10_a_refusal_ends_the_run_before_it_is_told() {
    let running = running();
    let ledger = Told::default();
    let heard = Arc::clone(&ledger.asked);
    let said = at_once(checkpoint(ledger, &running, &refused(), Instant::now()));
    assert!(matches!(said, Ok(Checkpoint::Refused(key)) if key == running.key()));
    assert_eq!(
        *heard.lock().expect("one thread"),
        [Asked::Refused(ReasonCode::InitiatorMissing), Asked::Commit]
    );
}

#[test]
fn l10_nothing_goes_on_after_an_error_or_a_lost_lease() {
    let running = running();
    for facts in [at_work(), refused()] {
        let ledger = Told {
            breaks: Some(()),
            ..Told::default()
        };
        let said = at_once(checkpoint(ledger, &running, &facts, Instant::now()));
        assert!(matches!(said, Err("commit")), "{said:?}");
    }
    let ledger = Told {
        is_lost: Some(()),
        ..Told::default()
    };
    let said = at_once(checkpoint(ledger, &running, &refused(), Instant::now()));
    assert!(matches!(said, Ok(Checkpoint::NotOurs)), "{said:?}");
}

#[test]
fn l10_another_attempts_facts_decide_nothing() {
    let running = running();
    for facts in [
        with(at_work(), |facts| facts.run.attempt = 2),
        with(at_work(), |facts| facts.run.id = id::<RunId>(OTHER)),
        with(refused(), |facts| facts.run.attempt = 2),
    ] {
        let ledger = Told::default();
        let heard = Arc::clone(&ledger.asked);
        let said = at_once(checkpoint(ledger, &running, &facts, Instant::now()));
        assert!(matches!(said, Ok(Checkpoint::NotOurs)), "{said:?}");
        assert!(heard.lock().expect("one thread").is_empty());
    }
}
