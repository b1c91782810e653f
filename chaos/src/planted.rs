//! The planted mistakes: what must find each, and in which scene it shows.

use crate::{check::Broken, scenes::Scene};

/// What finds a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finder {
    /// The checker, by one of the rules that begin so.
    Rule(&'static str),
    /// The database refuses what it leads to, in one of these words, before it can do harm.
    Wall(&'static [&'static str]),
    /// Nothing: there is none.
    Nobody,
}

/// What the database keeps from happening: of a mistake that it refuses, none of these is broken.
const WALLED: [&str; 3] = ["I1 ", "I4 ", "I9 "];

impl Finder {
    /// Whether what a trial brought to light is what had to be found.
    pub(crate) fn has_found(self, broken: &[Broken], refused: u64) -> bool {
        let is_of = |it: &Broken, rule: &str| it.rule.starts_with(rule);
        match self {
            Self::Nobody => broken.is_empty(),
            Self::Rule(rule) => broken.iter().any(|it| is_of(it, rule)),
            Self::Wall(_) => {
                let mut harm = WALLED
                    .iter()
                    .flat_map(|rule| broken.iter().map(move |it| (it, rule)));
                refused > 0 && !harm.any(|(it, rule)| is_of(it, rule))
            }
        }
    }

    /// The words in which the database refuses what the mistake leads to.
    pub(crate) const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Wall(words) => words,
            Self::Rule(_) | Self::Nobody => &[],
        }
    }
}

/// A mistake as it is told to the planted worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Planted {
    /// Its name.
    pub(crate) mistake: &'static str,
    /// What must find it.
    pub(crate) finder: Finder,
    /// Where it shows: then this is all that is played, with no chance in it.
    pub(crate) scenes: &'static [Scene],
}

const fn shows(mistake: &'static str, scenes: &'static [Scene], finder: Finder) -> Planted {
    Planted {
        mistake,
        finder,
        scenes,
    }
}

const PLANTED: [Planted; 17] = [
    shows("none", &Scene::ALL, Finder::Nobody),
    shows(
        "skip-the-decision",
        &[Scene::Plain],
        Finder::Wall(&[
            "violates foreign key constraint \"run_start_decision\"",
            "no run turns running without an allowing decision",
        ]),
    ),
    shows("allow-everything", &[Scene::Losses], Finder::Rule("L-18")),
    shows(
        "read-old-connections",
        &[Scene::Plain],
        Finder::Rule("L-04"),
    ),
    shows(
        "finish-without-attempt",
        &[Scene::LateEnd],
        Finder::Rule("I9"),
    ),
    shows(
        "rescue-without-new-attempt",
        &[Scene::LateEnd],
        Finder::Wall(&[
            "a run goes back to the queue as a new attempt",
            "transition refused",
        ]),
    ),
    shows(
        "notify-twice",
        &[Scene::Plain],
        Finder::Rule("I7 nobody else"),
    ),
    shows(
        "notify-nobody",
        &[Scene::Plain],
        Finder::Rule("I7 one notification"),
    ),
    shows("forget-the-audit", &[Scene::Plain], Finder::Rule("I6")),
    shows(
        "stay-in-the-queue",
        &[Scene::Losses],
        Finder::Rule("I3 queue and ledger"),
    ),
    shows(
        "repeat-blindly",
        &[Scene::LostAnswers],
        Finder::Rule("I5 no change"),
    ),
    shows(
        "send-after-the-lease",
        &[Scene::LateChange],
        Finder::Rule("I1 no change"),
    ),
    shows(
        "start-behind-a-pause",
        &[Scene::Paused],
        Finder::Rule("R-10 nothing starts"),
    ),
    shows(
        "ask-about-the-owner",
        &[Scene::LossAtWork],
        Finder::Rule("I2"),
    ),
    shows(
        "sign-in-to-anothers-directory",
        &[Scene::Plain],
        Finder::Rule("I8"),
    ),
    shows(
        "mistake-the-slot",
        &[Scene::Slot],
        Finder::Rule("I10 one line"),
    ),
    shows("keep-descriptors", &[Scene::Plain], Finder::Rule("I12")),
];

/// A planted mistake by its name.
pub(crate) fn planted(mistake: &str) -> Option<Planted> {
    PLANTED.into_iter().find(|it| it.mistake == mistake)
}
