//! The model as stateright walks it: breadth first, so that a trace is a shortest one.

use model::{Engine, Fault, PROMISES, SIGHTS, State, Step};
use stateright::{Checker as _, Expectation, Model, Property};

#[derive(Clone)]
struct Walked(Engine);

impl Model for Walked {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![self.0.first()]
    }

    fn actions(&self, _: &State, actions: &mut Vec<Step>) {
        *actions = self.0.steps();
    }

    fn next_state(&self, before: &State, step: Step) -> Option<State> {
        self.0.after(before, step).filter(|after| after != before)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let property = |expectation, name, condition| Property {
            expectation,
            name,
            condition,
        };
        let promises = [
            property(Expectation::Always, PROMISES[0].0, |_: &Self, s: &State| {
                (PROMISES[0].1)(s)
            }),
            property(Expectation::Always, PROMISES[1].0, |_, s| {
                (PROMISES[1].1)(s)
            }),
            property(Expectation::Always, PROMISES[2].0, |_, s| {
                (PROMISES[2].1)(s)
            }),
            property(Expectation::Always, PROMISES[3].0, |_, s| {
                (PROMISES[3].1)(s)
            }),
            property(Expectation::Always, PROMISES[4].0, |_, s| {
                (PROMISES[4].1)(s)
            }),
            property(Expectation::Always, PROMISES[5].0, |_, s| {
                (PROMISES[5].1)(s)
            }),
            property(Expectation::Always, PROMISES[6].0, |_, s| {
                (PROMISES[6].1)(s)
            }),
        ];
        let sights = [
            property(
                Expectation::Sometimes,
                SIGHTS[0].0,
                |_: &Self, s: &State| (SIGHTS[0].1)(s),
            ),
            property(Expectation::Sometimes, SIGHTS[1].0, |_, s| (SIGHTS[1].1)(s)),
            property(Expectation::Sometimes, SIGHTS[2].0, |_, s| (SIGHTS[2].1)(s)),
            property(Expectation::Sometimes, SIGHTS[3].0, |_, s| (SIGHTS[3].1)(s)),
            property(Expectation::Sometimes, SIGHTS[4].0, |_, s| (SIGHTS[4].1)(s)),
        ];
        let mut all = Vec::from(promises);
        // A walk that stops at a broken promise need not come to every sight.
        if self.0.fault == Fault::None {
            all.extend(sights);
        }
        all
    }
}

/// Walks every state; answers how many there are.
pub fn holds(engine: Engine) -> usize {
    let checker = Walked(engine).checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    assert!(checker.is_done());
    checker.unique_state_count()
}

/// Walks deeper and deeper until a promise breaks; answers which, and the shortest way there.
pub fn breaks(engine: Engine) -> (&'static str, Vec<Step>) {
    // Stateright keeps the last way it found to a broken promise; at the first depth with one, all are shortest.
    (2..MOST_STATES)
        .find_map(|depth| broken_within(engine, depth))
        .unwrap_or_else(|| panic!("{:?} was not found", engine.fault))
}

/// More states than a way to any planted mistake has.
const MOST_STATES: usize = 16;

fn broken_within(engine: Engine, depth: usize) -> Option<(&'static str, Vec<Step>)> {
    let checker = Walked(engine).checker().target_max_depth(depth);
    let found = checker.spawn_bfs().join().discoveries();
    let ways = found
        .into_iter()
        .map(|(promise, path)| (promise, path.into_actions()));
    ways.min_by_key(|(promise, steps)| (steps.len(), *promise))
}
