//! What becomes of the provider's answers.

use super::{At, Size, again, ms};
use crate::random::Random;

/// What becomes of the answer to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is another one, and nothing was done.
    Refused(u16),
    /// It is another one, and what was asked for was done.
    StatusAfterCommit(u16),
    /// There is none, and what was asked for was done.
    HangAfterCommit,
    /// The connection breaks off, and what was asked for was done.
    ResetAfterCommit,
}

pub(super) const ANSWERS: [Answer; 6] = [
    Answer::Refused(429),
    Answer::Refused(503),
    Answer::StatusAfterCommit(500),
    Answer::StatusAfterCommit(504),
    Answer::HangAfterCommit,
    Answer::ResetAfterCommit,
];

/// Each with the number of the tenant that it is about.
pub(super) fn answers(seed: u64, size: &Size) -> Vec<At<(usize, Answer)>> {
    let random = Random::of(seed, "answer", 0);
    again(random, size, (ms(200), ms(1_200)), |random| {
        let what = random.one(&ANSWERS).unwrap_or(Answer::Refused(503));
        (random.below(size.tenants), what)
    })
}
