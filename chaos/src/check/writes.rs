//! Every change at the provider against what was set out for: the journal has what was sent, the database why.
//!
//! A worker writes an intent down before it sends, and only the attempt that is at work may. So each change of
//! the journal lies within an intent of its run and object, and within that intent's attempt.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use domain::{ids::RunId, intent::IntentState};
use serde::Serialize;
use store::{AttemptMade, IntentMade};

use super::{Broken, broken, journal::micros};
use crate::provider::Call;

const UNASKED: &str = "I1 no change without an intent of the attempt at work";
const BLIND: &str = "I5 no change is sent again before somebody looked";
const TWICE: &str = "I5 one effect of one intent";
const REMADE: &str = "I5 a creation is sent once";
const UNTRUE: &str = "I5 what is written down of a change is so";

/// The sandbox's clock and the database's are this machine's; the journal has milliseconds.
const GRAIN: i64 = 5_000;

/// What the intents say.
#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Intents {
    pub(crate) intents: usize,
    /// Changes that were sent.
    pub(crate) sent: usize,
    /// Changes that took effect.
    pub(crate) applied: usize,
    /// Of these, objects that came to be.
    pub(crate) created: usize,
    /// Of these, assignments that were set.
    pub(crate) assigned: usize,
    /// Changes that a process had given away when it was stopped, and that left it as it went on.
    pub(crate) under_way: usize,
    /// Intents that nobody knows the end of: a person is asked.
    pub(crate) unknown: usize,
    /// Intents that another attempt had to close, or nobody could: their worker was gone.
    pub(crate) left_behind: usize,
}

/// Between the last look at the lease and the socket there is a connection's task. A process that is stopped
/// between the two sends what that task holds as soon as it goes on, and nothing after that.
pub(super) const UNDER_WAY: i64 = 250_000;

/// A change that was sent, with its moment.
struct Sent<'a> {
    call: &'a Call,
    at: i64,
}

/// What one run did to one object.
#[derive(Default)]
struct Story<'a> {
    calls: Vec<Sent<'a>>,
    intents: Vec<&'a IntentMade>,
}

/// Every change that the intents do not account for.
pub(crate) fn check(
    calls: &[Call],
    intents: &[IntentMade],
    attempts: &[AttemptMade],
    thaws: &[i64],
) -> Result<(Intents, Vec<Broken>)> {
    let mut stories: HashMap<(RunId, &str), Story<'_>> = HashMap::new();
    for intent in intents {
        let story = stories.entry((intent.run, &intent.target)).or_default();
        story.intents.push(intent);
    }
    let mut counts = Intents {
        intents: intents.len(),
        unknown: intents.iter().filter(|it| is_unknown(it)).count(),
        left_behind: intents
            .iter()
            .filter(|it| is_left_behind(it, attempts))
            .count(),
        ..Intents::default()
    };
    for call in calls {
        let (Some(run), Some(target)) = (call.run(), call.target()) else {
            continue;
        };
        let at = micros(&call.time).with_context(|| format!("no time: {}", call.time))?;
        counts.sent += usize::from(call.is_change());
        if call.write.is_some() {
            counts.applied += 1;
            counts.created += usize::from(target.is_empty());
            counts.assigned += usize::from(call.path.ends_with("/assign"));
        }
        let story = stories.entry((run, target)).or_default();
        let sent = Sent { call, at };
        if story.is_under_way(&sent, attempts, thaws) {
            counts.under_way += 1;
        } else {
            story.calls.push(sent);
        }
    }
    let mut found = Vec::new();
    for ((run, target), story) in &stories {
        let mut tell = |rule: &str, what: String| found.push(broken(rule, *run, what));
        story.is_accounted_for(attempts, &mut tell);
        if target.is_empty() {
            story.is_made_once(&mut tell);
        } else {
            story.is_sent_once(&mut tell);
        }
        story.is_true(&mut tell);
    }
    Ok((counts, found))
}

fn is_unknown(intent: &IntentMade) -> bool {
    matches!(intent.state, IntentState::Open | IntentState::Indeterminate)
}

fn is_left_behind(intent: &IntentMade, attempts: &[AttemptMade]) -> bool {
    let end = end_of(intent, attempts);
    end.is_some_and(|end| intent.closed_at.is_none_or(|closed| closed.0 > end))
}

fn attempt_of<'a>(intent: &IntentMade, attempts: &'a [AttemptMade]) -> Option<&'a AttemptMade> {
    let own = |it: &&AttemptMade| it.run == intent.run && it.attempt == intent.attempt;
    attempts.iter().find(own)
}

/// When the attempt of an intent was over.
fn end_of(intent: &IntentMade, attempts: &[AttemptMade]) -> Option<i64> {
    Some(attempt_of(intent, attempts)?.ended_at?.0)
}

