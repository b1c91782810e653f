//! From every state there is a way to a state where every run is over.
//!
//! Stateright's own `eventually` does not see cycles, and without fairness a worker may crash for ever;
//! so the whole graph is laid out and walked backwards from the ends.

use std::collections::HashMap;

use model::{Engine, Run, State};

/// How many states there are, and from how many of them no end can be reached.
pub fn dead_ends(engine: Engine) -> (usize, usize) {
    let (steps, first) = (engine.steps(), engine.first());
    let mut numbers = HashMap::from([(first.clone(), 0_usize)]);
    let mut states: Vec<State> = vec![first];
    let mut before: Vec<Vec<usize>> = vec![Vec::new()];
    let mut at = 0;
    while at < states.len() {
        let state = states[at].clone();
        for step in &steps {
            let Some(after) = engine.after(&state, *step) else {
                continue;
            };
            let number = *numbers.entry(after).or_insert_with_key(|after| {
                states.push(after.clone());
                before.push(Vec::new());
                states.len() - 1
            });
            before[number].push(at);
        }
        at += 1;
    }
    let mut reaches: Vec<bool> = states
        .iter()
        .map(|s| s.runs.iter().all(Run::is_over))
        .collect();
    let mut open: Vec<usize> = (0..states.len()).filter(|at| reaches[*at]).collect();
    while let Some(at) = open.pop() {
        for from in &before[at] {
            if !std::mem::replace(&mut reaches[*from], true) {
                open.push(*from);
            }
        }
    }
    (
        states.len(),
        reaches.iter().filter(|reaches| !**reaches).count(),
    )
}