/// Whether the attempt of an intent was at work at a moment.
fn works(intent: &IntentMade, attempts: &[AttemptMade], at: i64) -> bool {
    let attempt = attempt_of(intent, attempts);
    attempt.is_some_and(|it| spans(it.started_at.0, it.ended_at.map(|end| end.0), at))
}

fn told(sent: &Sent<'_>) -> String {
    let Call {
        seq,
        time,
        method,
        path,
        status,
        write,
        ..
    } = sent.call;
    format!("call {seq} at {time}: {method} {path}, answered {status:?}, {write:?}")
}

impl Story<'_> {
    /// Whether it is the change that an attempt had set out for when its process was stopped.
    fn is_under_way(&self, sent: &Sent<'_>, attempts: &[AttemptMade], thaws: &[i64]) -> bool {
        let is_thawed = |thaw: &i64| (*thaw - GRAIN..*thaw + UNDER_WAY).contains(&sent.at);
        let is_replaced = |intent: &IntentMade| {
            let end = end_of(intent, attempts);
            let mut sent_before = self.changes().map(|before| before.at);
            end.is_some_and(|end| intent.opened_at.0 < end && end < sent.at)
                && !sent_before.any(|at| covers(intent, at))
        };
        sent.call.is_change()
            && thaws.iter().any(is_thawed)
            && self.intents.iter().any(|it| is_replaced(it))
            && !self
                .intents
                .iter()
                .any(|it| works(it, attempts, sent.at) && covers(it, sent.at))
    }

    /// Each change was set out for, by the attempt that was at work then.
    fn is_accounted_for(&self, attempts: &[AttemptMade], tell: &mut impl FnMut(&str, String)) {
        for sent in self.changes() {
            let is_covered = |it: &&IntentMade| works(it, attempts, sent.at) && covers(it, sent.at);
            if !self.intents.iter().any(is_covered) {
                tell(UNASKED, told(sent));
            }
        }
    }

    /// Between two changes somebody looked, or the first one was known not to be taken.
    fn is_sent_once(&self, tell: &mut impl FnMut(&str, String)) {
        let mut last: Option<&Sent<'_>> = None;
        let mut has_looked = false;
        for sent in &self.calls {
            if !sent.call.is_change() {
                has_looked |= sent.call.status == Some(200);
                continue;
            }
            if let Some(last) = last
                && last.call.body_hash == sent.call.body_hash
                && !has_looked
                && !is_refused(last.call)
            {
                tell(BLIND, format!("{}; before it {}", told(sent), told(last)));
            }
            if sent.call.write.as_deref() == Some("repeated") {
                tell(TWICE, told(sent));
            }
            (last, has_looked) = (Some(sent), false);
        }
    }

    /// What may have come to be is not made again, whoever looked: it may still come.
    fn is_made_once(&self, tell: &mut impl FnMut(&str, String)) {
        let mut made: HashMap<Option<&str>, &Sent<'_>> = HashMap::new();
        for sent in self.changes() {
            let body = sent.call.body_hash.as_deref();
            if let Some(earlier) = made.get(&body) {
                let what = format!("{}; before it {}", told(sent), told(earlier));
                tell(REMADE, what.clone());
                if earlier.call.write.is_some() && sent.call.write.is_some() {
                    tell(TWICE, what);
                }
            }
            if !is_refused(sent.call) {
                made.insert(body, sent);
            }
        }
    }

    /// What is done was done, and what failed was not.
    fn is_true(&self, tell: &mut impl FnMut(&str, String)) {
        for intent in &self.intents {
            let is_applied = self
                .changes()
                .any(|sent| sent.call.write.is_some() && covers(intent, sent.at));
            let said = match intent.state {
                IntentState::Done => is_applied,
                IntentState::Failed => !is_applied,
                IntentState::Open | IntentState::Indeterminate | IntentState::Resolved => true,
            };
            if !said {
                let what = format!(
                    "{} of attempt {} is {}, and the provider says otherwise",
                    intent.op_key,
                    intent.attempt,
                    intent.state.as_str()
                );
                tell(UNTRUE, what);
            }
        }
    }

    fn changes(&self) -> impl Iterator<Item = &Sent<'_>> {
        self.calls.iter().filter(|sent| sent.call.is_change())
    }
}

/// An answer that says that nothing was taken.
fn is_refused(call: &Call) -> bool {
    call.write.is_none()
        && call
            .status
            .is_some_and(|status| (400..500).contains(&status))
}

fn spans(from: i64, until: Option<i64>, at: i64) -> bool {
    from <= at + GRAIN && until.is_none_or(|until| at <= until + GRAIN)
}

fn covers(intent: &IntentMade, at: i64) -> bool {
    let closed = intent.closed_at.map(|closed| closed.0);
    spans(intent.opened_at.0, closed, at)
}
